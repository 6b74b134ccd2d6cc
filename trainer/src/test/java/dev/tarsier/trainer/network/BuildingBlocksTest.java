package dev.tarsier.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.trainer.Golden;
import dev.tarsier.trainer.network.Layer.Interpolation;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Layers against the reference vectors, which torch computed in double precision. */
class BuildingBlocksTest {
  /** Float against double arithmetic on values of size 1. */
  private static final float TOLERANCE = 1e-6f;

  private NDManager manager;
  private JsonNode golden;

  @BeforeEach
  void open() throws IOException {
    golden = Golden.read("building_blocks");
    manager = PyTorch.newBaseManager();
  }

  @AfterEach
  void close() {
    if (manager != null) {
      manager.close();
    }
  }

  @Test
  void enlargesAsTorchDoes() {
    LayerGraph.Builder graph = LayerGraph.named("enlarge");
    String x = graph.input("x", 1);
    graph.output("bilinear", graph.add("b", new Layer.Upsample(Interpolation.BILINEAR, 2), x));
    graph.output("nearest", graph.add("n", new Layer.Upsample(Interpolation.NEAREST, 2), x));
    graph.output(
        "aligned", graph.add("a", new Layer.Upsample(Interpolation.BILINEAR_ALIGNED, 2), x));

    Map<String, NDArray> outputs = run(graph, Map.of("x", input("u", 1, 1, 2, 3)));

    assertThat(outputs.get("bilinear").toFloatArray())
        .containsExactly(expected("up_align_false"), within(TOLERANCE));
    assertThat(outputs.get("nearest").toFloatArray())
        .containsExactly(expected("up_nearest"), within(TOLERANCE));
    assertThat(outputs.get("aligned").toFloatArray())
        .containsExactly(expected("up_align_true"), within(TOLERANCE));
  }

  @Test
  void poolsAndPutsBackAsTorchDoes() {
    LayerGraph.Builder graph = LayerGraph.named("pool");
    String x = graph.input("x", 2);
    String pooled = graph.add("p", Layer.MaxPool.halving(), x);
    graph.output("pooled", pooled);
    graph.output("unpooled", graph.add("u", new Layer.Unpool(), pooled, x));

    Map<String, NDArray> outputs = run(graph, Map.of("x", input("pool_in", 1, 2, 4, 4)));

    assertThat(outputs.get("pooled").toFloatArray())
        .containsExactly(expected("maxpool"), within(TOLERANCE));
    assertThat(outputs.get("unpooled").toFloatArray())
        .containsExactly(expected("maxunpool"), within(TOLERANCE));
  }

  /** Equal values are the rule behind a ReLU, so it matters which of them is the largest. */
  @Test
  void putsAValueToTheFirstOfEqualOnesAndZeroWhereAWindowIsNotFull() {
    LayerGraph.Builder graph = LayerGraph.named("ties");
    String small = graph.input("small", 1);
    String whole = graph.input("whole", 1);
    graph.output("unpooled", graph.add("u", new Layer.Unpool(), small, whole));
    float[] pooled = {0, 0, 1, 2, 9, 0, 0, 2, 2, 9, 8, 8, 8, 8, 8};

    NDArray unpooled =
        run(
                graph,
                Map.of(
                    "small", manager.create(new float[] {5, 7}, new Shape(1, 1, 1, 2)),
                    "whole", manager.create(pooled, new Shape(1, 1, 3, 5))))
            .get("unpooled");

    assertThat(unpooled.getShape()).isEqualTo(new Shape(1, 1, 3, 5));
    assertThat(unpooled.toFloatArray())
        .containsExactly(5, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  /** What an engine's rounding made of equal values says nothing of where a feature was. */
  @Test
  void putsAValueToTheFirstOfThoseThatAreAsGoodAsEqual() {
    LayerGraph.Builder graph = LayerGraph.named("nearly");
    String small = graph.input("small", 1);
    String whole = graph.input("whole", 1);
    graph.output("unpooled", graph.add("u", new Layer.Unpool(), small, whole));
    float more = Math.nextUp(0.7f);
    float[] pooled = {0.7f, more, 0.3f, 0.7f, 0.7f, more, more, 0.71f};

    NDArray unpooled =
        run(
                graph,
                Map.of(
                    "small", manager.create(new float[] {5, 7}, new Shape(1, 1, 1, 2)),
                    "whole", manager.create(pooled, new Shape(1, 1, 2, 4))))
            .get("unpooled");

    assertThat(unpooled.toFloatArray()).containsExactly(5, 0, 0, 0, 0, 0, 0, 7);
  }

  /** A value's gradient is that of the place it was put to; what was pooled gets none by it. */
  @Test
  void gradientsFollowTheValuesTheyBelongTo() {
    LayerGraph.Builder graph = LayerGraph.named("gradients");
    String x = graph.input("x", 1);
    String pooled = graph.add("p", Layer.MaxPool.halving(), x);
    graph.output("unpooled", graph.add("u", new Layer.Unpool(), pooled, x));
    NDArray in = manager.create(new float[] {1, 4, 2, 2, 3, 0, 2, 1}, new Shape(1, 1, 2, 4));
    in.setRequiresGradient(true);
    JniUtils.setGradMode(true);

    NDArray out = GraphModule.create(graph.build(), manager, 1).forward(in, true).get("unpooled");
    NDArray weights = manager.arange(1f, 9f).reshape(1, 1, 2, 4);
    Gradients.backward(out.mul(weights).sum(), false);

    assertThat(out.toFloatArray()).containsExactly(0, 4, 2, 0, 0, 0, 0, 0);
    assertThat(in.getGradient().toFloatArray()).containsExactly(0, 2, 3, 0, 0, 0, 0, 0);
  }

  @Test
  void saysWhenAMapIsNotWhatWasPooled() {
    LayerGraph.Builder graph = LayerGraph.named("odd");
    String x = graph.input("x", 5);
    graph.output("unpooled", graph.add("u", new Layer.Unpool(), x, x));
    LayerGraph built = graph.build();

    assertThatThrownBy(() -> built.sizes(new Size(15, 20)))
        .hasMessage(
            "odd: layer u takes a map of the size that 15x20 is pooled to, 7x10, got 15x20");
    assertThatThrownBy(() -> new Layer.MaxPool(2, 2, 2))
        .hasMessageContaining("padding 0 to half of it, got 2, 2, 2");
  }

  /**
   * The vectors were made with the published code, in which channels 2k and 2k + 1 of the concat
   * compete. Here channel k of each task does; so the two channels that compete in the vectors are
   * given to different tasks: concat channels 0, 2 are one task's and 1, 3 the other's.
   */
  @Test
  void gatesTheTasksFeaturesByASoftmaxOverTasks() {
    int[] order = {0, 2, 1, 3};

    float[] attended = attend(order);

    float[] reference = expected("fpm_attended");
    for (int c = 0; c < 4; c++) {
      for (int x = 0; x < 2; x++) {
        assertThat(attended[2 * c + x])
            .as("channel %d, pixel %d", c, x)
            .isCloseTo(reference[2 * order[c] + x], within(TOLERANCE));
      }
    }
  }

  /** The trap of methods §1.1: with the published order our softmax must not give the vectors. */
  @Test
  void doesNotLetNeighbouringChannelsOfOneTaskCompete() {
    float[] attended = attend(new int[] {0, 1, 2, 3});

    assertThat(attended[0]).isNotCloseTo(expected("fpm_attended")[0], within(1e-3f));
  }

  @Test
  void sharesOutOneAmongTheTasksForEachChannelAndPixel() {
    LayerGraph.Builder graph = LayerGraph.named("shares");
    String x = graph.input("x", 6);
    graph.output("shares", graph.add("soft", new Layer.TaskSoftmax(3), x));
    float[] logits = new float[2 * 6 * 3 * 5];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (3 * Math.sin(i * 1.7));
    }

    float[] shares =
        run(graph, Map.of("x", manager.create(logits, new Shape(2, 6, 3, 5))))
            .get("shares")
            .toFloatArray();

    int area = 3 * 5;
    for (int image = 0; image < 2; image++) {
      for (int i = 0; i < 2 * area; i++) {
        int at = image * 6 * area + i;
        double sum = 0;
        for (int task = 0; task < 3; task++) {
          sum += Math.exp(logits[at + task * 2 * area]);
        }
        for (int task = 0; task < 3; task++) {
          int index = at + task * 2 * area;
          assertThat((double) shares[index])
              .isCloseTo(Math.exp(logits[index]) / sum, within((double) TOLERANCE));
        }
      }
    }
  }

  @Test
  void saysWhenTasksCannotShareTheChannels() {
    LayerGraph.Builder graph = LayerGraph.named("odd");
    String x = graph.input("x", 5);

    assertThatThrownBy(() -> graph.add("soft", new Layer.TaskSoftmax(2), x))
        .hasMessage("odd: layer soft (fed by x) takes channels that 2 tasks can share, got 5");
    assertThatThrownBy(() -> new Layer.TaskSoftmax(1)).hasMessage("tasks must be 2 or more, got 1");
  }

  /** The gate of the vectors, with their channels in this order. */
  private float[] attend(int[] order) {
    LayerGraph.Builder graph = LayerGraph.named("fpm");
    String concat = graph.input("concat", 4);
    String shared = graph.input("shared", 4);
    String mask = graph.add("mask", new Layer.TaskSoftmax(2), shared);
    graph.output("attended", graph.add("gate", new Layer.Multiply(), concat, mask));
    return run(
            graph,
            Map.of(
                "concat", ordered("fpm_concat", order),
                "shared", ordered("fpm_shared", order)))
        .get("attended")
        .toFloatArray();
  }

  private NDArray ordered(String name, int[] order) {
    float[] values = Golden.floats(golden.path("inputs").path(name).path("data"));
    float[] moved = new float[8];
    for (int c = 0; c < 4; c++) {
      System.arraycopy(values, 2 * order[c], moved, 2 * c, 2);
    }
    return manager.create(moved, new Shape(1, 4, 1, 2));
  }

  private Map<String, NDArray> run(LayerGraph.Builder graph, Map<String, NDArray> inputs) {
    return GraphModule.create(graph.build(), manager, 1).forward(inputs, false);
  }

  private NDArray input(String name, long... shape) {
    return manager.create(
        Golden.floats(golden.path("inputs").path(name).path("data")), new Shape(shape));
  }

  private float[] expected(String name) {
    return Golden.floats(golden.path("outputs").path(name));
  }
}
