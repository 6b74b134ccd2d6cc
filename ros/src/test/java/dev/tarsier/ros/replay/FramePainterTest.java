package dev.tarsier.ros.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.tensor.RgbImage;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FramePainterTest {
  private static final Head DEPTH = new Head("depth", MetricMap.metres(0, 10));
  private static final Head PLACE =
      new Head(
          "place",
          new ImageClass(
              List.of(
                  new ClassLabel(0, "kitchen", "#102030"),
                  new ClassLabel(1, "corridor", "#405060"))));

  @Test
  void theImageSaysWhatClassItIs() {
    List<FramePicture.Tile> tiles =
        FramePainter.tiles(
            List.of(PLACE, DEPTH),
            new RgbImage(2, 1, new byte[6]),
            Map.of(
                "place",
                Plane.ofValues(new float[] {0.07f, 0.93f}, 1, 1, 2),
                "depth",
                Plane.ofValues(new float[] {1, 3}, 2, 1, 1)),
            Map.of());
    assertThat(tiles)
        .extracting(FramePicture.Tile::caption)
        .containsExactly("image; place corridor, 93 %", "depth, 1.0 to 3.0 m");
  }
}
