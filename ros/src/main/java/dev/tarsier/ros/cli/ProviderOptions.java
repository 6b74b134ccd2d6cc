package dev.tarsier.ros.cli;

import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.inference.TensorRtOptions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
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

  @Option(
      names = "--tensorrt",
      paramLabel = "KEY=VALUE",
      description =
          "a setting of the node's section ~tensorrt, such as fp16=false or cache=/var/engines; may"
              + " be given several times")
  private Map<String, String> tensorRt = new LinkedHashMap<>();

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
    String yaml =
        tensorRt.entrySet().stream()
            .map(each -> each.getKey() + ": " + each.getValue())
            .collect(Collectors.joining("\n"));
    return SessionOptions.of(
            ProviderPreference.parse(provider == null ? usual : provider, required))
        .withTensorRt(StrictYaml.parse(yaml, "--tensorrt", TensorRtOptions.DEFAULTS))
        .withPluginOptions(plugin);
  }
}
