package dev.tarsier.trainer.optimiser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.optimiser.Adam.Settings.Decay;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdamTest {
  private static final int STEPS = 25;
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

  /** The paper's algorithm in double precision, on the loss Σ k x_k² / 2 with k = 1, 2, 3. */
  private static double[] byTheBook(double[] x, boolean decoupled, double rate, double clip) {
    double decay = 0.1;
    double[] m = new double[x.length];
    double[] v = new double[x.length];
    for (int t = 1; t <= STEPS; t++) {
      double[] g = new double[x.length];
      double norm = 0;
      for (int k = 0; k < x.length; k++) {
        g[k] = (k + 1) * x[k];
        norm += g[k] * g[k];
      }
      double scale = clip > 0 && Math.sqrt(norm) > clip ? clip / Math.sqrt(norm) : 1;
      for (int k = 0; k < x.length; k++) {
        g[k] *= scale;
        if (decoupled) {
          x[k] -= rate * decay * x[k];
        } else {
          g[k] += decay * x[k];
        }
        m[k] = 0.9 * m[k] + 0.1 * g[k];
        v[k] = 0.99 * v[k] + 0.01 * g[k] * g[k];
        double mHat = m[k] / (1 - Math.pow(0.9, t));
        double vHat = v[k] / (1 - Math.pow(0.99, t));
        x[k] -= rate * mHat / (Math.sqrt(vHat) + 1e-2);
      }
    }
    return x;
  }

  private void step(NDArray x) {
    try (NDManager work = manager.newSubManager()) {
      NDArray k = work.create(new float[] {1, 2, 3});
      NDArray loss = k.mul(x.square()).sum().mul(0.5f);
      JniUtils.backward((PtNDArray) loss, (PtNDArray) loss.onesLike(), false, false);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void followsThePapersAlgorithm(boolean decoupled) {
    NDArray x = manager.create(new float[] {1, -2, 0.5f});
    x.setRequiresGradient(true);
    Adam.Settings settings =
        new Adam.Settings(
            decoupled ? Decay.ADAMW : Decay.ADAM, 0.05, List.of(), 0.9, 0.99, 1e-2, 0.1, 0.7);
    try (Adam adam = new Adam(Map.of("x", x), manager, settings)) {
      for (int i = 0; i < STEPS; i++) {
        step(x);
        adam.update(1);
      }
    }
    double[] expected = byTheBook(new double[] {1, -2, 0.5}, decoupled, 0.05, 0.7);
    for (int k = 0; k < expected.length; k++) {
      // 25 single-precision steps of a few 1e-2 each.
      assertThat((double) x.toFloatArray()[k]).isCloseTo(expected[k], within(1e-5));
    }
  }

  private static Adam.Settings settings(Adam.Group... groups) {
    return new Adam.Settings(Decay.ADAMW, 1, List.of(groups), 0.9, 0.999, 1e-8, 0, 0);
  }

  @Test
  void theLongestPrefixDecidesTheLearningRate() {
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    for (String name : List.of("encoder.a", "encoder.b.c", "head.d")) {
      parameters.put(name, manager.zeros(new Shape(1)));
    }
    try (Adam adam =
        new Adam(
            parameters,
            manager,
            settings(new Adam.Group("encoder.b.", 3), new Adam.Group("encoder.", 2)))) {
      assertThat(adam.learningRates())
          .isEqualTo(Map.of("encoder.a", 2.0, "encoder.b.c", 3.0, "head.d", 1.0));
    }
  }

  @Test
  void aPrefixMayBeLeftWithNothingByLongerOnes() {
    Map<String, NDArray> parameters = Map.of("encoder.a", manager.zeros(new Shape(1)));
    try (Adam adam = new Adam(parameters, manager, settings(new Adam.Group("encoder.", 2)))) {
      assertThat(adam.learningRates()).isEqualTo(Map.of("encoder.a", 2.0));
    }
  }

  @Test
  void namesAGroupThatFitsNoParameter() {
    Map<String, NDArray> parameters = Map.of("encoder.a", manager.zeros(new Shape(1)));
    Adam.Settings settings = settings(new Adam.Group("encodr.", 1));
    assertThatThrownBy(() -> new Adam(parameters, manager, settings))
        .hasMessageContaining("encodr.")
        .hasMessageContaining("encoder.");
  }

  @Test
  void aParameterWithoutGradientStays() {
    NDArray still = manager.create(new float[] {7});
    try (Adam adam =
        new Adam(
            Map.of("x", still),
            manager,
            new Adam.Settings(Decay.ADAMW, 1, List.of(), 0.9, 0.999, 1e-8, 0.5, 0))) {
      adam.update(1);
    }
    assertThat(still.toFloatArray()).containsExactly(7f);
  }
}
