package dev.tarsier.runtime.inference;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * How to run the network.
 *
 * @param providers which to try
 * @param threads of the CPU provider, 1 to 1024; {@link #MEASURED} = what is fastest here
 * @param tensorRt how TensorRT builds its engines
 * @param pluginOptions of a provider that is a plug-in, by its own names; {@link #ENGINES} in a
 *     value becomes the folder that its engine is kept in
 */
public record SessionOptions(
    ProviderPreference providers,
    int threads,
    TensorRtOptions tensorRt,
    Map<String, String> pluginOptions) {
  /** In an option of a plug-in: the folder of the engine. */
  public static final String ENGINES = "{engines}";

  /** The number of threads is found by measuring. */
  public static final int MEASURED = 0;

  /** Checks the threads. */
  public SessionOptions {
    Objects.requireNonNull(providers, "providers");
    Objects.requireNonNull(tensorRt, "tensorRt");
    pluginOptions = Map.copyOf(pluginOptions);
    if (threads < MEASURED || threads > 1024) {
      throw new IllegalArgumentException("threads must be 0 to 1024, got " + threads);
    }
  }

  /** Up to four threads, engines in the user's cache folder. */
  public static SessionOptions of(ProviderPreference providers) {
    return new SessionOptions(providers, defaultThreads(), TensorRtOptions.DEFAULTS, Map.of());
  }

  /** The same with other providers. */
  public SessionOptions withProviders(ProviderPreference others) {
    return new SessionOptions(others, threads, tensorRt, pluginOptions);
  }

  /** The same with another number of threads. */
  public SessionOptions withThreads(int count) {
    return new SessionOptions(providers, count, tensorRt, pluginOptions);
  }

  /** The same with other settings of TensorRT. */
  public SessionOptions withTensorRt(TensorRtOptions settings) {
    return new SessionOptions(providers, threads, settings, pluginOptions);
  }

  /** The same with options for a plug-in. */
  public SessionOptions withPluginOptions(Map<String, String> options) {
    return new SessionOptions(providers, threads, tensorRt, options);
  }

  /** One per processor, at most four: the network is small, the robot has other work. */
  public static int defaultThreads() {
    return Math.max(1, Math.min(4, Runtime.getRuntime().availableProcessors()));
  }

  /**
   * Whether a step compiles the network before it runs it, which takes minutes and is kept:
   * TensorRT does, and a plug-in one of whose options names the {@linkplain #ENGINES folder}.
   */
  public boolean builds(ProviderStep step) {
    return step.provider() == Provider.TENSORRT
        || (step.provider() == Provider.PLUGIN
            && pluginOptions.values().stream().anyMatch(value -> value.contains(ENGINES)));
  }

  /** What is tried, from first to last. */
  public List<ProviderStep> steps() {
    List<ProviderStep> steps = new ArrayList<>();
    for (Provider provider : providers.order()) {
      if (provider == Provider.TENSORRT && tensorRt.fp16()) {
        steps.add(new ProviderStep(provider, Precision.FP16));
      }
      steps.add(new ProviderStep(provider, Precision.FP32));
    }
    return steps;
  }
}
