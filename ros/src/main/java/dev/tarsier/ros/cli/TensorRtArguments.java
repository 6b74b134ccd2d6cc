package dev.tarsier.ros.cli;

import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.inference.TensorRtOptions;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** How TensorRT builds engines and where they are kept, by the names of the node's parameters. */
final class TensorRtArguments {
  @Option(
      names = "--tensorrt",
      paramLabel = "KEY=VALUE",
      description =
          "a setting of the node's section ~tensorrt, such as fp16=false or cache=/var/engines; may"
              + " be given several times")
  private Map<String, String> given = new LinkedHashMap<>();

  TensorRtArguments() {}

  /**
   * What was given over the defaults; values are read as those of {@code _tensorrt/KEY:=VALUE}.
   *
   * @throws dev.tarsier.runtime.config.ConfigException names the setting that is wrong, and its
   *     value
   */
  TensorRtOptions settings() {
    Map<String, Object> values = new LinkedHashMap<>();
    given.forEach(
        (key, text) -> {
          String argument = "--tensorrt %s=%s".formatted(key, text);
          Object value = RosArguments.value(argument, text);
          StrictYaml.bind(Map.of(key, value), argument, TensorRtOptions.DEFAULTS);
          values.put(key, value);
        });
    return StrictYaml.bind(values, "--tensorrt", TensorRtOptions.DEFAULTS);
  }
}
