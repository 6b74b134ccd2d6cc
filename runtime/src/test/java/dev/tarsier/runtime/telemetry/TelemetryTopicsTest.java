package dev.tarsier.runtime.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TelemetryTopicsTest {
  @ParameterizedTest
  @CsvSource({
    "厨房, 厨房",
    "Küche, Küche",
    "bay 1, bay%201",
    "bay/1, bay%2F1",
    "bay%201, bay%25201",
    "a+b#c, a%2Bb%23c",
    "r2-d2_.x, r2-d2_.x",
    "🤖, %F0%9F%A4%96",
    "a\u0000b, a%00b",
    "a\u200Bb, a%E2%80%8Bb",
    "a\uFFFFb, a%EF%BF%BFb"
  })
  void keepsNamesAndEscapesWhatATopicCannotHold(String robot, String level) {
    TelemetryTopics topics = TelemetryTopics.of(robot, "front/perception");
    assertThat(topics.status()).isEqualTo("tarsier/" + level + "/front%2Fperception/status");
  }

  @Test
  void namesThatDifferHaveTopicsThatDiffer() {
    SplittableRandom random = new SplittableRandom(7);
    String letters = "a1/+#% 2F\t\u0000%ü厨";
    Map<String, String> names = new HashMap<>();
    for (int i = 0; i < 20_000; i++) {
      StringBuilder name = new StringBuilder("x");
      for (int n = random.nextInt(6); n > 0; n--) {
        name.append(letters.charAt(random.nextInt(letters.length())));
      }
      String level = TelemetryTopics.level(name.toString());
      assertThat(level).doesNotContain("/", "+", "#", "\u0000", " ", "\t");
      assertThat(names.putIfAbsent(level, name.toString())).isIn(null, name.toString());
    }
    assertThat(names).hasSizeGreaterThan(1000);
  }

  @Test
  void twoNodesOfARobotShareNoTopic() {
    TelemetryTopics front = TelemetryTopics.of("rover", "front");
    TelemetryTopics rear = TelemetryTopics.of("rover", "rear");
    assertThat(List.of(front.status(), front.factsheet(), front.metrics()))
        .doesNotContain(rear.status(), rear.factsheet(), rear.metrics());
  }

  @Test
  void version1HasNoTopicsForNamesThatItWouldChange() {
    assertThat(TelemetryTopics.version1("rover").orElseThrow().status())
        .isEqualTo("tarsier/rover/status");
    for (String name : List.of("厨房", "bay 1", "bay/1", "x".repeat(65))) {
      assertThat(TelemetryTopics.version1(name)).as(name).isEmpty();
    }
  }

  @Test
  void identityIsTheSameAfterARestartAndTheSessionIsNot() {
    TelemetryIdentity first = TelemetryIdentity.newSession("rover", "/front/perception");
    TelemetryIdentity second = TelemetryIdentity.newSession("rover", "front/perception");
    assertThat(first.node()).isEqualTo(second.node()).isEqualTo("front/perception");
    assertThat(first.session()).isNotEqualTo(second.session());
    assertThatThrownBy(() -> TelemetryIdentity.newSession("rover", "/" + "n".repeat(256)))
        .hasMessageContaining("the node's name must have 1 to 255 characters, got 256");
  }
}
