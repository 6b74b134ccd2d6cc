package dev.tarsier.bench;

import dev.tarsier.ros.node.ModelFolder;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import picocli.CommandLine.Parameters;

/** Which network a benchmark runs, how often, and on how many threads. */
final class NetworkArguments {
  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "BUNDLE",
      description = "its folder, or a name below models/ (default: ${DEFAULT-VALUE})",
      defaultValue = ModelFolder.SHIPPED)
  private String bundle;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "FRAMES",
      description = "measured, after a warm-up (default: ${DEFAULT-VALUE})",
      defaultValue = "300",
      converter = Benchmarks.Count.class)
  private int frames;

  @Parameters(
      index = "2",
      arity = "0..1",
      paramLabel = "THREADS",
      description = "of the network (default: ${DEFAULT-VALUE})",
      defaultValue = "2",
      converter = Benchmarks.Count.class)
  private int threads;

  /** Made by picocli. */
  NetworkArguments() {}

  Bundle bundle() throws BundleException {
    return Bundle.load(Benchmarks.bundle(bundle));
  }

  int frames() {
    return frames;
  }

  int threads() {
    return threads;
  }
}
