package dev.tarsier.ros.ros1.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MessageTypesTest {
  static final List<MessageType<?>> ALL =
      List.of(
          Header.TYPE,
          StringMessage.TYPE,
          Image.TYPE,
          CompressedImage.TYPE,
          CameraInfo.TYPE,
          DiagnosticArray.TYPE,
          DiagnosticStatus.TYPE,
          KeyValue.TYPE,
          Clock.TYPE,
          Log.TYPE,
          FloatMessage.TYPE,
          TransformMessage.TYPE,
          TransformMessage.OLD_TYPE);

  /** Published MD5s, as `rosmsg md5` of Debian's ROS prints them. */
  private static final Map<String, String> PUBLISHED =
      Map.ofEntries(
          Map.entry("std_msgs/Header", "2176decaecbce78abc3b96ef049fabed"),
          Map.entry("std_msgs/String", "992ce8a1687cec8c8bd883ec73ca41d1"),
          Map.entry("sensor_msgs/Image", "060021388200f6f0f447d0fcd9c64743"),
          Map.entry("sensor_msgs/CompressedImage", "8f7a12909da2c9d3332d540a0977563f"),
          Map.entry("sensor_msgs/CameraInfo", "c9a58c1b0b154e0e6da7578cb991d214"),
          Map.entry("diagnostic_msgs/DiagnosticArray", "60810da900de1dd6ddd437c3503511da"),
          Map.entry("diagnostic_msgs/DiagnosticStatus", "d0ce08bc6e5ba34c7754f563a9cabaf1"),
          Map.entry("diagnostic_msgs/KeyValue", "cf57fdc6617a881a88c16e768132149c"),
          Map.entry("rosgraph_msgs/Clock", "a9c97c1d230cfc112e270351a944ee47"),
          Map.entry("rosgraph_msgs/Log", "acffd30cd6b6de30f120938c17c593fb"),
          Map.entry("std_msgs/Float32", "73fcbf46b49191e672908e50842a83d4"),
          Map.entry("tf2_msgs/TFMessage", "94810edda583a504dfda3829e70d7eec"),
          Map.entry("tf/tfMessage", "94810edda583a504dfda3829e70d7eec"));

  @Test
  void md5sComputedFromOurDefinitionsAreThePublishedOnes() {
    assertThat(ALL).hasSameSizeAs(PUBLISHED.keySet());
    for (MessageType<?> type : ALL) {
      assertThat(type.md5()).as(type.name()).isEqualTo(PUBLISHED.get(type.name()));
    }
  }

  @Test
  void aStringConstantKeepsItsHashSign() {
    // computed by genmsg 0.6.0 for the same text
    assertThat(MessageDefinition.md5("a/B", "string S=x # y\nint32  n   # count\n"))
        .isEqualTo("6e672a6c2fa58be4b726328456a3691f");
  }

  @Test
  void aDefinitionWithoutItsNestedTypeSaysWhichOneIsMissing() {
    assertThatThrownBy(() -> MessageDefinition.md5("sensor_msgs/Image", "Header header\n"))
        .hasMessageContaining("std_msgs/Header");
  }

  @Test
  void aLineThatIsNoFieldIsNamed() {
    assertThatThrownBy(() -> MessageDefinition.md5("a/B", "uint32\n"))
        .hasMessageContaining("'uint32' is neither a field nor a constant");
  }
}
