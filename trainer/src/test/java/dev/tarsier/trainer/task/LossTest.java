package dev.tarsier.trainer.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.trainer.Golden;
import dev.tarsier.trainer.network.PyTorch;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LossTest {
  /** Single precision over a few dozen terms. */
  private static final float TOLERANCE = 1e-5f;

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = PyTorch.newBaseManager();
    JniUtils.setGradMode(true);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private NDArray leaf(float[] values, Shape shape) {
    NDArray array = manager.create(values, shape);
    array.setRequiresGradient(true);
    return array;
  }

  private static float[] gradient(NDArray loss, NDArray leaf) {
    JniUtils.backward((PtNDArray) loss, (PtNDArray) loss.onesLike(), false, false);
    try (NDArray gradient = leaf.getGradient()) {
      return gradient.toFloatArray();
    }
  }

  @Test
  void crossEntropyAndItsGradientAreThoseOfThePapersCode() throws IOException {
    JsonNode golden = Golden.read("masked_cross_entropy");
    NDArray logits =
        leaf(
            Golden.floats(golden.at("/inputs/logits/data")),
            Golden.shape(golden.at("/inputs/logits")));
    float[] target = Golden.floats(golden.at("/inputs/target/data"));
    long[] ids = new long[target.length];
    float[] weights = new float[target.length];
    int valid = 0;
    for (int i = 0; i < target.length; i++) {
      boolean labelled = target[i] >= 0;
      ids[i] = labelled ? (long) target[i] : 0;
      weights[i] = labelled ? 1 : 0;
      valid += labelled ? 1 : 0;
    }
    Shape one = new Shape(2, 1, 2, 3);
    NDArray loss =
        MaskedCrossEntropy.of(
            logits, manager.create(ids, one), manager.create(weights, one), valid);
    assertThat(loss.getFloat())
        .isCloseTo((float) golden.at("/outputs/loss").asDouble(), within(TOLERANCE));
    assertThat(gradient(loss, logits))
        .containsExactly(Golden.floats(golden.at("/outputs/grad_logits")), within(TOLERANCE));
  }

  @Test
  void crossEntropyWithoutALabelIsZeroWithZeroGradient() {
    NDArray logits = leaf(new float[] {1, 2, 3, 4, 5, 6}, new Shape(1, 3, 1, 2));
    Shape one = new Shape(1, 1, 1, 2);
    NDArray loss =
        MaskedCrossEntropy.of(
            logits, manager.create(new long[] {0, 0}, one), manager.zeros(one), 0);
    assertThat(loss.getFloat()).isZero();
    assertThat(gradient(loss, logits)).containsOnly(0f);
  }

  @Test
  void weightsOfClassesMakeAWeightedMean() {
    // Two pixels, two classes; log softmax of (0, ln 3) is (ln 1/4, ln 3/4).
    float ln3 = (float) Math.log(3);
    NDArray logits = leaf(new float[] {0, 0, ln3, ln3}, new Shape(1, 2, 1, 2));
    Shape one = new Shape(1, 1, 1, 2);
    NDArray loss =
        MaskedCrossEntropy.of(
            logits,
            manager.create(new long[] {0, 1}, one),
            manager.create(new float[] {3, 1}, one),
            4);
    double byHand = (3 * Math.log(4) + Math.log(4.0 / 3)) / 4;
    assertThat(loss.getFloat()).isCloseTo((float) byHand, within(TOLERANCE));
  }

  @Test
  void depthErrorAndItsGradientAreThoseOfThePapersCode() throws IOException {
    JsonNode golden = Golden.read("masked_l1_depth");
    Shape shape = Golden.shape(golden.at("/inputs/pred"));
    NDArray predicted = leaf(Golden.floats(golden.at("/inputs/pred/data")), shape);
    NDArray target = manager.create(Golden.floats(golden.at("/inputs/target/data")), shape);
    float[] mask = Golden.floats(golden.at("/inputs/valid_mask/data"));
    double valid = 0;
    for (float m : mask) {
      valid += m;
    }
    NDArray loss = MaskedL1.of(predicted, target, manager.create(mask, shape), valid);
    JsonNode expected = golden.at("/outputs/batch_pooled");
    assertThat(loss.getFloat())
        .isCloseTo((float) expected.path("loss").asDouble(), within(TOLERANCE));
    assertThat(gradient(loss, predicted))
        .containsExactly(Golden.floats(expected.path("grad_pred")), within(TOLERANCE));
  }

  @Test
  void depthErrorWithoutKnownDepthIsZeroWithZeroGradient() {
    Shape shape = new Shape(1, 1, 1, 2);
    for (PixelLoss kind : TestTasks.depth().losses().values()) {
      NDArray predicted = leaf(new float[] {1, 2}, shape);
      NDArray zeros = manager.zeros(shape);
      NDArray loss = kind.of(predicted, zeros, zeros, 0);
      assertThat(loss.getFloat()).isZero();
      assertThat(gradient(loss, predicted)).containsOnly(0f);
    }
  }

  @Test
  void logarithmicDepthErrorCountsRatios() {
    Shape shape = new Shape(1, 1, 1, 3);
    NDArray predicted = leaf(new float[] {2, 8, 5}, shape);
    NDArray target = manager.create(new float[] {1, 4, 0}, shape);
    NDArray mask = manager.create(new float[] {1, 1, 0}, shape);
    assertThat(MaskedLogL1.of(predicted, target, mask, 2).getFloat())
        .isCloseTo((float) Math.log(2), within(TOLERANCE));
  }

  @Test
  void largeMetricErrorsCountByTheirSquare() {
    Shape shape = new Shape(1, 1, 1, 3);
    NDArray predicted = leaf(new float[] {2.5f, 1, 100}, shape);
    NDArray target = manager.create(new float[] {2, 6, 0}, shape);
    NDArray mask = manager.create(new float[] {1, 1, 0}, shape);
    // The largest error is 5, so c is 1: 0.5 counts as it is, 5 as (25 + 1) / 2.
    NDArray loss = MaskedBerHu.of(predicted, target, mask, 2);
    assertThat(loss.getFloat()).isCloseTo((0.5f + 13) / 2, within(TOLERANCE));
    assertThat(gradient(loss, predicted))
        .containsExactly(new float[] {0.5f, -2.5f, 0}, within(TOLERANCE));
  }

  @Test
  void aSureTeacherCountsAsALabel() {
    NDArray logits = manager.create(new float[] {1, -2, 0.5f, 3, 0, 1}, new Shape(1, 3, 1, 2));
    NDArray ids = manager.create(new long[] {2, 0}, new Shape(1, 1, 1, 2));
    NDArray ones = manager.ones(new Shape(1, 1, 1, 2));
    NDArray sure = manager.create(new float[] {0, 1, 0, 0, 1, 0}, new Shape(1, 3, 1, 2));
    assertThat(SoftCrossEntropy.of(logits, sure, 2).getFloat())
        .isCloseTo(MaskedCrossEntropy.of(logits, ids, ones, 2).getFloat(), within(TOLERANCE));
    assertThat(SoftCrossEntropy.of(logits, sure.mul(0f), 0).getFloat()).isZero();
  }

  @Test
  void agreeingWithTheTeacherHasNoGradient() {
    NDArray logits = manager.create(new float[] {1, -2, 0.5f, 3, 0, 1}, new Shape(1, 3, 1, 2));
    NDArray teacher = logits.softmax(1);
    logits.setRequiresGradient(true);
    NDArray loss = SoftCrossEntropy.of(logits, teacher, 2);
    JniUtils.backward((PtNDArray) loss, (PtNDArray) loss.onesLike(), false, false);
    assertThat(logits.getGradient().abs().max().getFloat()).isLessThan(TOLERANCE);
  }
}
