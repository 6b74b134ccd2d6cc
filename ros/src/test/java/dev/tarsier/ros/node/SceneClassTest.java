package dev.tarsier.ros.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.port.Stamp;
import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.Plane;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SceneClassTest {
  @Test
  void saysTheFiveMostProbableClassesTheAnswerFirst() {
    ImageClass kind =
        new ImageClass(
            IntStream.range(0, 7)
                .mapToObj(id -> new ClassLabel(id, "room " + id, "#000000"))
                .toList());
    float[] scores = {0, 0.125f, 0.5f, 0.125f, 0.0625f, 0.03125f, 0.15625f};
    assertThat(
            SceneClass.json(
                new Stamp(4, 1_500_000_000L, "camera"), kind, Plane.ofValues(scores, 1, 1, 7)))
        .isEqualTo(
            "{\"schema\":\"tarsier.image_class/1\",\"stamp_nanos\":1500000000,"
                + "\"frame_id\":\"camera\",\"classes\":["
                + "{\"id\":2,\"name\":\"room 2\",\"probability\":0.5},"
                + "{\"id\":6,\"name\":\"room 6\",\"probability\":0.15625},"
                + "{\"id\":1,\"name\":\"room 1\",\"probability\":0.125},"
                + "{\"id\":3,\"name\":\"room 3\",\"probability\":0.125},"
                + "{\"id\":4,\"name\":\"room 4\",\"probability\":0.0625}]}");
  }
}
