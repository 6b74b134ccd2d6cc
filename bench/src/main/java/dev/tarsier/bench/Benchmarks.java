package dev.tarsier.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code tarsier bench NAME [ARGUMENTS]}: runs one of the benchmarks, or lists them. */
public final class Benchmarks {
  /** A benchmark's main method. */
  private interface Main {
    void run(String[] arguments) throws Exception;
  }

  private record Benchmark(String what, Main main) {}

  private Benchmarks() {}

  /** Runs the benchmark named first with the rest of the arguments. */
  public static void main(String[] arguments) throws Exception {
    Map<String, Benchmark> all = benchmarks();
    Benchmark chosen = arguments.length == 0 ? null : all.get(arguments[0]);
    if (chosen == null) {
      if (arguments.length > 0 && !arguments[0].startsWith("-")) {
        System.err.printf("tarsier bench: there is no benchmark '%s'%n", arguments[0]);
      }
      System.err.println("Usage: tarsier bench NAME [ARGUMENTS]");
      all.forEach((name, b) -> System.err.printf("  %-14s %s%n", name, b.what()));
      System.exit(arguments.length > 0 && arguments[0].startsWith("-") ? 0 : 2);
    }
    chosen.main().run(Arrays.copyOfRange(arguments, 1, arguments.length));
  }

  private static Map<String, Benchmark> benchmarks() {
    Map<String, Benchmark> all = new LinkedHashMap<>();
    all.put(
        "runtime",
        new Benchmark("what perceiving adds to a bare pinned session.run", RuntimeBench::main));
    all.put(
        "node", new Benchmark("what the whole node adds to a bare session.run", NodeBench::main));
    all.put(
        "replay", new Benchmark("a replay's rate beside a bare session.run's", ReplayBench::main));
    all.put(
        "start",
        new Benchmark("from the node's start to its first published frame", StartBench::main));
    all.put(
        "soak",
        new Benchmark(
            "whether the node stays as it is for 30 minutes of all that goes wrong",
            SoakBench::main));
    all.put(
        "transport", new Benchmark("our TCPROS beside roscpp, both ways", TransportBench::main));
    all.put(
        "bag",
        new Benchmark("reading a bag beside Debian's rosbag, on one file", BagReadBench::main));
    all.put(
        "train-step",
        new Benchmark("a training step beside the same network in Python", TrainStepBench::main));
    all.put(
        "pseudo-labels",
        new Benchmark(
            "labelling frames beside the teacher's bare network", PseudoLabelBench::main));
    return all;
  }
}
