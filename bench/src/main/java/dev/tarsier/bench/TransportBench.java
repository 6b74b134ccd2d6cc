package dev.tarsier.bench;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.master.InProcessMaster;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.ImageView;
import dev.tarsier.ros.ros1.message.MessageBody;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.ros.ros1.transport.Publisher;
import dev.tarsier.ros.ros1.transport.PublisherOptions;
import dev.tarsier.ros.ros1.transport.RosNode;
import dev.tarsier.ros.ros1.transport.Subscription;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Latency and loss of 640x480 rgb8 images from one process to another over the loopback interface:
 * our transport and roscpp's, in all four pairs, in one run.
 *
 * <p>Latency is from the stamp, taken before {@code publish}, to the handler's begin. Resident
 * memory is compared between a fifth of the run and its end. Allocation counts all threads of the
 * process, per image, over the second half.
 */
@Command(
    name = "transport",
    description =
        "Latency and loss of images from process to process, our TCPROS beside roscpp, both ways.",
    mixinStandardHelpOptions = true)
final class TransportBench implements Callable<Integer> {
  private static final String TOPIC = "/bench/image";
  private static final int WIDTH = 640;
  private static final int HEIGHT = 480;
  private static final int QUEUE = 10;
  private static final String RESULT = "RESULT ";

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "SECONDS",
      description = "for each pair and rate (default: ${DEFAULT-VALUE})",
      defaultValue = "10",
      converter = Benchmarks.Count.class)
  private int seconds;

  @Parameters(
      index = "1..*",
      paramLabel = "RATE",
      description = "in Hz (default: 30 1000)",
      converter = Benchmarks.Count.class)
  private List<Integer> rates = List.of(30, 1000);

  /** Made by picocli. */
  TransportBench() {}

  /** Runs it and prints what it found. */
  @Override
  public Integer call() throws Exception {
    compare(seconds, rates.stream().mapToDouble(Integer::doubleValue).toArray());
    return RobotCommands.OK;
  }

  /**
   * One of its two ends, in a process of its own.
   *
   * @param arguments {@code pub MASTER RATE COUNT} or {@code sub MASTER COUNT}
   */
  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("pub")) {
      publish(arguments[1], Double.parseDouble(arguments[2]), Integer.parseInt(arguments[3]));
    } else {
      subscribe(arguments[1], Integer.parseInt(arguments[2]));
    }
  }

  // ---- our two ends, each in a process of its own

  private static void publish(String masterUri, double rate, int count) throws Exception {
    ByteBuffer pixels =
        ByteBuffer.allocateDirect(3 * WIDTH * HEIGHT).order(ByteOrder.LITTLE_ENDIAN);
    try (RosNode node = RosNode.start(RosArguments.of("our_pub", masterUri, "127.0.0.1"))) {
      Publisher<Image> images = node.advertise(TOPIC, Image.TYPE, PublisherOptions.queue(QUEUE));
      while (images.subscribers() == 0) {
        TimeUnit.MILLISECONDS.sleep(5);
      }
      TimeUnit.MILLISECONDS.sleep(200);
      long periodNanos = (long) (1e9 / rate);
      long next = System.nanoTime();
      long allocatedAtHalf = 0;
      for (int i = 0; i < count; i++) {
        sleepUntil(next);
        next += periodNanos;
        if (i == count / 2) {
          allocatedAtHalf = allocatedBytes();
        }
        pixels.putLong(0, i);
        images.publish(
            new Image(
                new Header(i, RosTime.now(), "camera"),
                HEIGHT,
                WIDTH,
                "rgb8",
                false,
                3 * WIDTH,
                pixels));
      }
      long perImage = (allocatedBytes() - allocatedAtHalf) / Math.max(1, count - count / 2);
      while (images.subscribers() > 0) {
        TimeUnit.MILLISECONDS.sleep(5);
      }
      print(RESULT + "0 0 0 0 " + perImage + " " + images.dropped());
    }
  }

  private static void sleepUntil(long nanos) {
    for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  /**
   * What one subscriber measured; written by the connection's thread, read after the last image.
   */
  private static final class Arrivals {
    private final long[] latencyNanos;
    private final ImageView view = new ImageView();
    private final CountDownLatch done = new CountDownLatch(1);
    private volatile int count;
    private long allocatedAtHalf;
    private volatile long allocatedAtEnd;
    private int half;

    private Arrivals(int expected) {
      latencyNanos = new long[expected];
    }

    private void take(MessageBody message, long arrivalNanos) {
      RosTime now = RosTime.now();
      ByteBuffer body = message.bytes();
      view.over(body);
      int n = count;
      latencyNanos[n] = now.toNanos() - view.stampNanos();
      if (n == latencyNanos.length / 2) {
        allocatedAtHalf = allocatedBytes();
        half = n;
      }
      count = n + 1;
      if (body.getLong(view.dataOffset()) + 1 == latencyNanos.length) {
        allocatedAtEnd = allocatedBytes();
        done.countDown();
      }
    }
  }

  private static void subscribe(String masterUri, int expected) throws Exception {
    Arrivals arrivals = new Arrivals(expected);
    try (RosNode node = RosNode.start(RosArguments.of("our_sub", masterUri, "127.0.0.1"))) {
      Subscription images = node.subscribe(TOPIC, Image.TYPE, arrivals::take);
      int before = -1;
      while (!arrivals.done.await(3, TimeUnit.SECONDS)
          && (arrivals.count == 0 || arrivals.count != before)) {
        before = arrivals.count;
      }
      images.close();
    }
    int count = arrivals.count;
    long[] sorted = Arrays.copyOf(arrivals.latencyNanos, count);
    Arrays.sort(sorted);
    long perImage =
        (arrivals.allocatedAtEnd - arrivals.allocatedAtHalf) / Math.max(1, count - arrivals.half);
    print(
        RESULT
            + "%d %.1f %.1f %.1f %d"
                .formatted(
                    count,
                    percentile(sorted, 0.5),
                    percentile(sorted, 0.99),
                    percentile(sorted, 1),
                    perImage));
  }

  private static double percentile(long[] sorted, double p) {
    return sorted.length == 0 ? 0 : sorted[(int) (p * (sorted.length - 1))] / 1e3;
  }

  private static long allocatedBytes() {
    if (!(ManagementFactory.getThreadMXBean() instanceof com.sun.management.ThreadMXBean threads)) {
      return 0;
    }
    return Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
        .filter(bytes -> bytes > 0)
        .sum();
  }

  // ---- the comparison

  /** Numbers of one pair at one rate. */
  private record Row(
      String pair,
      double rate,
      int sent,
      int received,
      double p50Micros,
      double p99Micros,
      double maxMicros,
      long publisherGrowthKb,
      long subscriberGrowthKb,
      String allocated) {}

  private static void compare(int seconds, double[] rates) throws Exception {
    Path peers = Path.of("bench/target/peers").toAbsolutePath();
    boolean roscpp = buildPeers(peers);
    conditions(seconds);
    print(
        "%-18s %6s %7s %7s %6s %9s %9s %9s %8s %8s  %s"
            .formatted(
                "publisher->sub",
                "Hz",
                "sent",
                "recv",
                "lost",
                "p50 us",
                "p99 us",
                "max us",
                "pub+KB",
                "sub+KB",
                "heap B/image pub, sub"));
    for (double rate : rates) {
      List<Row> rows = new ArrayList<>();
      for (boolean ourPub : new boolean[] {false, true}) {
        for (boolean ourSub : new boolean[] {false, true}) {
          if (roscpp || (ourPub && ourSub)) {
            Row row = pair(peers, ourPub, ourSub, rate, (int) (seconds * rate));
            rows.add(row);
            print(row);
          }
        }
      }
      ratios(rows);
    }
  }

  private static void ratios(List<Row> rows) {
    Row reference = rows.get(0);
    for (Row row : rows.subList(1, rows.size())) {
      print(
          "  %s: p50 %.2f, p99 %.2f of %s"
              .formatted(
                  row.pair,
                  row.p50Micros / reference.p50Micros,
                  row.p99Micros / reference.p99Micros,
                  reference.pair));
    }
  }

  private static boolean buildPeers(Path peers) throws IOException, InterruptedException {
    Process build =
        new ProcessBuilder("bench/peers/build-roscpp.sh", peers.toString())
            .redirectErrorStream(true)
            .redirectOutput(Redirect.DISCARD)
            .start();
    boolean built = build.waitFor() == 0;
    if (!built) {
      print("roscpp's peers could not be built (libroscpp-dev, g++); only our own pair runs");
    }
    return built;
  }

  private static void conditions(int seconds) throws IOException {
    String cpu =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(line -> line.startsWith("model name"))
            .findFirst()
            .orElse("?")
            .replaceFirst(".*: *", "");
    print(
        "640x480 rgb8, 921600 bytes, loopback, %d s each; %s, %d cores, load %.1f, Linux %s, Java %s"
            .formatted(
                seconds,
                cpu,
                Runtime.getRuntime().availableProcessors(),
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
                System.getProperty("os.version"),
                Runtime.version()));
  }

  private static Row pair(Path peers, boolean ourPub, boolean ourSub, double rate, int count)
      throws Exception {
    try (InProcessMaster master = new InProcessMaster(0)) {
      Process sub =
          start(
              master,
              ourSub
                  ? ours("sub", master.uri(), Integer.toString(count))
                  : List.of(peers.resolve("roscpp_sub").toString(), TOPIC, "" + count));
      Process pub =
          start(
              master,
              ourPub
                  ? ours("pub", master.uri(), "" + rate, Integer.toString(count))
                  : List.of(peers.resolve("roscpp_pub").toString(), TOPIC, "" + rate, "" + count));
      try {
        long runMillis = (long) (count / rate * 1000);
        sub.waitFor(runMillis / 5 + 1500, TimeUnit.MILLISECONDS);
        long pubBefore = residentKb(pub);
        long subBefore = residentKb(sub);
        sub.waitFor(runMillis * 7 / 10, TimeUnit.MILLISECONDS);
        long pubGrowth = residentKb(pub) - pubBefore;
        long subGrowth = residentKb(sub) - subBefore;
        String[] arrived = result(sub);
        String sent = ourPub ? result(pub)[4] : "-";
        return new Row(
            (ourPub ? "ours" : "roscpp") + "->" + (ourSub ? "ours" : "roscpp"),
            rate,
            count,
            Integer.parseInt(arrived[0]),
            Double.parseDouble(arrived[1]),
            Double.parseDouble(arrived[2]),
            Double.parseDouble(arrived[3]),
            pubGrowth,
            subGrowth,
            sent + ", " + (ourSub ? arrived[4] : "-"));
      } finally {
        pub.destroy();
        sub.destroy();
        pub.waitFor(5, TimeUnit.SECONDS);
      }
    }
  }

  private static List<String> ours(String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                TransportBench.class.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  private static Process start(InProcessMaster master, List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("ROS_MASTER_URI", master.uri());
    builder.environment().put("ROS_HOSTNAME", "127.0.0.1");
    return builder.redirectError(Redirect.DISCARD).start();
  }

  private static String[] result(Process process) throws IOException {
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.startsWith(RESULT)) {
          return line.substring(RESULT.length()).split(" ");
        }
      }
    }
    throw new IOException("a peer ended without a result");
  }

  private static long residentKb(Process process) throws IOException {
    Path status = Path.of("/proc", Long.toString(process.pid()), "status");
    if (!Files.exists(status)) {
      return 0;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElse(0);
  }

  private static void print(Row row) {
    print(
        "%-18s %6.0f %7d %7d %6d %9.0f %9.0f %9.0f %8d %8d  %s"
            .formatted(
                row.pair,
                row.rate,
                row.sent,
                row.received,
                row.sent - row.received,
                row.p50Micros,
                row.p99Micros,
                row.maxMicros,
                row.publisherGrowthKb,
                row.subscriberGrowthKb,
                row.allocated));
  }

  private static void print(String line) {
    System.out.println(String.format(Locale.ROOT, "%s", line));
  }
}
