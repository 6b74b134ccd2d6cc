package dev.tarsier.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.Tasks;
import dev.tarsier.trainer.task.TestTasks;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class BatchFillerTest {
  private static final Task CLASSES = TestTasks.classes(8);
  private static final Task DEPTH = TestTasks.depth();
  private static final List<Task> BOTH = List.of(CLASSES, DEPTH);
  private static final List<Task> TWO = TestTasks.both(2);
  private static final Augmentation FLIP = new Augmentation(1, 1, 1, 0, 0, 0, 0);
  private static final Augmentation TWICE = new Augmentation(0, 2, 2, 0, 0, 0, 0);
  private static final Augmentation HALF = new Augmentation(0, 0.5, 0.5, 0, 0, 0, 0);

  /** Red tells the column, green the row, the class the column too, depth the row. */
  private static Sample ramp(int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    float[] depth = new float[width * height];
    byte[] labels = new byte[width * height];
    for (int i = 0; i < width * height; i++) {
      rgb[3 * i] = (byte) (10 * (i % width));
      rgb[3 * i + 1] = (byte) (10 * (i / width));
      depth[i] = 1 + i / width;
      labels[i] = (byte) (i % width);
    }
    return Sample.of("ramp", width, height, rgb)
        .withValues(Depth.ID, depth)
        .withIds(Segmentation.ID, labels);
  }

  private static Batch fill(Sample sample, Augmentation augmentation, int h, int w, long seed) {
    Batch batch = new Batch(1, h, w, h, w, Contents.of(BOTH));
    new BatchFiller(h, w, augmentation, Map.of()).fill(sample, seed, batch, 0);
    batch.describe(List.of(sample.name()));
    return batch;
  }

  @Test
  void leavesAFrameOfTheInputsSizeAsItIs() {
    Batch batch = fill(ramp(8, 4), Augmentation.NONE, 4, 8, 1);
    for (int i = 0; i < 32; i++) {
      assertThat(batch.imageFloats().get(i)).isEqualTo(10f * (i % 8));
      assertThat(batch.imageFloats().get(32 + i)).isEqualTo(10f * row(i));
      assertThat(batch.target(CLASSES).idLongs().get(i)).isEqualTo(i % 8);
      assertThat(batch.target(DEPTH).floats().get(i)).isEqualTo(1f + row(i));
    }
    assertThat(batch.target(CLASSES).weightSum()).isEqualTo(32);
    assertThat(batch.target(DEPTH).weightSum()).isEqualTo(32);
  }

  @Test
  void mirrorsColourLabelsAndDepthTogether() {
    Batch batch = fill(ramp(8, 4), FLIP, 4, 8, 1);
    for (int i = 0; i < 32; i++) {
      assertThat(batch.imageFloats().get(i)).isEqualTo(10f * (7 - i % 8));
      assertThat(batch.target(CLASSES).idLongs().get(i)).isEqualTo(7 - i % 8);
      assertThat(batch.target(DEPTH).floats().get(i)).isEqualTo(1f + row(i));
    }
  }

  /** A mirror shows another wall: its normals are those of its own depth. */
  @Test
  void mirrorsDirectionsToo() {
    Task normals = Tasks.of("normals").any();
    float[] metres = new float[40 * 30];
    float[] mirror = new float[40 * 30];
    for (int i = 0; i < metres.length; i++) {
      float x = (i % 40 - 17) / 35f;
      float y = (i / 40 - 16) / 34f;
      metres[i] = i % 40 < 25 ? 1 / (0.8f - 0.36f * x + 0.48f * y) : Float.NaN;
      mirror[i / 40 * 40 + 39 - i % 40] = metres[i];
    }
    Sample frame = Sample.of("wall", 40, 30, new byte[3 * metres.length]);
    Contents both = new Contents(List.of(normals), List.of(normals), List.of());
    Batch seen = new Batch(1, 30, 40, 30, 40, both);
    new BatchFiller(30, 40, FLIP, Map.of())
        .fill(
            frame.withValues(Depth.ID, metres).withCamera(new Intrinsics(35, 34, 17, 16)),
            1,
            seen,
            0);
    Batch expected = new Batch(1, 30, 40, 30, 40, both);
    new BatchFiller(30, 40, Augmentation.NONE, Map.of())
        .fill(
            frame.withValues(Depth.ID, mirror).withCamera(new Intrinsics(35, 34, 22, 16)),
            1,
            expected,
            0);
    int known = 0;
    for (int i = 0; i < metres.length; i++) {
      float weight = seen.target(normals).weightFloats().get(i);
      assertThat(weight).isEqualTo(expected.target(normals).weightFloats().get(i));
      known += (int) weight;
      for (int at = i; at < 3 * metres.length; at += metres.length) {
        float value = seen.target(normals).floats().get(at);
        assertThat(value).isCloseTo(expected.target(normals).floats().get(at), within(1e-4f));
        assertThat(seen.inputFloats(normals).get(at)).isEqualTo(value);
      }
    }
    assertThat(known).isBetween(600, 1000);
    assertThat(seen.target(normals).floats().get(30)).as("x in the mirror").isLessThan(-0.3f);
  }

  @Test
  void dividesMetricDepthByTheMagnification() {
    for (long seed = 0; seed < 20; seed++) {
      Batch batch = fill(ramp(8, 8), TWICE, 8, 8, seed);
      for (int i = 0; i < 64; i++) {
        // Whole rows of the frame, at half their depth: no value between two rows is made up.
        float twice = 2 * batch.target(DEPTH).floats().get(i);
        assertThat(twice).isEqualTo(Math.round(twice)).isBetween(1f, 8f);
      }
      int left = (int) batch.target(CLASSES).idLongs().get(0);
      int right = (int) batch.target(CLASSES).idLongs().get(7);
      assertThat(right - left).as("half the frame is seen").isBetween(3, 4);
    }
  }

  @Test
  void knowsNothingAroundAFrameThatItShrinks() {
    Set<Integer> rows = new TreeSet<>();
    Set<Integer> columns = new TreeSet<>();
    for (long seed = 0; seed < 20; seed++) {
      Sample ramp = ramp(16, 16);
      byte[] shares = new byte[2 * 16 * 16];
      Arrays.fill(shares, (byte) 100);
      Sample sample =
          Sample.of("s", 16, 16, ramp.rgb())
              .withValues(Depth.ID, ramp.values(Depth.ID))
              .withIds(Segmentation.ID, new byte[16 * 16])
              .withSoft(Segmentation.ID, new SoftLabels(2, 16, 16, shares));
      Batch batch =
          new Batch(
              1,
              16,
              16,
              16,
              16,
              new Contents(TWO, List.of(TWO.get(1), TWO.get(0)), List.of(TWO.get(0))));
      new BatchFiller(16, 16, HALF, Map.of()).fill(sample, seed, batch, 0);
      batch.describe(List.of("s"));
      // Half as high and wide, up to a row and a column that the edge cuts.
      assertThat(batch.target(CLASSES).weightSum()).isBetween(49.0, 81.0);
      assertThat(batch.target(DEPTH).weightSum()).isEqualTo(batch.target(CLASSES).weightSum());
      assertThat(batch.soft(CLASSES).weightSum()).isEqualTo(batch.target(CLASSES).weightSum());
      for (int i = 0; i < 256; i++) {
        boolean seen = batch.target(CLASSES).weightFloats().get(i) > 0;
        float red = batch.imageFloats().get(i);
        float metres = batch.target(DEPTH).floats().get(i);
        assertThat(batch.target(DEPTH).weightFloats().get(i)).isEqualTo(seen ? 1f : 0f);
        assertThat(batch.soft(CLASSES).weightFloats().get(i)).isEqualTo(seen ? 1f : 0f);
        assertThat(batch.soft(CLASSES).floats().get(256 + i)).isEqualTo(seen ? 0.5f : 0f);
        assertThat(batch.inputFloats(CLASSES).get(i)).isEqualTo(seen ? 1f : 0f);
        assertThat(batch.inputFloats(DEPTH).get(i)).isEqualTo(metres);
        if (seen) {
          assertThat(metres).as("twice as far").isBetween(2f, 32f);
        } else {
          assertThat(metres).isZero();
          assertThat(red).as("ImageNet's mean").isEqualTo(123.7f);
        }
      }
      int first = 0;
      while (batch.target(CLASSES).weightFloats().get(first) == 0) {
        first++;
      }
      rows.add(first / 16);
      columns.add(first % 16);
    }
    // At up to nine places each way, in twenty draws.
    assertThat(rows).as("it lies anywhere").hasSizeGreaterThan(4);
    assertThat(columns).as("it lies anywhere").hasSizeGreaterThan(4);
  }

  @Test
  void blendsColourButNeverLabelsWhenItMagnifies() {
    boolean blended = false;
    for (long seed = 0; seed < 20; seed++) {
      Batch batch = fill(ramp(8, 8), TWICE, 8, 8, seed);
      for (int x = 0; x < 8; x++) {
        float red = batch.imageFloats().get(x);
        blended |= red % 10 != 0;
        // Colour and label are of the same place, to within the blending.
        assertThat((double) red / 10)
            .isCloseTo((double) batch.target(CLASSES).idLongs().get(x), within(0.51));
      }
    }
    assertThat(blended).isTrue();
  }

  @Test
  void averagesWhatItShrinks() {
    byte[] rgb = new byte[3 * 16];
    for (int i = 0; i < 16; i++) {
      rgb[3 * i] = (byte) (i % 2 == 0 ? 0 : 200);
    }
    Sample stripes = Sample.of("stripes", 4, 4, rgb);
    Batch batch = fill(stripes, Augmentation.NONE, 2, 2, 1);
    assertThat(batch.imageFloats().get(0)).isEqualTo(100f, within(1e-3f));
    assertThat(batch.target(CLASSES).weightSum()).isZero();
    assertThat(batch.target(DEPTH).weightSum()).isZero();
  }

  @Test
  void masksUnknownDepthAndIgnoredLabels() {
    float[] depth = {Float.NaN, 0, Float.POSITIVE_INFINITY, 2};
    byte[] labels = {(byte) 255, 0, 1, (byte) 255};
    Batch batch =
        fill(
            Sample.of("s", 2, 2, new byte[12])
                .withValues(Depth.ID, depth)
                .withIds(Segmentation.ID, labels),
            Augmentation.NONE,
            2,
            2,
            1);
    assertThat(batch.target(DEPTH).weightSum()).isEqualTo(1);
    assertThat(batch.target(DEPTH).weightFloats().get(3)).isEqualTo(1f);
    assertThat(batch.target(DEPTH).floats().get(0)).isZero();
    assertThat(batch.target(CLASSES).weightSum()).isEqualTo(2);
    assertThat(batch.target(CLASSES).idLongs().get(0)).isZero();
  }

  @Test
  void namesTheFrameOfALabelOutOfRange() {
    Sample wrong = Sample.of("frame 7", 1, 1, new byte[3]).withIds(Segmentation.ID, new byte[] {8});
    assertThatThrownBy(() -> fill(wrong, Augmentation.NONE, 1, 1, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("frame 7")
        .hasMessageContaining("8");
  }

  @Test
  void theSeedAloneDecidesTheColours() {
    Augmentation colour = new Augmentation(0.5, 1, 1.5, 0.3, 0.3, 0.3, 0.2);
    Sample sample = ramp(8, 6);
    float[] first = values(fill(sample, colour, 6, 8, 5));
    assertThat(values(fill(sample, colour, 6, 8, 5))).isEqualTo(first);
    assertThat(values(fill(sample, colour, 6, 8, 6))).isNotEqualTo(first);
    for (float value : first) {
      assertThat(value).isBetween(0f, 255f);
    }
  }

  private static int row(int i) {
    return i / 8;
  }

  private static float[] values(Batch batch) {
    float[] values = new float[batch.imageFloats().limit()];
    batch.imageFloats().get(values);
    return values;
  }

  @Test
  void showsDepthToTheNetworkAsItIsVaried() {
    for (long seed = 0; seed < 10; seed++) {
      Batch batch = new Batch(1, 8, 8, 4, 4, new Contents(BOTH, List.of(DEPTH), List.of()));
      new BatchFiller(8, 8, TWICE, Map.of()).fill(ramp(8, 8), seed, batch, 0);
      for (int y = 0; y < 4; y++) {
        // A target lies on two rows of the input; both show half the depth of the frame.
        float above = batch.inputFloats(DEPTH).get(2 * y * 8);
        float below = batch.inputFloats(DEPTH).get((2 * y + 1) * 8);
        assertThat(batch.target(DEPTH).floats().get(y * 4)).isIn(above, below);
        assertThat(2 * above).isEqualTo(Math.round(2 * above)).isBetween(1f, 8f);
      }
    }
  }

  @Test
  void showsNoDepthWhereItIsUnknown() {
    Sample known = ramp(8, 4);
    float[] holes = known.values(Depth.ID).clone();
    holes[3] = Float.NaN;
    Sample sample = Sample.of("holes", 8, 4, known.rgb()).withValues(Depth.ID, holes);
    Batch batch = new Batch(1, 4, 8, 4, 8, new Contents(BOTH, List.of(DEPTH), List.of()));
    new BatchFiller(4, 8, Augmentation.NONE, Map.of()).fill(sample, 1, batch, 0);
    assertThat(batch.inputFloats(DEPTH).get(3)).isZero();
    assertThat(batch.inputFloats(DEPTH).get(4)).isEqualTo(1);
  }

  @Test
  void showsLabelsOneHotAndForgetsThoseOfTheFrameBefore() {
    Batch batch = new Batch(1, 4, 8, 4, 8, new Contents(BOTH, List.of(CLASSES), List.of()));
    BatchFiller filler = new BatchFiller(4, 8, FLIP, Map.of());
    filler.fill(ramp(8, 4), 1, batch, 0);
    for (int i = 0; i < 32; i++) {
      for (int c = 0; c < 8; c++) {
        assertThat(batch.inputFloats(CLASSES).get(c * 32 + i)).isEqualTo(c == 7 - i % 8 ? 1f : 0f);
      }
    }
    Sample ramp = ramp(8, 4);
    filler.fill(Sample.of("bare", 8, 4, ramp.rgb()), 1, batch, 0);
    for (int i = 0; i < 8 * 32; i++) {
      assertThat(batch.inputFloats(CLASSES).get(i)).isZero();
    }
  }

  @Test
  void bringsWhatATeacherThinksToTheTargetsPlace() {
    Sample ramp = ramp(8, 4);
    // Half the frame's size: columns 0..3 are of class 0 with 200, class 1 with 50 of 255.
    byte[] shares = new byte[2 * 4 * 2];
    for (int i = 0; i < 8; i++) {
      shares[i] = (byte) (i % 4 == 3 ? 0 : 200);
      shares[8 + i] = (byte) (i % 4 == 3 ? 0 : 50);
    }
    Sample sample =
        Sample.of("soft", 8, 4, ramp.rgb())
            .withSoft(Segmentation.ID, new SoftLabels(2, 4, 2, shares));
    Batch batch = new Batch(1, 4, 8, 2, 4, new Contents(BOTH, List.of(), List.of(TWO.get(0))));
    new BatchFiller(4, 8, FLIP, Map.of()).fill(sample, 1, batch, 0);
    batch.describe(List.of("soft"));
    assertThat(batch.soft(CLASSES).weightSum()).as("the last column is not known").isEqualTo(6);
    assertThat(batch.soft(CLASSES).weightFloats().get(0))
        .as("which is the first when mirrored")
        .isZero();
    assertThat(batch.soft(CLASSES).floats().get(1)).isEqualTo(0.8f);
    assertThat(batch.soft(CLASSES).floats().get(8 + 1)).isEqualTo(0.2f);
    assertThat(batch.soft(CLASSES).floats().get(0)).isZero();
  }
}
