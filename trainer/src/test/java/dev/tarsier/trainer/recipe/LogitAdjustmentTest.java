package dev.tarsier.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.MtiNet;
import dev.tarsier.trainer.network.Ports;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.TestPorts;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Segmentation;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LogitAdjustmentTest {
  private static final double[] PIXELS = {800, 100, 0, 8};

  @Test
  void lowersFrequentClassesByTheLogarithmOfTheirShare() {
    float[] offsets = LogitAdjustment.offsets(PIXELS, 0.5);
    assertThat(offsets[0]).isZero();
    assertThat(offsets[1]).isCloseTo((float) (0.5 * Math.log(8)), within(1e-6f));
    assertThat(offsets[3]).isCloseTo((float) (0.5 * Math.log(100)), within(1e-6f));
  }

  @Test
  void doesNotNameAClassThatNeverComes() {
    assertThat(LogitAdjustment.offsets(PIXELS, 2)[2]).isZero();
    assertThat(LogitAdjustment.offsets(new double[3], 2)).containsOnly(0);
  }

  /** With τ = 1 a network that knows nothing but the shares finds all classes alike. */
  @Test
  void undoesThePriorAtStrengthOne() {
    float[] offsets = LogitAdjustment.offsets(new double[] {60, 30, 10}, 1);
    assertThat(Math.log(0.3) + offsets[1]).isCloseTo(Math.log(0.6) + offsets[0], within(1e-6));
    assertThat(Math.log(0.1) + offsets[2]).isCloseTo(Math.log(0.6) + offsets[0], within(1e-6));
  }

  static Stream<LayerGraph> networks() {
    return Stream.of(
        new Edge(new Edge().encoder(), 0.25, 16).graph(TestPorts.of(4)),
        new MtiNet().graph(TestPorts.of(4)));
  }

  @ParameterizedTest
  @MethodSource("networks")
  void shiftsTheLogitsAndNothingElse(LayerGraph graph) {
    try (NDManager base = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(graph, base, 7)) {
      NDArray image = base.randomUniform(0, 255, new Shape(1, 3, 64, 64), DataType.FLOAT32);
      Map<String, NDArray> before = module.forward(Map.of(Ports.IMAGE, image), false);
      LogitAdjustment.apply(module, Segmentation.of(ClassSet.NYU_13), PIXELS, 0.5);
      Map<String, NDArray> after = module.forward(Map.of(Ports.IMAGE, image), false);
      float[] offsets = LogitAdjustment.offsets(PIXELS, 0.5);
      float[] was = before.get(TestPorts.CLASSES).toFloatArray();
      float[] is = after.get(TestPorts.CLASSES).toFloatArray();
      int pixels = was.length / offsets.length;
      for (int i = 0; i < was.length; i++) {
        assertThat(is[i] - was[i]).isCloseTo(offsets[i / pixels], within(1e-3f));
      }
      assertThat(after.get(TestPorts.DEPTH).toFloatArray())
          .isEqualTo(before.get(TestPorts.DEPTH).toFloatArray());
    }
  }
}
