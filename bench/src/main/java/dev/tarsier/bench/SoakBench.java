package dev.tarsier.bench;

import dev.tarsier.bench.soak.Soak;
import dev.tarsier.bench.soak.SoakResult;
import dev.tarsier.ros.cli.LogVolume;
import dev.tarsier.ros.cli.ProgressLine;
import dev.tarsier.runtime.model.BundleException;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * Whether the node stays as it is for as long as one likes: it perceives a camera that vanishes,
 * returns, changes its size and sends broken images, while subscribers stall, come and go, and
 * broker and master restart. What is judged, and how: {@link dev.tarsier.bench.soak}.
 *
 * <p>Arguments: {@code [MINUTES] [--bag FILE] [--seed N] [--rate N] [--out DIR] [--verbose]}, by
 * default 30 minutes, the golden frames of the shipped bundle, seed 1 and 10 images a second. Ends
 * with 1 where a criterion is not met, with 2 where an argument is wrong or the soak cannot be
 * done.
 */
public final class SoakBench {
  private static final int MINUTES = 30;
  private static final int MOST_MINUTES = 7 * 24 * 60;

  private SoakBench() {}

  /** Runs it and prints what it found. */
  public static void main(String[] arguments) throws Exception {
    LogVolume.onlyErrors();
    boolean[] verbose = {false};
    Soak.Options options;
    try {
      options = options(arguments, verbose);
    } catch (IllegalArgumentException e) {
      System.err.println("tarsier bench soak: " + e.getMessage());
      System.exit(2);
      return;
    }
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
                      if (verbose[0] || line.contains("FAULT") || line.contains("without")) {
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
      if (verbose[0]) {
        soak.schedule().forEach(line -> progress.say("  " + line));
      }
      result = soak.run();
    } catch (IOException | BundleException e) {
      System.err.println("tarsier bench soak: " + e.getMessage());
      System.exit(2);
      return;
    }
    result.print(out);
    if (options.out().isPresent()) {
      result.write(options.out().get());
    }
    System.exit(result.passed() ? 0 : 1);
  }

  private static Soak.Options options(String[] arguments, boolean[] verbose) {
    Path home = Path.of(System.getProperty("tarsier.home", "."));
    int minutes = MINUTES;
    long seed = 1;
    int rate = 10;
    Optional<Path> bag = Optional.empty();
    Optional<Path> out = Optional.empty();
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case "--verbose" -> verbose[0] = true;
        case "--seed" -> seed = number(arguments, ++i, 0, Integer.MAX_VALUE);
        case "--rate" -> rate = number(arguments, ++i, 2, 60);
        case "--bag" -> {
          bag = Optional.of(Path.of(value(arguments, ++i)));
          if (!Files.isReadable(bag.get())) {
            throw new IllegalArgumentException("--bag %s: no such file".formatted(bag.get()));
          }
        }
        case "--out" -> out = Optional.of(Path.of(value(arguments, ++i)));
        default -> minutes = number(arguments, i, 2, MOST_MINUTES);
      }
    }
    return new Soak.Options(home, 60 * minutes, seed, rate, bag, out);
  }

  private static String value(String[] arguments, int at) {
    if (at >= arguments.length) {
      throw new IllegalArgumentException(arguments[at - 1] + " needs a value");
    }
    return arguments[at];
  }

  private static int number(String[] arguments, int at, int least, int most) {
    String text = value(arguments, at);
    try {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException(
        "%s must be %d to %d, got '%s'; usage: soak [MINUTES] [--bag FILE] [--seed N] [--rate N] [--out DIR] [--verbose]"
            .formatted(
                at > 0
                        && arguments[at - 1].startsWith("--")
                        && !arguments[at - 1].equals("--verbose")
                    ? arguments[at - 1]
                    : "MINUTES",
                least,
                most,
                text));
  }
}
