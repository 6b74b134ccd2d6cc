package dev.tarsier.bench;

import dev.tarsier.bench.soak.Soak;
import dev.tarsier.bench.soak.SoakResult;
import dev.tarsier.ros.cli.LogVolume;
import dev.tarsier.ros.cli.ProgressLine;
import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.node.ModelFolder;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Whether the node stays as it is for as long as one likes: it perceives a camera that vanishes,
 * returns, changes its size and sends broken images, while subscribers stall, come and go, and
 * broker and master restart. What is judged, and how: {@link dev.tarsier.bench.soak}.
 */
@Command(
    name = "soak",
    description =
        "Whether the node stays as it is, while camera, subscribers, broker and master come, go and"
            + " break.",
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:all criteria are met",
      "1:one is not",
      "2:an argument is wrong, or the soak cannot be done"
    },
    mixinStandardHelpOptions = true)
final class SoakBench implements Callable<Integer> {
  private static final int MOST_MINUTES = 7 * 24 * 60;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "MINUTES",
      description = "2 to 10080 (default: ${DEFAULT-VALUE})",
      defaultValue = "30")
  private int minutes;

  @Option(
      names = "--bag",
      paramLabel = "FILE",
      description = "the camera's images (default: the golden frames of the shipped bundle)")
  private Path bag;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "of the order of what goes wrong, 0 or more (default: ${DEFAULT-VALUE})")
  private int seed;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "10",
      description = "images a second, 2 to 60 (default: ${DEFAULT-VALUE})")
  private int rate;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "the node's log and all samples go there")
  private Path to;

  @Option(names = "--verbose", description = "a line for each disturbance")
  private boolean verbose;

  @Spec private CommandSpec spec;

  /** Made by picocli. */
  SoakBench() {}

  /** Runs it and prints what it found. */
  @Override
  public Integer call() throws Exception {
    LogVolume.onlyErrors();
    Soak.Options options = options();
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    SoakResult result;
    try (ProgressLine progress = ProgressLine.onStandardError()) {
      Object turn = new Object();
      Soak soak =
          new Soak(
              options,
              new Soak.Listeners(
                  line -> {
                    synchronized (turn) {
                      if (verbose || line.contains("FAULT") || line.contains("without")) {
                        progress.say("  " + line);
                      }
                    }
                  },
                  second -> {
                    synchronized (turn) {
                      if (second == 0) {
                        progress.begin("soaking", "s", 0, options.seconds());
                      }
                      progress.at(second);
                    }
                  }));
      out.printf(
          Locale.ROOT,
          "%d minutes, %d images a second of %s, seed %d, %d processors, Java %s, load %.1f%n",
          options.seconds() / 60,
          options.rate(),
          options.bag().map(bag -> bag.getFileName().toString()).orElse("the golden frames"),
          options.seed(),
          Runtime.getRuntime().availableProcessors(),
          System.getProperty("java.version"),
          ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
      if (verbose) {
        soak.schedule().forEach(line -> progress.say("  " + line));
      }
      result = soak.run();
    }
    result.print(out);
    if (options.out().isPresent()) {
      result.write(options.out().get());
    }
    return result.passed() ? RobotCommands.OK : RobotCommands.NOT_AS_DEMANDED;
  }

  private Soak.Options options() {
    Benchmarks.within(spec, "MINUTES", minutes, 2, MOST_MINUTES);
    Benchmarks.within(spec, "--seed", seed, 0, Integer.MAX_VALUE);
    Benchmarks.within(spec, "--rate", rate, 2, 60);
    if (bag != null && !Files.isReadable(bag)) {
      throw new ParameterException(spec.commandLine(), "--bag %s: no such file".formatted(bag));
    }
    return new Soak.Options(
        ModelFolder.home(),
        60 * minutes,
        seed,
        rate,
        Optional.ofNullable(bag),
        Optional.ofNullable(to));
  }
}
