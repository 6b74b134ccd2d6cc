package dev.tarsier.bench;

import dev.tarsier.bench.soak.SteadyRun;
import dev.tarsier.ros.cli.LogVolume;
import dev.tarsier.ros.cli.ProgressLine;
import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.node.ModelFolder;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The node at a steady rate of images, as a process of its own: {@link SteadyRun}. */
@Command(
    name = "steady",
    description =
        "How old outputs are, how long Java stands still and what it allocates, at a steady rate of"
            + " images of 640x480.",
    mixinStandardHelpOptions = true)
final class SteadyBench implements Callable<Integer> {
  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "SECONDS",
      description = "that count, 5 to 86400 (default: ${DEFAULT-VALUE})",
      defaultValue = "600")
  private int seconds;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "30",
      description =
          "images a second, 1 to 200; more than the node can perceive show it at saturation"
              + " (default: ${DEFAULT-VALUE})")
  private int rate;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description = "of the network; 0 as the node chooses (default: ${DEFAULT-VALUE})")
  private int threads;

  @Option(
      names = "--heap",
      paramLabel = "MB",
      defaultValue = "128",
      description = "that Java may use, 32 to 4096 (default: ${DEFAULT-VALUE})")
  private int heap;

  @Option(
      names = "--warm-up",
      paramLabel = "SECONDS",
      defaultValue = "20",
      description = "after the first output, which do not count (default: ${DEFAULT-VALUE})")
  private int warmUp;

  @Spec private CommandSpec spec;

  /** Made by picocli. */
  SteadyBench() {}

  /** Runs it and prints what it found. */
  @Override
  public Integer call() throws Exception {
    Benchmarks.within(spec, "SECONDS", seconds, 5, 86_400);
    Benchmarks.within(spec, "--rate", rate, 1, 200);
    Benchmarks.within(spec, "--threads", threads, 0, 1024);
    Benchmarks.within(spec, "--heap", heap, 32, 4096);
    Benchmarks.within(spec, "--warm-up", warmUp, 0, 3600);
    LogVolume.onlyErrors();
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.printf(
        Locale.ROOT,
        "640x480 at %d a second, %d s after %d s of warm-up, -Xmx%dm, %s, %d processors, Java %s,"
            + " load %.1f%n",
        rate,
        seconds,
        warmUp,
        heap,
        threads == 0 ? "threads by measurement" : threads + " threads",
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("java.version"),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    SteadyRun.Result result;
    try (ProgressLine progress = ProgressLine.onStandardError()) {
      progress.begin("measuring", "s", 0, warmUp + seconds);
      result =
          SteadyRun.run(
              new SteadyRun.Options(ModelFolder.home(), warmUp, seconds, rate, threads, heap),
              progress::at);
    }
    result.print(out);
    return RobotCommands.OK;
  }
}
