package dev.tarsier.bench;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.NetworkPrecision;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * What the networks of several bundles cost, as floats and as 8-bit integers where they have them:
 * a bare pinned {@code session.run} of each in turns, so that what else the machine does falls on
 * all alike.
 */
@Command(
    name = "bundles",
    description = "A bare session.run of several bundles, float and int8, in turns.",
    mixinStandardHelpOptions = true)
final class BundleBench implements Callable<Integer> {
  private static final int WARM_UP = 5;

  @Parameters(
      arity = "1..*",
      paramLabel = "DIR",
      description = "bundles, folders or names below models/; the first one's float network is 1")
  private List<String> bundles;

  @Option(
      names = "--frames",
      defaultValue = "100",
      converter = Benchmarks.Count.class,
      description = "run with each (default: ${DEFAULT-VALUE})")
  private int frames;

  @Option(
      names = "--threads",
      defaultValue = "1",
      converter = Benchmarks.Count.class,
      description = "of each network (default: ${DEFAULT-VALUE})")
  private int threads;

  private final PrintStream out = System.out;

  private record Contender(String name, BareSession session, Histogram nanos) {
    static Contender of(Bundle bundle, NetworkPrecision precision, int threads) throws Exception {
      String name =
          "%s %s %s"
              .formatted(bundle.manifest().name(), bundle.manifest().version(), precision.id());
      return new Contender(name, new BareSession(bundle.in(precision), threads), new Histogram(3));
    }

    void run(boolean counts) throws Exception {
      long begun = System.nanoTime();
      session.run();
      if (counts) {
        nanos.recordValue(System.nanoTime() - begun);
      }
    }

    double millis(double percentile) {
      return nanos.getValueAtPercentile(percentile) / 1e6;
    }
  }

  /** Made by picocli. */
  BundleBench() {}

  @Override
  public Integer call() throws Exception {
    List<Contender> contenders = new ArrayList<>();
    try {
      for (String each : bundles) {
        Bundle bundle = Bundle.load(Benchmarks.bundle(each));
        contenders.add(Contender.of(bundle, NetworkPrecision.FLOAT, threads));
        if (bundle.manifest().variant(NetworkPrecision.INT8).isPresent()) {
          contenders.add(Contender.of(bundle, NetworkPrecision.INT8, threads));
        }
      }
      for (int i = -WARM_UP; i < frames; i++) {
        for (Contender each : contenders) {
          each.run(i >= 0);
        }
      }
      print(contenders);
    } finally {
      for (Contender each : contenders) {
        each.session().close();
      }
    }
    return RobotCommands.OK;
  }

  private void print(List<Contender> contenders) {
    out.printf(
        Locale.ROOT,
        "%d frames in turns, %d threads on %d processors, Java %s, load %.1f%n",
        frames,
        threads,
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("java.version"),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    out.printf("%-32s %9s %9s %7s%n", "network", "p50 ms", "p90 ms", "ratio");
    double first = contenders.get(0).millis(50);
    for (Contender each : contenders) {
      out.printf(
          Locale.ROOT,
          "%-32s %9.2f %9.2f %7.2f%n",
          each.name(),
          each.millis(50),
          each.millis(90),
          each.millis(50) / first);
    }
  }
}
