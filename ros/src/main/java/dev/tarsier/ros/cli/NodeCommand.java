package dev.tarsier.ros.cli;

import dev.tarsier.ros.node.NodeOptions;
import dev.tarsier.ros.node.PerceptionNode;
import dev.tarsier.ros.transport.RosNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tarsier node}: the ROS node, as roslaunch starts it. */
@Command(
    name = "node",
    description =
        "Runs the perception node until it is told to end. ROS arguments are taken as by any node:"
            + " image:=/camera/rgb/image_color remaps the input, _model:=DIR sets a parameter.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class NodeCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "ROS_ARGUMENT",
      description = "name:=value, _parameter:=value, __name:=…")
  private List<String> rosArguments = List.of();

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "a bundle's folder, or a name below models/; wins over the parameter ~model")
  private String model;

  @Option(
      names = "--provider",
      paramLabel = "NAME",
      description = "auto, tensorrt, cuda or cpu; wins over ~provider")
  private String provider;

  @Option(
      names = "--require-provider",
      description = "end rather than use a slower provider than the one asked for")
  private boolean requireProvider;

  @Option(
      names = "--mqtt",
      paramLabel = "URI",
      description = "broker for telemetry, such as tcp://localhost:1883; wins over ~mqtt")
  private String mqtt;

  /** Made by picocli. */
  public NodeCommand() {}

  @Override
  public Integer call() throws Exception {
    try (RosNode ros =
        RosNode.start(rosArguments.toArray(String[]::new), PerceptionNode.DEFAULT_NAME)) {
      NodeOptions options = NodeOptions.read(ros.parameters(), given());
      PerceptionNode node = PerceptionNode.start(ros, options);
      try {
        ros.awaitShutdown();
      } finally {
        node.close();
      }
    }
    return RobotCommands.OK;
  }

  private Map<String, Object> given() {
    Map<String, Object> given = new LinkedHashMap<>();
    if (model != null) {
      given.put("model", model);
    }
    if (provider != null) {
      given.put("provider", provider);
    }
    if (requireProvider) {
      given.put("require_provider", true);
    }
    if (mqtt != null) {
      given.put("mqtt", mqtt);
    }
    return given;
  }
}
