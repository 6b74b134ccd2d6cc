package dev.tarsier.ros.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.CompressedImage;
import dev.tarsier.ros.ros1.message.DiagnosticArray;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.StringMessage;
import dev.tarsier.runtime.telemetry.Factsheet;
import dev.tarsier.runtime.telemetry.Metrics;
import dev.tarsier.runtime.telemetry.Status;
import dev.tarsier.runtime.telemetry.TelemetryTopics;
import dev.tarsier.runtime.testing.Prerequisites;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TopicTest {
  @Test
  void standsInTheDocumentWordForWord() throws Exception {
    String document = Files.readString(Prerequisites.root().resolve("docs/topics.md"));
    assertThat(document).contains(Topic.markdown());
  }

  @Test
  void namesTheTopicsThatTelemetryUses() {
    TelemetryTopics used = TelemetryTopics.of("robot", "node");

    assertThat(Arrays.stream(Topic.values()).filter(t -> t.kind() == Topic.Kind.MQTT))
        .extracting(t -> t.topicName().replace("<", "").replace(">", ""))
        .containsExactly(used.status(), used.factsheet(), used.metrics());
    assertThat(Topic.MQTT_STATUS.type()).isEqualTo(Status.SCHEMA);
    assertThat(Topic.MQTT_FACTSHEET.type()).isEqualTo(Factsheet.SCHEMA);
    assertThat(Topic.MQTT_METRICS.type()).isEqualTo(Metrics.SCHEMA);
  }

  @Test
  void namesTypesThatTheProductSpeaks() {
    Set<String> known =
        Set.of(
            Image.TYPE.name(),
            CompressedImage.TYPE.name(),
            CameraInfo.TYPE.name(),
            StringMessage.TYPE.name(),
            DiagnosticArray.TYPE.name());
    assertThat(Arrays.stream(Topic.values()).filter(t -> t.kind() != Topic.Kind.MQTT))
        .allSatisfy(topic -> assertThat(known).contains(topic.type()));
  }
}
