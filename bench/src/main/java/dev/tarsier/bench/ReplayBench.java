package dev.tarsier.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.tarsier.ros.bag.BagCompression;
import dev.tarsier.ros.bag.BagConnection;
import dev.tarsier.ros.bag.BagReader;
import dev.tarsier.ros.bag.BagWriter;
import dev.tarsier.ros.bag.Selection;
import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.node.ModelFolder;
import dev.tarsier.ros.replay.Replay;
import dev.tarsier.ros.replay.ReplayOptions;
import dev.tarsier.ros.replay.ReplayReport;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.model.Bundle;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * The rate of a replay beside that of a bare pinned {@code session.run} with as many threads. Bare
 * runs come before and behind each replay, in one process, so that what else the machine does falls
 * on both alike. A replay counts from its first image to the report that is written: reading,
 * decoding, judging and drawing included, the start of the session not.
 *
 * <p>The bag is repeated, later each time, until it has as many images as asked for. Messages with
 * headers are repeated, the others written once.
 */
@Command(
    name = "replay",
    description = "A replay's rate beside that of a bare pinned session.run, in turns.",
    mixinStandardHelpOptions = true)
final class ReplayBench implements Callable<Integer> {
  private static final int WARM_UP = 50;

  @Parameters(
      index = "0",
      paramLabel = "BAG",
      description = "its images are repeated until there are IMAGES")
  private Path bag;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "BUNDLE",
      description = "its folder, or a name below models/ (default: ${DEFAULT-VALUE})",
      defaultValue = ModelFolder.SHIPPED)
  private String bundleName;

  @Parameters(
      index = "2",
      arity = "0..1",
      paramLabel = "IMAGES",
      description = "of the bag that is replayed (default: ${DEFAULT-VALUE})",
      defaultValue = "400",
      converter = Benchmarks.Count.class)
  private int images;

  @Parameters(
      index = "3",
      arity = "0..1",
      paramLabel = "THREADS",
      description = "of the network (default: as many as a replay takes)",
      converter = Benchmarks.Count.class)
  private Integer threads;

  @Parameters(
      index = "4",
      arity = "0..1",
      paramLabel = "ROUNDS",
      description = "of which the median counts (default: ${DEFAULT-VALUE})",
      defaultValue = "3",
      converter = Benchmarks.Count.class)
  private int rounds;

  private final PrintStream out = System.out;
  private final OperatingSystemMXBean process =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  /** Made by picocli. */
  ReplayBench() {}

  /** What many frames took, for each of them. */
  private record Cost(double millis, double processorMillis) {}

  /** Runs it and prints a line for each round and the medians. */
  @Override
  public Integer call() throws Exception {
    run(threads == null ? SessionOptions.defaultThreads() : threads);
    return RobotCommands.OK;
  }

  private void run(int threads) throws Exception {
    Path folder = Benchmarks.bundle(bundleName);
    try (ScratchFolder work = ScratchFolder.make("replay-bench");
        BareSession bare = new BareSession(Bundle.load(folder), threads)) {
      Path drive = work.path().resolve("drive.bag");
      Path report = work.path().resolve("report");
      repeat(bag, drive, images);
      out.printf(
          Locale.ROOT,
          "bag %s, repeated to %.0f MB; bundle %s, %d threads on %d processors, Java %s, load"
              + " %.1f%n",
          bag.getFileName(),
          Files.size(drive) / 1e6,
          folder.getFileName(),
          threads,
          Runtime.getRuntime().availableProcessors(),
          System.getProperty("java.version"),
          process.getSystemLoadAverage());
      out.printf(
          "%-8s %10s %10s %10s %12s %12s%n",
          "round", "bare fps", "replay fps", "ratio", "bare cpu ms", "replay cpu ms");
      bare(bare, WARM_UP);
      ReplayOptions options = options(drive, folder, report, threads);
      List<double[]> all = new ArrayList<>();
      for (int round = 0; round < rounds; round++) {
        Cost before = bare(bare, images / 2);
        Cost replay = replay(options);
        Cost behind = bare(bare, images / 2);
        double bareMillis = (before.millis() + behind.millis()) / 2;
        double[] figures = {
          1000 / bareMillis,
          1000 / replay.millis(),
          bareMillis / replay.millis(),
          (before.processorMillis() + behind.processorMillis()) / 2,
          replay.processorMillis()
        };
        print(Integer.toString(round + 1), figures);
        all.add(figures);
      }
      double[] medians = new double[all.get(0).length];
      for (int i = 0; i < medians.length; i++) {
        int figure = i;
        double[] sorted = all.stream().mapToDouble(each -> each[figure]).sorted().toArray();
        medians[i] = sorted[sorted.length / 2];
      }
      print("median", medians);
    }
  }

  private void print(String round, double[] figures) {
    out.printf(
        Locale.ROOT,
        "%-8s %10.1f %10.1f %10.2f %12.1f %12.1f%n",
        round,
        figures[0],
        figures[1],
        figures[2],
        figures[3],
        figures[4]);
  }

  private static ReplayOptions options(Path bag, Path bundle, Path report, int threads) {
    ReplayOptions usual = ReplayOptions.of(bag, bundle, report);
    return new ReplayOptions(
        usual.bags(),
        usual.bundle(),
        usual.out(),
        usual.image(),
        usual.depth(),
        usual.labels(),
        usual.cameraInfo(),
        usual.depthUnit(),
        usual.depthAligned(),
        usual.minCoverage(),
        usual.toleranceMillis(),
        usual.worstFrames(),
        usual.record(),
        usual.gates(),
        usual.network(),
        usual.session().withThreads(threads));
  }

  private Cost bare(BareSession session, int frames) throws Exception {
    long processor = process.getProcessCpuTime();
    long began = System.nanoTime();
    for (int i = 0; i < frames; i++) {
      session.run();
    }
    return cost(began, processor, frames);
  }

  private Cost replay(ReplayOptions options) throws Exception {
    long[] first = new long[2];
    ReplayReport report =
        Replay.run(
            options,
            (done, total) -> {
              if (done == 1) {
                first[0] = System.nanoTime();
                first[1] = process.getProcessCpuTime();
              }
            });
    if (report.counts().out() < 2 || report.counts().dropped() > 0) {
      throw new IllegalStateException("not all images were perceived: " + report.counts());
    }
    return cost(first[0], first[1], report.counts().out() - 1);
  }

  private Cost cost(long began, long processor, long frames) {
    return new Cost(
        (System.nanoTime() - began) / 1e6 / frames,
        (process.getProcessCpuTime() - processor) / 1e6 / frames);
  }

  /** Writes a bag again and again, each time behind the last. */
  private static void repeat(Path bag, Path to, int images) throws Exception {
    try (BagReader reader = BagReader.open(bag);
        BagWriter writer = new BagWriter(to, BagCompression.NONE)) {
      // colour and depth, where there are both, are one image of a replay
      long colour =
          reader.topics().stream()
              .filter(topic -> topic.type().equals(Image.TYPE.name()))
              .mapToLong(topic -> topic.messages())
              .max()
              .orElseThrow(() -> new IllegalArgumentException(bag + " has no sensor_msgs/Image"));
      long period = reader.endNanos() - reader.startNanos() + 33_333_333L;
      Map<BagConnection, BagConnection> written = new HashMap<>();
      for (long lap = 0; lap * colour < images; lap++) {
        long later = lap * period;
        boolean again = lap > 0;
        reader.forEach(
            Selection.all(),
            (connection, receiveNanos, body) -> {
              boolean stamped =
                  connection.type().equals(Image.TYPE.name())
                      || connection.type().equals(CameraInfo.TYPE.name());
              if (stamped || !again) {
                BagConnection own = written.get(connection);
                if (own == null) {
                  own = writer.connect(connection);
                  written.put(connection, own);
                }
                writer.write(own, receiveNanos + later, stamped ? restamped(body, later) : body);
              }
            });
      }
    }
  }

  /** A message whose header's stamp is later. */
  private static ByteBuffer restamped(ByteBuffer body, long later) {
    ByteBuffer copy =
        ByteBuffer.allocate(body.remaining())
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(body.duplicate())
            .flip();
    long nanos = Integer.toUnsignedLong(copy.getInt(4)) * 1_000_000_000L + copy.getInt(8) + later;
    return copy.putInt(4, (int) (nanos / 1_000_000_000L)).putInt(8, (int) (nanos % 1_000_000_000L));
  }
}
