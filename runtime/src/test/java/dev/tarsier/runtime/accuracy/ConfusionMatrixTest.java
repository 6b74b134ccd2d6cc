package dev.tarsier.runtime.accuracy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class ConfusionMatrixTest {
  private static byte[] ids(double[] values) {
    byte[] ids = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      ids[i] = (byte) (values[i] < 0 ? 255 : (int) values[i]);
    }
    return ids;
  }

  /** The per-image references were computed in float32. */
  @Test
  void agreesWithTheReferenceInAllFourDefinitions() throws Exception {
    GoldenFile golden = new GoldenFile("metrics_segmentation.json");
    ConfusionMatrix matrix = new ConfusionMatrix(4);
    for (int i = 0; i < 2; i++) {
      matrix.add(ids(golden.input("gt", i)), ids(golden.input("pred", i)));
    }
    double[] confusion = golden.outputs("confusion_gt_by_pred");
    for (int t = 0; t < 4; t++) {
      for (int p = 0; p < 4; p++) {
        assertThat((double) matrix.count(t, p)).isEqualTo(confusion[4 * t + p]);
      }
    }
    assertThat(matrix.iouPerClass())
        .containsExactly(golden.outputs("iou_per_class_dataset"), within(1e-12));
    assertThat(matrix.meanIou())
        .isCloseTo(golden.output("miou_dataset_nanmean (recommended)"), within(1e-12));
    assertThat(matrix.meanIou(MiouProtocol.DATASET_ABSENT_AS_ZERO))
        .isCloseTo(golden.output("miou_mtinet_absent_as_zero"), within(1e-12));
    assertThat(matrix.meanIou(MiouProtocol.PER_IMAGE_VOID_IN_UNION))
        .isCloseTo(golden.output("miou_kd4mtl_per_image_void_in_union"), within(1e-6));
    assertThat(matrix.meanIou(MiouProtocol.PER_IMAGE))
        .isCloseTo(golden.output("miou_mtan_legacy_per_image"), within(1e-6));
    assertThat(matrix.pixelAccuracy()).isCloseTo(golden.output("pixacc_dataset"), within(1e-12));
    assertThat(matrix.pixelAccuracyPerImage())
        .isCloseTo(golden.output("pixacc_per_image_mean"), within(1e-6));
  }

  @Test
  void hasNoScoreWithoutLabels() {
    ConfusionMatrix matrix = new ConfusionMatrix(2);
    matrix.add(new byte[] {-1, -1}, new byte[] {0, 1});
    assertThat(matrix.meanIou()).isNaN();
    assertThat(matrix.meanIou(MiouProtocol.PER_IMAGE)).isNaN();
    assertThat(matrix.pixelAccuracy()).isNaN();
    assertThat(matrix.images()).isEqualTo(1);
    assertThat(matrix.scoredPixels()).isZero();
  }

  @Test
  void takesThePredictionAtTheNearestPixelOfTheTruth() {
    ConfusionMatrix matrix = new ConfusionMatrix(4);
    ByteBuffer predicted = ByteBuffer.wrap(new byte[] {0, 1, 2, 3});
    ByteBuffer truth = ByteBuffer.wrap(new byte[] {0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3});
    matrix.add(truth, 4, 4, predicted, 2, 2);
    assertThat(matrix.meanIou()).isEqualTo(1);
    assertThat(matrix.scoredPixels()).isEqualTo(16);
  }

  @Test
  void countsAPredictionOfNoClassAsWrong() {
    ConfusionMatrix matrix = new ConfusionMatrix(2);
    matrix.add(new byte[] {0, 0, 1, 1}, new byte[] {0, (byte) 255, 1, 1});
    assertThat(matrix.pixelAccuracy()).isEqualTo(0.75);
    assertThat(matrix.iouPerClass()).containsExactly(0.5, 1.0);
  }
}
