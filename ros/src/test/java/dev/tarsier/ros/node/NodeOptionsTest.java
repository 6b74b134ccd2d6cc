package dev.tarsier.ros.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.master.InProcessMaster;
import dev.tarsier.ros.ros1.transport.RosNode;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.testing.Prerequisites;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NodeOptionsTest {
  private static NodeOptions options(Map<String, Object> values) {
    return StrictYaml.bind(values, "the node's parameters", NodeOptions.DEFAULTS);
  }

  @Test
  void takesDefaultsForWhatIsNotSet() {
    assertThat(options(Map.of())).isEqualTo(NodeOptions.DEFAULTS);
    assertThat(options(Map.of("threads", 2)).threads()).isEqualTo(2);
  }

  @Test
  void namesTheNearestOfAnUnknownParameter() {
    assertThatThrownBy(() -> options(Map.of("max_age_milis", 5)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("did you mean 'max_age_millis'?");
  }

  @Test
  void requiresTheProviderThatIsNamedWhereverItIsNamed() {
    Map<String, Object> required = Map.of("require_provider", true);
    Map<String, Object> cpu = Map.of("provider", "cpu");
    Map<String, Object> both = Map.of("provider", "cpu", "require_provider", true);
    for (NodeOptions options :
        new NodeOptions[] {
          NodeOptions.of("/n/", both, Map.of()),
          NodeOptions.of("/n/", Map.of(), both),
          NodeOptions.of("/n/", required, cpu),
          NodeOptions.of("/n/", cpu, required)
        }) {
      assertThat(options.requireProvider()).isTrue();
      assertThat(options.provider()).isEqualTo("cpu");
    }
    assertThatThrownBy(() -> NodeOptions.of("/n/", required, Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(
            "parameter /n/require_provider = true: a required provider must be tensorrt, cuda, cpu or plugin:/path/lib….so, got auto");
    assertThatThrownBy(
            () ->
                NodeOptions.of(
                    "/n/", Map.of("provider", "npu", "require_provider", true), Map.of()))
        .hasMessageContaining("parameter /n/provider = npu");
  }

  @Test
  void parametersWinOverAFileAndTheCommandLineOverBoth() {
    NodeOptions file =
        StrictYaml.parse(
            "{threads: 3, stale_millis: 700, frozen_frames: 9, provider: cpu, telemetry: {user: u, password: p}}",
            "robot.yaml",
            NodeOptions.DEFAULTS);
    NodeOptions options =
        NodeOptions.of(
            "/n/",
            file,
            Map.of("threads", 2, "stale_millis", 800, "require_provider", true),
            Map.of("threads", 1));
    assertThat(options.threads()).isEqualTo(1);
    assertThat(options.staleMillis()).isEqualTo(800);
    assertThat(options.frozenFrames()).isEqualTo(9);
    assertThat(options.requireProvider()).isTrue();
    assertThat(options.telemetry().user()).isEqualTo("u");
    assertThat(options.telemetry().password()).isEqualTo("p");
  }

  @Test
  void refusesAnUnknownProvider() {
    assertThatThrownBy(() -> options(Map.of("provider", "npu")))
        .hasMessageContaining(
            "provider must be auto, tensorrt, cuda, cpu or plugin:/path/lib….so, got 'npu'");
  }

  @Test
  void letsMqttAndRobotWinOverTheTelemetrySection() {
    NodeOptions options =
        options(
            Map.of(
                "mqtt",
                "tcp://a:1",
                "robot",
                "r2",
                "telemetry",
                Map.of("broker", "tcp://b:2", "robot", "r1", "user", "u")));
    assertThat(options.effectiveTelemetry().broker()).isEqualTo("tcp://a:1");
    assertThat(options.effectiveTelemetry().robot()).isEqualTo("r2");
    assertThat(options.effectiveTelemetry().user()).isEqualTo("u");
  }

  @Test
  void refusesARobotAndABrokerThatAreNone() {
    assertThatThrownBy(() -> options(Map.of("robot", "  ")))
        .hasMessageContaining("robot must have a character");
    assertThatThrownBy(() -> options(Map.of("mqtt", "mqtt_broker:1883")))
        .hasMessageContaining("broker must be tcp://host:1883");
  }

  @Test
  void takesValuesOfASectionAsTheCommandLineGivesThem() {
    NodeOptions options =
        NodeOptions.of(
            "/n/",
            Map.of("telemetry/user", "u", "telemetry/password_file", "/p"),
            Map.of("telemetry", Map.of("password", "secret")));
    assertThat(options.telemetry().user()).isEqualTo("u");
    assertThat(options.telemetry().passwordFile()).isEqualTo(Path.of("/p"));
    assertThat(options.telemetry().password()).isEqualTo("secret");
  }

  @Test
  void showsNoSecretInWhatItRefuses() {
    for (Map<String, Object> wrong :
        List.<Map<String, Object>>of(
            Map.of("mqtt", "tcp://u:secret@b"),
            Map.of("telemetry", Map.of("pasword", "secret")),
            Map.of("telemetry", Map.of("broker", "tcp://u:secret@b")))) {
      assertThatThrownBy(() -> NodeOptions.of("/n/", wrong, Map.of()))
          .as("%s", wrong)
          .isInstanceOf(ConfigException.class)
          .hasMessageNotContaining("secret");
    }
  }

  @Test
  void takesThePasswordFromTheMasterAndDeletesItThere() throws Exception {
    try (InProcessMaster master = new InProcessMaster(0);
        RosNode node = RosNode.start(RosArguments.of("perception", master.uri(), "127.0.0.1"))) {
      node.parameters().set("~telemetry", Map.of("user", "u", "password", "secret"));
      node.parameters().set("~threads", 2);
      NodeOptions options = NodeOptions.read(node.parameters(), Map.of());
      assertThat(options.telemetry().password()).isEqualTo("secret");
      assertThat(node.parameters().get("~telemetry/password")).isEmpty();
      assertThat(node.parameters().get("~telemetry/user")).contains("u");
      assertThat(node.parameters().get("~threads")).contains(2);
      assertThat(NodeOptions.read(node.parameters(), Map.of()).telemetry().user()).isEqualTo("u");
    }
  }

  /** A node that roslaunch starts again would else go on without it, as if nothing were wrong. */
  @Test
  void leavesThePasswordWhereAnotherParameterIsWrong() throws Exception {
    try (InProcessMaster master = new InProcessMaster(0);
        RosNode node = RosNode.start(RosArguments.of("perception", master.uri(), "127.0.0.1"))) {
      node.parameters().set("~telemetry", Map.of("pasword_file", "x", "password", "secret"));
      assertThatThrownBy(() -> NodeOptions.read(node.parameters(), Map.of()))
          .isInstanceOf(ConfigException.class)
          .hasMessageNotContaining("secret");
      assertThat(node.parameters().get("~telemetry/password")).isPresent();
    }
  }

  @Test
  void readsTheLaunchPackagesFileAsTheDefaults() {
    Path file = Prerequisites.root().resolve("launch/config/perception.yaml");
    assertThat(StrictYaml.read(file, NodeOptions.DEFAULTS)).isEqualTo(NodeOptions.DEFAULTS);
  }

  @Test
  void ignoresWhatAnotherProgramLeftAndRefusesNearMisses() {
    Map<String, Object> left =
        Map.of(
            "camera_name",
            "head",
            "pixel_format",
            "yuyv",
            "frame_id",
            "cam",
            "video_device",
            "/dev/video0",
            "image_width",
            640,
            "rate",
            List.of(1, 2),
            "pid",
            Map.of("p", 1.0),
            "threads",
            3);
    assertThat(NodeOptions.of("/node/", left, Map.of()).threads()).isEqualTo(3);
    for (String near :
        List.of(
            "modle",
            "Model",
            "max_age_ms",
            "max-age-millis",
            "thread",
            "provdier",
            "frozen",
            "max_age_milis",
            "stale_milli",
            "frozen_frame",
            "inference_timeout_milis")) {
      assertThatThrownBy(() -> NodeOptions.of("/node/", Map.of(near, "x"), Map.of()))
          .as(near)
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("/node/" + near + " = x")
          .hasMessageContaining("did you mean '");
    }
  }

  @Test
  void namesParameterAndValueOfWhatIsWrong() {
    assertThatThrownBy(
            () -> NodeOptions.of("/node/", Map.of("stale_millis", 1, "threads", 2), Map.of()))
        .hasMessageContaining("/node/stale_millis = 1")
        .hasMessageContaining("10 to 600000");
    assertThatThrownBy(() -> NodeOptions.of("/node/", Map.of("compressed", "yes"), Map.of()))
        .hasMessageContaining("/node/compressed = yes");
    assertThatThrownBy(
            () ->
                NodeOptions.of(
                    "/node/", Map.of("telemetry", Map.of("period_millis", "soon")), Map.of()))
        .hasMessageContaining("/node/telemetry/period_millis = soon");
    assertThatThrownBy(
            () ->
                NodeOptions.of("/n/", Map.of("telemetry", Map.of("password", List.of())), Map.of()))
        .hasMessageContaining("/n/telemetry/password = …");
    assertThatThrownBy(() -> NodeOptions.of("/n/", Map.of(), Map.of("require_provider", "maybe")))
        .hasMessageContaining("--require-provider = maybe");
  }
}
