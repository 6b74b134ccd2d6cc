package dev.tarsier.bench;

import dev.tarsier.ros.cli.LogVolume;
import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.node.ModelFolder;
import dev.tarsier.ros.node.PerceptionNode;
import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.master.InProcessMaster;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.ros.ros1.transport.Publisher;
import dev.tarsier.ros.ros1.transport.PublisherOptions;
import dev.tarsier.ros.ros1.transport.RosNode;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.task.Head;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * From the start of the node's process to its first published frame, the self-test included: by the
 * script that roslaunch runs, beside a master and a camera of 640x480 at 30 Hz in this process,
 * which wait for it. Several copies of the product take turns, so that what else the machine does
 * falls on all alike.
 *
 * <p>The parts are told by the times of the node's own log lines. Each copy is started once before
 * it counts, so that its class archive is there.
 */
@Command(
    name = "start",
    description = "From the node's start to its first published frame, of several copies in turns.",
    mixinStandardHelpOptions = true)
final class StartBench implements Callable<Integer> {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 480;
  private static final long PERIOD_MILLIS = 33;
  private static final long LIMIT_SECONDS = 60;
  private static final long ARCHIVE_SECONDS = 120;

  /** What a log line says when a part has ended, and the part. */
  private static final Map<String, String> PARTS = new LinkedHashMap<>();

  static {
    PARTS.put(" is up, master ", "Java, logging, graph");
    PARTS.put(" golden frames ", "network, OpenCV, self-test");
    PARTS.put(" perceives ", "topics");
  }

  private static final Pattern TIME = Pattern.compile("\\] (\\d\\d:\\d\\d:\\d\\d\\.\\d{3}) ");

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "RUNS",
      description = "of each copy; the median counts (default: ${DEFAULT-VALUE})",
      defaultValue = "5",
      converter = Benchmarks.Count.class)
  private int runs;

  @Parameters(
      index = "1..*",
      paramLabel = "FOLDER",
      description =
          "a built checkout or an unpacked product each; the first is what the others are compared"
              + " with (default: this checkout)")
  private List<Path> folders = List.of();

  /** Made by picocli. */
  StartBench() {}

  /**
   * One start.
   *
   * @param seconds to the first frame's later output
   * @param processorSeconds until then
   * @param megabytes resident a second later
   * @param parts seconds by name, in order
   */
  private record Start(
      double seconds, double processorSeconds, double megabytes, Map<String, Double> parts) {}

  /** Runs it and prints what it found. */
  @Override
  public Integer call() throws Exception {
    LogVolume.onlyErrors();
    List<Path> homes = folders.isEmpty() ? List.of(ModelFolder.home()) : folders;
    Map<Path, List<Start>> starts = new LinkedHashMap<>();
    try (InProcessMaster master = new InProcessMaster(0);
        RosNode camera = RosNode.start(RosArguments.of("camera", master.uri(), "127.0.0.1"))) {
      Thread shoots = new Thread(() -> shoot(camera), "camera");
      shoots.setDaemon(true);
      shoots.start();
      for (Path home : homes) {
        start(master, home);
        awaitArchive();
        starts.put(home, new ArrayList<>());
      }
      for (int run = 0; run < runs; run++) {
        for (Path home : homes) {
          starts.get(home).add(start(master, home));
        }
      }
    }
    print(starts);
    return RobotCommands.OK;
  }

  private static void shoot(RosNode camera) {
    Publisher<Image> images =
        camera.advertise("/camera/image", Image.TYPE, PublisherOptions.NEWEST);
    ByteBuffer pixels = ByteBuffer.allocateDirect(3 * WIDTH * HEIGHT);
    try {
      for (int i = 0; ; i++) {
        pixels.put(i % pixels.capacity(), (byte) i);
        images.publish(
            new Image(
                new Header(i, RosTime.now(), "camera"),
                HEIGHT,
                WIDTH,
                "bgr8",
                false,
                3 * WIDTH,
                pixels));
        TimeUnit.MILLISECONDS.sleep(PERIOD_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A first start may make the class archive beside it, which takes the processor from others. */
  private static void awaitArchive() throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(ARCHIVE_SECONDS);
    while (System.nanoTime() < end
        && ProcessHandle.allProcesses()
            .flatMap(each -> each.info().arguments().stream())
            .flatMap(Arrays::stream)
            .anyMatch(each -> each.equals("rehearse") || each.equals("-Xshare:dump"))) {
      TimeUnit.MILLISECONDS.sleep(200);
    }
  }

  private static Start start(InProcessMaster master, Path home) throws Exception {
    List<String> outputs = outputs(home);
    CountDownLatch seen = new CountDownLatch(outputs.size());
    Path said = Files.createTempFile("start", ".log");
    try (RosNode user = RosNode.start(RosArguments.of("user", master.uri(), "127.0.0.1"))) {
      for (String output : outputs) {
        CountDownLatch first = new CountDownLatch(1);
        user.subscribe(
            "/" + PerceptionNode.DEFAULT_NAME + "/" + output,
            Image.TYPE,
            (body, arrivalNanos) -> {
              if (first.getCount() > 0) {
                first.countDown();
                seen.countDown();
              }
            });
      }
      ProcessBuilder builder =
          new ProcessBuilder(
              home.resolve("launch/perception_node").toAbsolutePath().toString(),
              "image:=/camera/image",
              "_provider:=cpu");
      builder.environment().put("ROS_MASTER_URI", master.uri());
      builder.environment().put("ROS_IP", "127.0.0.1");
      LocalTime began = LocalTime.now(ZoneId.systemDefault());
      long from = System.nanoTime();
      Process node = builder.redirectErrorStream(true).redirectOutput(said.toFile()).start();
      try {
        if (!seen.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
          throw new IllegalStateException(home + " published nothing: " + Files.readString(said));
        }
        double seconds = (System.nanoTime() - from) / 1e9;
        double processor = node.info().totalCpuDuration().orElse(Duration.ZERO).toMillis() / 1e3;
        TimeUnit.SECONDS.sleep(1);
        return new Start(seconds, processor, residentMegabytes(node), parts(said, began, seconds));
      } finally {
        node.destroy();
        node.waitFor();
        TimeUnit.MILLISECONDS.sleep(300);
      }
    } finally {
      Files.delete(said);
    }
  }

  /** The images that the shipped bundle gives. */
  private static List<String> outputs(Path home) throws BundleException {
    return BundleManifest.read(home.resolve("models/" + ModelFolder.SHIPPED)).heads().stream()
        .filter(head -> head.kind().isMap())
        .map(Head::id)
        .toList();
  }

  private static double residentMegabytes(Process node) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + node.pid() + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Integer.parseInt(line.replaceAll("\\D", "")) / 1024.0;
      }
    }
    return Double.NaN;
  }

  private static Map<String, Double> parts(Path log, LocalTime began, double total)
      throws IOException {
    Map<String, Double> parts = new LinkedHashMap<>();
    double before = 0;
    for (String line : Files.readAllLines(log)) {
      for (Map.Entry<String, String> part : PARTS.entrySet()) {
        Matcher time = TIME.matcher(line);
        if (line.contains(part.getKey()) && !parts.containsKey(part.getValue()) && time.find()) {
          double at = Duration.between(began, LocalTime.parse(time.group(1))).toMillis() / 1e3;
          parts.put(part.getValue(), at - before);
          before = at;
        }
      }
    }
    parts.put("first frame", total - before);
    return parts;
  }

  private static void print(Map<Path, List<Start>> starts) {
    Start first = null;
    for (Map.Entry<Path, List<Start>> each : starts.entrySet()) {
      List<Start> sorted =
          each.getValue().stream()
              .sorted((a, b) -> Double.compare(a.seconds(), b.seconds()))
              .toList();
      Start median = sorted.get(sorted.size() / 2);
      first = first == null ? median : first;
      System.out.printf(
          Locale.ROOT,
          "%s%n  first frame after %.2f s (median of %d, %.2f to %.2f), %.2f s of processor, %.0f"
              + " MB resident; of the first: %.2f, %.2f, %.2f%n",
          each.getKey(),
          median.seconds(),
          sorted.size(),
          sorted.get(0).seconds(),
          sorted.get(sorted.size() - 1).seconds(),
          median.processorSeconds(),
          median.megabytes(),
          median.seconds() / first.seconds(),
          median.processorSeconds() / first.processorSeconds(),
          median.megabytes() / first.megabytes());
      median
          .parts()
          .forEach(
              (name, seconds) -> System.out.printf(Locale.ROOT, "  %6.2f s  %s%n", seconds, name));
    }
  }
}
