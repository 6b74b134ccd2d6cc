package dev.tarsier.ros.ros1.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.ros.port.RosException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RosArgumentsTest {
  private static RosArguments parse(Map<String, String> environment, String... arguments) {
    return RosArguments.parse(arguments, environment, "node");
  }

  @Test
  void hasRosDefaults() {
    RosArguments none = parse(Map.of());
    assertThat(none.names().node()).isEqualTo("/node");
    assertThat(none.masterUri()).isEqualTo("http://localhost:11311");
    assertThat(none.host()).isEmpty();
    assertThat(none.logFile()).isEmpty();
  }

  @Test
  void readsWhatRoslaunchGives() {
    RosArguments given =
        parse(
            Map.of("ROS_NAMESPACE", "robot1", "ROS_MASTER_URI", "http://base:11311"),
            "image:=/camera/rgb/image_color",
            "--model",
            "models/x",
            "__name:=perception",
            "__log:=/var/log/perception.log");
    assertThat(given.names().node()).isEqualTo("/robot1/perception");
    assertThat(given.names().resolve("image")).isEqualTo("/camera/rgb/image_color");
    assertThat(given.masterUri()).isEqualTo("http://base:11311");
    assertThat(given.logFile()).contains(Path.of("/var/log/perception.log"));
    assertThat(given.remaining()).isEqualTo(List.of("--model", "models/x"));
  }

  @Test
  void letsTheCommandLineWinOverTheEnvironment() {
    Map<String, String> environment =
        Map.of(
            "ROS_NAMESPACE", "a",
            "ROS_MASTER_URI", "http://a:1",
            "ROS_IP", "10.0.0.1",
            "ROS_HOSTNAME", "host");
    assertThat(parse(environment).host()).contains("host");
    assertThat(parse(Map.of("ROS_IP", "10.0.0.1")).host()).contains("10.0.0.1");
    RosArguments given = parse(environment, "__ns:=/b", "__master:=http://b:2", "__ip:=10.0.0.2");
    assertThat(given.names().node()).isEqualTo("/b/node");
    assertThat(given.masterUri()).isEqualTo("http://b:2");
    assertThat(given.host()).contains("10.0.0.2");
    assertThat(parse(environment, "__ip:=10.0.0.2", "__hostname:=h").host()).contains("h");
  }

  /**
   * The values were typed by Debian's PyYAML, {@code yaml.safe_load(text)}; but 1e3, which is text
   * to it, is a number to roscpp and to us.
   */
  @Test
  void typesPrivateParametersAsRosDoes() {
    RosArguments given =
        parse(
            Map.of(),
            "_int:=3",
            "_negative:=-7",
            "_hex:=0x1F",
            "_float:=2.50",
            "_exponent:=1.5e-3",
            "_noPoint:=1e3",
            "_yes:=yes",
            "_true:=true",
            "_text:=hello world",
            "_quoted:='12'",
            "_empty:=",
            "_list:=[1, 2.0, a]",
            "_map:={a: 1, b: {c: off}}",
            "_path:=/a/b:c");
    assertThat(given.privateParameters())
        .containsEntry("int", 3)
        .containsEntry("negative", -7)
        .containsEntry("hex", 31)
        .containsEntry("float", 2.5)
        .containsEntry("exponent", 1.5e-3)
        .containsEntry("noPoint", 1000.0)
        .containsEntry("yes", true)
        .containsEntry("true", true)
        .containsEntry("text", "hello world")
        .containsEntry("quoted", "12")
        .containsEntry("empty", "")
        .containsEntry("list", List.of(1, 2.0, "a"))
        .containsEntry("map", Map.of("a", 1, "b", Map.of("c", false)))
        .containsEntry("path", "/a/b:c");
  }

  @Test
  void keepsAsTextWhatXmlRpcCannotCarry() {
    assertThat(
            parse(Map.of(), "_big:=9000000000", "_day:=2026-01-02", "_none:=null", "_key:=plugin:")
                .privateParameters())
        .isEqualTo(
            Map.of("big", "9000000000", "day", "2026-01-02", "none", "null", "key", "plugin:"));
  }

  @Test
  void namesWhatItCannotUnderstand() {
    assertThatThrownBy(() -> parse(Map.of(), "__nmae:=x"))
        .isInstanceOf(RosException.class)
        .hasMessageContaining("__nmae:=x")
        .hasMessageContaining("__name");
    assertThatThrownBy(() -> parse(Map.of(), "_x:=[1"))
        .isInstanceOf(RosException.class)
        .hasMessageContaining("_x:=[1");
  }
}
