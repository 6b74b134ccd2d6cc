package dev.tarsier.ros.cli;

import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SessionOptions;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What computes the network, by the same names as the node's parameters. */
final class ProviderOptions {
  @Option(
      names = "--provider",
      paramLabel = "NAME",
      description = "auto, tensorrt, cuda, cpu or plugin:/path/lib….so")
  private String provider;

  @Option(
      names = "--require-provider",
      description = "end rather than use a slower provider than the one asked for")
  private boolean required;

  @Mixin private TensorRtArguments tensorRt;

  @Option(
      names = "--plugin-option",
      paramLabel = "KEY=VALUE",
      description =
          "an option of a plug-in by its own name; {engines} in the value becomes the folder that its"
              + " engine is kept in; may be given several times")
  private Map<String, String> plugin = new LinkedHashMap<>();

  ProviderOptions() {}

  /**
   * The session that was asked for.
   *
   * @param usual the provider where none is named
   */
  SessionOptions session(String usual) {
    plugin.forEach(
        (key, value) -> {
          if (key.isBlank()) {
            throw new IllegalArgumentException(
                "--plugin-option =%s names no option; give KEY=VALUE".formatted(value));
          }
        });
    String named = provider == null ? usual : provider;
    if (!plugin.isEmpty() && !named.contains("plugin:")) {
      throw new IllegalArgumentException(
          "--plugin-option is for a plug-in, and provider is %s; give --provider plugin:/path/lib….so too"
              .formatted(named));
    }
    return SessionOptions.of(ProviderPreference.parse(named, required))
        .withTensorRt(tensorRt.settings())
        .withPluginOptions(plugin);
  }
}
