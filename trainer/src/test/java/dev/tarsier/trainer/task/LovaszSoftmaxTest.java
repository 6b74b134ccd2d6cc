package dev.tarsier.trainer.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.tarsier.trainer.network.PyTorch;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LovaszSoftmaxTest {
  private static final int CLASSES = 4;
  private static final int PIXELS = 6;

  /** Two images of 2×3 pixels; −1: no label. Nothing is of class 3. */
  private static final int[] TRUTH = {0, 1, 1, -1, 0, 0, 2, 1, -1, 0, 0, 1};

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

  private NDArray logits(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    NDArray logits = manager.create(floats, new Shape(2, CLASSES, 2, 3));
    logits.setRequiresGradient(true);
    return logits;
  }

  private NDArray loss(NDArray logits) {
    long[] ids = Arrays.stream(TRUTH).mapToLong(id -> Math.max(0, id)).toArray();
    float[] weights = new float[TRUTH.length];
    Arrays.fill(weights, 1);
    IntStream.range(0, weights.length).filter(i -> TRUTH[i] < 0).forEach(i -> weights[i] = 0);
    Shape shape = new Shape(2, 1, 2, 3);
    return LovaszSoftmax.of(logits, manager.create(ids, shape), manager.create(weights, shape));
  }

  @Test
  void ofHardPredictionsItIsTheMeanOfOneMinusIou() {
    // Class 0: 3 right, 1 missed, 1 too many; class 1: 3 right, 1 missed; class 2: 0 of 1.
    int[] predicted = {0, 1, 1, 0, 0, 3, 1, 1, 2, 0, 1, 1};
    double[] values = new double[2 * CLASSES * PIXELS];
    for (int i = 0; i < predicted.length; i++) {
      values[at(i, predicted[i])] = 60;
    }
    double byHand = 0;
    for (int c = 0; c < 3; c++) {
      int both = 0;
      int either = 0;
      for (int i = 0; i < TRUTH.length; i++) {
        if (TRUTH[i] >= 0) {
          both += TRUTH[i] == c && predicted[i] == c ? 1 : 0;
          either += TRUTH[i] == c || predicted[i] == c ? 1 : 0;
        }
      }
      byHand += (1 - (double) both / either) / 3;
    }
    assertThat(loss(logits(values)).getFloat()).isCloseTo((float) byHand, within(1e-6f));
  }

  @Test
  void lossAndGradientAreThoseOfItsDefinition() {
    Random random = new Random(7);
    double[] values = random.doubles(2 * CLASSES * PIXELS, -2, 2).toArray();
    NDArray logits = logits(values);
    NDArray loss = loss(logits);
    assertThat(loss.getFloat()).isCloseTo((float) byDefinition(values), within(1e-5f));

    JniUtils.backward((PtNDArray) loss, (PtNDArray) loss.onesLike(), false, false);
    float[] gradient;
    try (NDArray array = logits.getGradient()) {
      gradient = array.toFloatArray();
    }
    double step = 1e-6;
    for (int i = 0; i < values.length; i++) {
      double[] up = values.clone();
      up[i] += step;
      double[] down = values.clone();
      down[i] -= step;
      assertThat(gradient[i])
          .as("logit " + i)
          .isCloseTo((float) ((byDefinition(up) - byDefinition(down)) / (2 * step)), within(1e-5f));
    }
  }

  @Test
  void withCrossEntropyEachIsHalf() {
    NDArray logits = logits(new Random(3).doubles(2 * CLASSES * PIXELS, -2, 2).toArray());
    NDArray ids =
        manager.create(
            Arrays.stream(TRUTH).mapToLong(id -> Math.max(0, id)).toArray(), new Shape(2, 1, 2, 3));
    NDArray all = manager.ones(new Shape(2, 1, 2, 3));
    float entropy = MaskedCrossEntropy.of(logits, ids, all, 12).getFloat();
    float lovasz = LovaszSoftmax.of(logits, ids, all).getFloat();
    assertThat(LovaszSoftmax.andCrossEntropy(logits, ids, all, 12).getFloat())
        .isCloseTo((entropy + lovasz) / 2, within(1e-6f));
  }

  @Test
  void withoutALabelItIsZeroWithZeroGradient() {
    NDArray logits = logits(new double[2 * CLASSES * PIXELS]);
    NDArray zeros = manager.zeros(new Shape(2, 1, 2, 3));
    NDArray loss =
        LovaszSoftmax.andCrossEntropy(
            logits, manager.create(new long[12], new Shape(2, 1, 2, 3)), zeros, 0);
    assertThat(loss.getFloat()).isZero();
    JniUtils.backward((PtNDArray) loss, (PtNDArray) loss.onesLike(), false, false);
    try (NDArray gradient = logits.getGradient()) {
      assertThat(gradient.toFloatArray()).containsOnly(0f);
    }
  }

  private static int at(int pixel, int channel) {
    return pixel / PIXELS * CLASSES * PIXELS + channel * PIXELS + pixel % PIXELS;
  }

  /**
   * The mean over classes of Σ m_π(k) · (Δ({π(1) … π(k)}) − Δ({π(1) … π(k − 1)})), where π sorts
   * the errors m falling and Δ(M) is |M| / |{y = c} ∪ M|, counted set by set.
   */
  private static double byDefinition(double[] logits) {
    int[] known = IntStream.range(0, TRUTH.length).filter(i -> TRUTH[i] >= 0).toArray();
    double sum = 0;
    for (int c = 0; c < 3; c++) {
      int of = c;
      int[] order =
          Arrays.stream(known)
              .boxed()
              .sorted((a, b) -> Double.compare(error(logits, b, of), error(logits, a, of)))
              .mapToInt(Integer::intValue)
              .toArray();
      double before = 0;
      for (int k = 1; k <= order.length; k++) {
        int[] wrong = Arrays.copyOf(order, k);
        long own = Arrays.stream(known).filter(i -> TRUTH[i] == of).count();
        long others = Arrays.stream(wrong).filter(i -> TRUTH[i] != of).count();
        double lost = (double) k / (own + others);
        sum += error(logits, order[k - 1], of) * (lost - before) / 3;
        before = lost;
      }
    }
    return sum;
  }

  private static double error(double[] logits, int pixel, int of) {
    double total = 0;
    for (int c = 0; c < CLASSES; c++) {
      total += Math.exp(logits[at(pixel, c)]);
    }
    double probability = Math.exp(logits[at(pixel, of)]) / total;
    return TRUTH[pixel] == of ? 1 - probability : probability;
  }
}
