package dev.tarsier.bench.soak;

import dev.tarsier.bench.ScratchFolder;
import dev.tarsier.ros.node.ModelFolder;
import dev.tarsier.ros.node.PerceptionNode;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.task.Head;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.HdrHistogram.Histogram;

/**
 * The node as roslaunch starts it, with a camera of 640×480 that goes on at one rate and a
 * subscriber of all maps: how old they are when they arrive, how long Java stood still, what it
 * allocated, and how long the node's threads had work and no processor. Owned by one thread.
 */
public final class SteadyRun {
  private static final long START_MILLIS = 60_000;
  private static final double SLOW_MILLIS = 100;

  private SteadyRun() {}

  /**
   * What to do.
   *
   * @param home a built checkout or an unpacked product
   * @param warmUpSeconds after the first output, which do not count
   * @param seconds that count
   * @param rate images a second
   * @param threads of the network; 0 = as the node chooses
   * @param heapMb that Java may use
   */
  public record Options(
      Path home, int warmUpSeconds, int seconds, int rate, int threads, int heapMb) {}

  /**
   * What was seen in the seconds that count.
   *
   * @param seconds how many they were
   * @param sent images of the camera
   * @param ages of frames, microseconds from their stamp to the arrival of their last output
   * @param slow how many were older than 100 ms
   * @param processorSeconds of all of the node's threads
   * @param waitedSeconds in which its threads had work, and others had the processors
   * @param rssKilobytes resident at the end
   * @param pauses of Java, the longest first
   * @param heapASecond bytes that Java allocated; empty where there were fewer than two collections
   */
  public record Result(
      double seconds,
      int sent,
      Histogram ages,
      long slow,
      double processorSeconds,
      double waitedSeconds,
      long rssKilobytes,
      List<JavaLog.Pause> pauses,
      OptionalDouble heapASecond) {
    /** Prints a line for each figure. */
    public void print(PrintStream out) {
      long frames = ages.getTotalCount();
      line(out, "frames", "%d of %d images, %.1f a second", frames, sent, frames / seconds);
      line(
          out,
          "stamp to the last output",
          "p50 %.2f ms, p99 %.2f ms, slowest %.2f ms; %d slower than %.0f ms",
          ages.getValueAtPercentile(50) / 1e3,
          ages.getValueAtPercentile(99) / 1e3,
          ages.getMaxValue() / 1e3,
          slow,
          SLOW_MILLIS);
      line(
          out,
          "processor time",
          "%.2f ms a frame; its threads waited %.1f ms a frame for a processor",
          1e3 * processorSeconds / Math.max(1, frames),
          1e3 * waitedSeconds / Math.max(1, frames));
      line(
          out,
          "Java stood still",
          "%d times%s",
          pauses.size(),
          pauses.isEmpty()
              ? ""
              : String.format(
                  Locale.ROOT,
                  ", %.2f ms at most (%s), %.2f ms for a collection, %.2f ms in all",
                  pauses.get(0).millis(),
                  pauses.get(0).reason(),
                  pauses.stream()
                      .filter(JavaLog.Pause::isCollection)
                      .mapToDouble(JavaLog.Pause::millis)
                      .max()
                      .orElse(0),
                  pauses.stream().mapToDouble(JavaLog.Pause::millis).sum()));
      if (heapASecond.isPresent()) {
        double bytes = heapASecond.getAsDouble() * seconds / Math.max(1, frames);
        line(out, "Java heap a frame", "%,.0f B", bytes);
      } else {
        line(out, "Java heap a frame", "not known: fewer than two collections; run for longer");
      }
      line(out, "memory", "%.1f MB resident", rssKilobytes / 1e3);
    }

    private static void line(PrintStream out, String name, String form, Object... values) {
      out.printf("%-26s", name);
      out.printf(Locale.ROOT, form + "%n", values);
    }
  }

  /**
   * Runs it.
   *
   * @param second is told each second that is over, warm-up included
   * @throws IOException when the node gives nothing or ends
   */
  public static Result run(Options options, IntConsumer second)
      throws IOException, InterruptedException, BundleException {
    try (ScratchFolder scratch = ScratchFolder.make("tarsier-steady")) {
      return run(options, second, scratch.path());
    }
  }

  private static Result run(Options options, IntConsumer second, Path folder)
      throws IOException, InterruptedException, BundleException {
    BundleManifest manifest =
        BundleManifest.read(options.home().resolve("models").resolve(ModelFolder.SHIPPED));
    List<String> outputs =
        manifest.heads().stream().filter(head -> head.kind().isMap()).map(Head::id).toList();
    Path frames = folder.resolve("frames");
    Frames.write(frames, Frames.golden(options.home()));
    Path javaLog = folder.resolve("java.log");
    try (Master master = new Master();
        Camera camera = new Camera(master.uri(), frames, options.rate());
        Listener listener = new Listener(master.uri(), "/" + PerceptionNode.DEFAULT_NAME, outputs);
        NodeProcess node =
            NodeProcess.start(
                options.home(),
                master.uri(),
                folder.resolve("node.log"),
                "-Xmx%dm %s".formatted(options.heapMb(), JavaLog.OPTION.formatted(javaLog)),
                List.of("_threads:=" + options.threads()))) {
      Thread end = new Thread(() -> kill(node, camera), "steady-ends");
      Runtime.getRuntime().addShutdownHook(end);
      listener.on();
      camera.start();
      if (listener.awaitOutputsAfter(0, START_MILLIS) == 0) {
        throw new IOException("the node gave nothing: " + String.join("\n", node.said()));
      }
      int over = pass(options.warmUpSeconds(), 0, node, second);
      long from = Listener.now();
      double processor = node.processorSeconds();
      double waited = node.waitedSeconds();
      pass(options.seconds(), over, node, second);
      long to = Listener.now();
      processor = node.processorSeconds() - processor;
      waited = node.waitedSeconds() - waited;
      long rss = node.resources().rssKilobytes();
      TimeUnit.SECONDS.sleep(1); // what was sent arrives
      Histogram ages = ages(listener.seen(), outputs.size(), from, to);
      JavaLog log = new JavaLog(Files.readAllLines(javaLog));
      double begin = (from - node.startNanos()) / 1e9;
      double seconds = (to - from) / 1e9;
      Runtime.getRuntime().removeShutdownHook(end);
      return new Result(
          seconds,
          (int) camera.sent().stream().filter(stamp -> stamp >= from && stamp < to).count(),
          ages,
          ages.getTotalCount() - ages.getCountBetweenValues(0, (long) (1e3 * SLOW_MILLIS)),
          processor,
          waited,
          rss,
          log.pauses(begin, begin + seconds).stream()
              .sorted(Comparator.comparingDouble(JavaLog.Pause::millis).reversed())
              .toList(),
          log.allocatedASecond(begin, begin + seconds));
    }
  }

  /** A run that is broken off takes along what it started. */
  private static void kill(NodeProcess node, Camera camera) {
    node.close();
    camera.close();
  }

  /** Lets seconds pass; returns how many are over. */
  private static int pass(int seconds, int over, NodeProcess node, IntConsumer listener)
      throws IOException, InterruptedException {
    long began = System.nanoTime();
    for (int i = 1; i <= seconds; i++) {
      long left = began + TimeUnit.SECONDS.toNanos(i) - System.nanoTime();
      TimeUnit.NANOSECONDS.sleep(left);
      if (!node.isAlive()) {
        throw new IOException("the node ended: " + String.join("\n", node.said()));
      }
      listener.accept(over + i);
    }
    return over + seconds;
  }

  /** Of the images that were taken between two moments and gave all outputs. */
  private static Histogram ages(List<Listener.Seen> seen, int outputs, long from, long to) {
    Map<Long, List<Long>> arrivals = new HashMap<>();
    for (Listener.Seen each : seen) {
      if (each.stampNanos() >= from && each.stampNanos() < to) {
        arrivals
            .computeIfAbsent(each.stampNanos(), any -> new ArrayList<>())
            .add(each.arrivalNanos());
      }
    }
    Histogram ages = new Histogram(3);
    arrivals.forEach(
        (stamp, times) -> {
          if (times.size() == outputs) {
            long last = times.stream().mapToLong(Long::longValue).max().orElse(stamp);
            ages.recordValue(Math.max(0, (last - stamp) / 1_000));
          }
        });
    return ages;
  }
}
