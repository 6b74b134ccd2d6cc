package dev.tarsier.ros.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.node.NodeOptions;
import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.master.InProcessMaster;
import dev.tarsier.ros.ros1.transport.RosNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PasswordArgumentTest {
  @Test
  void aPasswordOnTheCommandLineNeverReachesTheMaster() throws Exception {
    PasswordArgument taken =
        PasswordArgument.takenFrom(
            List.of("image:=/c/image", "_telemetry/password:=secret", "_telemetry/user:=u"));
    assertThat(taken.password()).contains("secret");
    assertThat(taken.others()).containsExactly("image:=/c/image", "_telemetry/user:=u");
    try (InProcessMaster master = new InProcessMaster(0);
        RosNode node = RosNode.start(RosArguments.of("perception", master.uri(), "127.0.0.1"))) {
      node.parameters().set("~telemetry/user", "u");
      NodeOptions options =
          NodeOptions.read(
              node.parameters(), Map.of("telemetry", Map.of("password", taken.password().get())));
      assertThat(options.telemetry().user()).isEqualTo("u");
      assertThat(options.telemetry().password()).isEqualTo("secret");
      assertThat(node.parameters().get("~telemetry/password")).isEmpty();
    }
  }
}
