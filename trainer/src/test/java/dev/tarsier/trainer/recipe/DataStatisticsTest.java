package dev.tarsier.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.trainer.dataset.NyuFolder;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import dev.tarsier.trainer.task.SurfaceNormals;
import dev.tarsier.trainer.task.TestTasks;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DataStatisticsTest {
  private static final ClassSet NYU13 = ClassSet.of("nyu13");

  /** Frames of four pixels of these classes; 255 is none. */
  private record Frames(String name, int... labels) implements SampleSource {
    @Override
    public int size() {
      return labels.length / 4;
    }

    @Override
    public Sample get(int index) {
      byte[] rgb = new byte[12];
      Arrays.fill(rgb, (byte) index);
      byte[] ids = new byte[4];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = (byte) labels[4 * index + i];
      }
      return Sample.of(name + index, 2, 2, rgb).withIds(Segmentation.ID, ids);
    }

    @Override
    public String sha256() {
      return name;
    }
  }

  private static DataStatistics counted(SampleSource frames, int perEpoch) {
    NyuFolder.Options section =
        new NyuFolder.Options("root", "split", null, null, null, null, null, perEpoch, null, false);
    return DataStatistics.of(
        new OpenedData(frames, section), NYU13, Set.of(Segmentation.ID, SurfaceNormals.ID));
  }

  @Test
  void countsSetsTogetherByWhatAnEpochTakesOfThem() {
    DataStatistics twoFrames = counted(new Frames("two", 0, 0, 0, 1, 0, 2, 255, 255), 1);
    DataStatistics oneFrame = counted(new Frames("one", 2, 2, 2, 255), 3);
    DataStatistics.Known known =
        DataStatistics.of(List.of(twoFrames, oneFrame), NYU13)
            .known(TestTasks.classes(NYU13.size()));
    assertThat(Arrays.copyOf(known.pixels(), 4)).containsExactly(2, 0.5, 9.5, 0);
    assertThat(known.frames()).isEqualTo(3);
    assertThat(known.judges()).isTrue();
    assertThat(known.absent()).hasSize(10).doesNotContain(name(0), name(1), name(2));
    assertThat(known.lacking()).containsOnlyKeys("one").containsValue(List.of(name(0), name(1)));
    assertThat(oneFrame.known(TestTasks.classes(NYU13.size())).frames())
        .as("a set alone is as before")
        .isEqualTo(1);
  }

  @Test
  void findsPhotosThatTwoSetsShare() {
    DataStatistics first = counted(new Frames("first", 0, 0, 0, 0, 1, 1, 1, 1), 0);
    DataStatistics second = counted(new Frames("second", 0, 0, 0, 0), 0);
    assertThat(first.alsoIn(second)).containsExactly("first0");
    assertThat(DataStatistics.of(List.of(second, first), NYU13).alsoIn(first))
        .containsExactly("second0", "first1");
  }

  /** Depth that is all noise has no normals, whatever the camera. */
  @Test
  void countsNormalsOnlyWhereDepthIsSmooth() {
    Random random = new Random(1);
    Intrinsics camera = new Intrinsics(20, 20, 15.5, 11.5);
    for (boolean smooth : new boolean[] {false, true}) {
      float[] metres = new float[32 * 24];
      for (int i = 0; i < metres.length; i++) {
        metres[i] = smooth ? 2 : 1 + 3 * random.nextFloat();
      }
      SampleSource frames =
          new SampleSource() {
            @Override
            public int size() {
              return 2;
            }

            @Override
            public Sample get(int index) {
              return Sample.of("frame " + index, 32, 24, new byte[3 * 32 * 24])
                  .withValues(Depth.ID, metres)
                  .withCamera(camera);
            }

            @Override
            public String name() {
              return "frames";
            }

            @Override
            public String sha256() {
              return "frames";
            }
          };
      DataStatistics.Known normals = counted(frames, 0).known(new SurfaceNormals());
      assertThat(normals.judges()).isEqualTo(smooth);
    }
  }

  private static String name(int id) {
    return NYU13.names().get(id);
  }
}
