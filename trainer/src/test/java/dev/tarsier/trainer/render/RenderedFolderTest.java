package dev.tarsier.trainer.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tarsier.trainer.dataset.NyuFolder;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RenderedFolderTest {
  @TempDir private Path temp;

  @Test
  void isReadAsNyuFoldersAre() throws IOException {
    Path root = temp.resolve("rooms");
    SceneSequence sequence =
        new SceneSequence(4, RenderOptions.training(64, 48).withFramesPerRoom(1));
    RenderedFolder folder = new RenderedFolder(root);
    for (int i = 0; i < 3; i++) {
      folder.add(sequence.frame(i), i == 2);
    }
    folder.finish();

    assertThat(open(root, "all").size()).isEqualTo(3);
    assertThat(open(root, "train").size()).isEqualTo(2);
    Sample read = open(root, "val").get(0);
    Sample made = sequence.frame(2).sample();
    assertThat(read.ids(Segmentation.ID)).isEqualTo(made.ids(Segmentation.ID));
    double difference = 0;
    for (int i = 0; i < made.ids(Segmentation.ID).length; i++) {
      // steps of 1/25.5 m, read in their middle
      assertThat(read.values(Depth.ID)[i]).isCloseTo(made.values(Depth.ID)[i], within(0.0197f));
      difference += Math.abs((read.rgb()[3 * i] & 255) - (made.rgb()[3 * i] & 255));
    }
    assertThat(difference / made.ids(Segmentation.ID).length).as("JPEG's loss").isLessThan(6);
  }

  @Test
  void refusesAFolderThatHoldsSomething() throws IOException {
    new RenderedFolder(temp.resolve("new"));
    assertThatThrownBy(() -> new RenderedFolder(temp)).hasMessageContaining("not empty");
  }

  @Test
  void keepsTheHolesOfASensor() throws IOException {
    RenderedFolder folder = new RenderedFolder(temp.resolve("holes"));
    RenderOptions holes = RenderOptions.training(64, 48).withDepthNoise(true);
    RenderedFrame frame = new SceneSequence(4, holes).frame(0);
    folder.add(frame, false);
    folder.finish();
    float[] read = open(temp.resolve("holes"), "all").get(0).values(Depth.ID);
    float[] made = frame.sample().values(Depth.ID);
    int unknown = 0;
    for (int i = 0; i < made.length; i++) {
      assertThat(Float.isNaN(read[i])).isEqualTo(Float.isNaN(made[i]));
      unknown += Float.isNaN(made[i]) ? 1 : 0;
    }
    assertThat(unknown).isPositive();
  }

  private static NyuFolder open(Path root, String split) {
    NyuFolder.Options section = NyuFolder.Options.of(root.toString(), split);
    return NyuFolder.open(root, section, ClassSet.NYU_13);
  }
}
