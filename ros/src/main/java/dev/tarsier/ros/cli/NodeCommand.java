package dev.tarsier.ros.cli;

import dev.tarsier.ros.node.ModelFolder;
import dev.tarsier.ros.node.NodeOptions;
import dev.tarsier.ros.node.PerceptionNode;
import dev.tarsier.ros.node.Topic;
import dev.tarsier.ros.ros1.adapter.Ros1Port;
import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.transport.RosNode;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tarsier node}: the ROS node, as roslaunch starts it. */
@Command(
    name = "node",
    description =
        "Runs the perception node until it is told to end. ROS arguments are taken as by any node:"
            + " image:=/camera/rgb/image_color remaps the input, _model:=DIR sets a parameter.",
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:was told to end by rosnode kill or another node of its name",
      "2:could not be run as asked: also where no provider gives the golden frames, or not the one"
          + " that is required",
      "130, 143:was told to end by SIGINT, SIGTERM, and did",
      "137:was told to end while an inference hung or an engine was built"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class NodeCommand implements Callable<Integer> {
  private static final int END_SECONDS = 2;
  private static final Logger LOG = LoggerFactory.getLogger(NodeCommand.class);

  @Parameters(
      paramLabel = "ROS_ARGUMENT",
      description = "name:=value, _parameter:=value, __name:=…")
  private List<String> rosArguments = List.of();

  @Option(
      names = "--params-file",
      paramLabel = "FILE",
      description =
          "a YAML file of parameters, such as launch/config/perception.yaml; those of the master and"
              + " of the command line win over it")
  private Path paramsFile;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "a bundle's folder, or a name below models/; wins over the parameter ~model")
  private String model;

  @Option(
      names = "--provider",
      paramLabel = "NAME",
      description = "auto, tensorrt, cuda, cpu or plugin:/path/lib….so; wins over ~provider")
  private String provider;

  @Option(
      names = "--require-provider",
      description = "end rather than use a slower provider than the one asked for")
  private boolean requireProvider;

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      description =
          "float, int8 on the CPU, or auto, int8 where the bundle has it and provider is cpu; wins"
              + " over ~precision")
  private String precision;

  @Option(
      names = "--mqtt",
      paramLabel = "URI",
      description = "broker for telemetry, such as tcp://localhost:1883; wins over ~mqtt")
  private String mqtt;

  /** Made by picocli. */
  public NodeCommand() {}

  /**
   * The node with no options.
   *
   * @param rosArguments such as {@code image:=/camera/image}
   */
  NodeCommand(List<String> rosArguments) {
    this.rosArguments = List.copyOf(rosArguments);
  }

  /**
   * Whether these are what roslaunch and rosrun give: the command, and then ROS arguments alone.
   *
   * @param arguments of the process. Not modified.
   */
  static boolean isAsRosStartsIt(String[] arguments) {
    for (int i = 1; i < arguments.length; i++) {
      if (arguments[i].startsWith("-") || !arguments[i].contains(":=")) {
        return false;
      }
    }
    return arguments.length > 0 && arguments[0].equals("node");
  }

  @Override
  public Integer call() throws Exception {
    PasswordArgument secret = PasswordArgument.takenFrom(rosArguments);
    String[] arguments = secret.others().toArray(String[]::new);
    RosArguments parsed =
        RosArguments.parse(arguments, System.getenv(), PerceptionNode.DEFAULT_NAME);
    LogVolume.nameNode(parsed.names().node());
    NodeOptions base =
        paramsFile == null
            ? NodeOptions.DEFAULTS
            : StrictYaml.read(paramsFile, NodeOptions.DEFAULTS);
    checkBeforeTheMaster(parsed, base, given(secret));
    boolean hangs = false;
    AtomicReference<PerceptionNode> perceives = new AtomicReference<>();
    // Up before the master is: the node waits for it by itself.
    try (ServiceManager manager = ServiceManager.start(() -> !hangs(perceives.get()));
        RosNode ros = RosNode.start(arguments, PerceptionNode.DEFAULT_NAME)) {
      PerceptionNode node;
      try {
        Ros1Port port = new Ros1Port(ros);
        node = PerceptionNode.start(port, NodeOptions.read(port, base, given(secret)));
        perceives.set(node);
        manager.status("perceives " + node.imageTopic());
      } catch (BundleException
          | InferenceException
          | ConfigException
          | IllegalArgumentException e) {
        // To the node's log file and to /rosout too, where roslaunch sends people to look.
        LOG.error("{}", e.getMessage());
        return RobotCommands.CANNOT_RUN;
      }
      Runtime.getRuntime().addShutdownHook(new Thread(() -> endThoughHung(ros, node), "end"));
      try {
        ros.awaitShutdown();
      } finally {
        node.close();
        hangs = node.outlivesItsEnd();
      }
    }
    if (hangs) {
      endAtOnce();
    }
    return RobotCommands.OK;
  }

  private static boolean hangs(PerceptionNode node) {
    return node != null && node.hangs();
  }

  /** At a signal: the process is not let go on to its end before the node has left the graph. */
  private static void endThoughHung(RosNode ros, PerceptionNode node) {
    ros.close();
    if (node.outlivesItsEnd()) {
      endAtOnce();
    }
  }

  /**
   * An exit, also Runtime.halt, runs the destructors of native libraries, and an engine that still
   * computes crashes in them or holds them up. Only a signal that cannot be handled ends it
   * cleanly.
   */
  private static void endAtOnce() {
    LOG.warn("an inference hangs or an engine is still being built: the process ends by SIGKILL");
    try {
      new ProcessBuilder("/bin/sh", "-c", "kill -KILL " + ProcessHandle.current().pid())
          .start()
          .waitFor(END_SECONDS, TimeUnit.SECONDS);
    } catch (IOException e) {
      LOG.warn("there is no /bin/sh to end it ({})", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(RobotCommands.CANNOT_RUN);
  }

  /** A master may take long to come; what is wrong without it is said without it. */
  private void checkBeforeTheMaster(
      RosArguments parsed, NodeOptions base, Map<String, Object> given) throws BundleException {
    if (!parsed.remaining().isEmpty()) {
      throw new IllegalArgumentException(
          "'%s' is no ROS argument; they are name:=value, _parameter:=value and __name:=value"
              .formatted(parsed.remaining().get(0)));
    }
    Set<String> known = StrictYaml.keys(NodeOptions.DEFAULTS);
    for (Map.Entry<String, String> remap : parsed.remappings().entrySet()) {
      String name = remap.getKey();
      if (known.contains(name) && !name.equals(Topic.CAMERA_INFO.topicName())) {
        LOG.warn(
            "{}:={} renames a topic that this node does not have; _{}:={} sets the parameter",
            name,
            remap.getValue(),
            name,
            remap.getValue());
      }
    }
    NodeOptions options =
        NodeOptions.of(parsed.names().node() + "/", base, parsed.privateParameters(), given);
    options.checkFiles();
    if (model != null || paramsFile != null || parsed.privateParameters().containsKey("model")) {
      BundleManifest.read(ModelFolder.find(options.model(), List.of(ModelFolder.home())));
    }
  }

  private Map<String, Object> given(PasswordArgument secret) {
    Map<String, Object> given = new LinkedHashMap<>();
    secret.password().ifPresent(value -> given.put("telemetry", Map.of("password", value)));
    if (model != null) {
      given.put("model", model);
    }
    if (provider != null) {
      given.put("provider", provider);
    }
    if (requireProvider) {
      given.put("require_provider", true);
    }
    if (precision != null) {
      given.put("precision", precision);
    }
    if (mqtt != null) {
      given.put("mqtt", mqtt);
    }
    return given;
  }
}
