package dev.tarsier.trainer.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.trainer.Golden;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What balancers make of gradients' inner products, against values that others computed. */
class GradientWeightsTest {
  private static double[][] matrix(JsonNode rows) {
    double[][] matrix = new double[rows.size()][];
    for (int i = 0; i < matrix.length; i++) {
      matrix[i] = vector(rows.get(i));
    }
    return matrix;
  }

  private static double[] vector(JsonNode values) {
    return IntStream.range(0, values.size()).mapToDouble(i -> values.get(i).asDouble()).toArray();
  }

  private static double[][] gram(double[][] gradients) {
    double[][] gram = new double[gradients.length][gradients.length];
    for (int i = 0; i < gram.length; i++) {
      for (int j = 0; j < gram.length; j++) {
        for (int k = 0; k < gradients[i].length; k++) {
          gram[i][j] += gradients[i][k] * gradients[j][k];
        }
      }
    }
    return gram;
  }

  private static double[] combined(double[][] gradients, double[] weights) {
    double[] sum = new double[gradients[0].length];
    for (int i = 0; i < weights.length; i++) {
      for (int k = 0; k < sum.length; k++) {
        sum[k] += weights[i] * gradients[i][k];
      }
    }
    return sum;
  }

  private static void assertClose(double[] actual, double[] expected, double relative) {
    double largest = 0;
    for (double value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(actual).containsExactly(expected, within(relative * largest));
  }

  private static int[][] ascending(int tasks) {
    return IntStream.range(0, tasks)
        .mapToObj(i -> IntStream.range(0, tasks).toArray())
        .toArray(int[][]::new);
  }

  @TestFactory
  Stream<DynamicTest> combinesGradientsAsPublishedCodeDoes() throws IOException {
    record Aggregator(String name, UnaryOperator<double[][]> weights, double relative) {}

    List<Aggregator> all =
        List.of(
            new Aggregator("CAGrad(c=0.4)", g -> new double[][] {CaGrad.weights(g, 0.4)}, 1e-3),
            new Aggregator(
                "AlignedMTL(scale_mode=min)", g -> new double[][] {AlignedMtl.weights(g)}, 1e-6),
            new Aggregator("IMTLG", g -> new double[][] {ImtlG.weights(g)}, 1e-6),
            new Aggregator("UPGrad", g -> new double[][] {UpGrad.weights(g)}, 1e-6),
            new Aggregator(
                "PCGrad(sum, others in ascending order)",
                g -> new double[][] {PcGrad.weights(g, ascending(g.length))},
                1e-6));
    List<DynamicTest> tests = new ArrayList<>();
    int number = 0;
    for (JsonNode each : Golden.read("gradient_aggregators").path("cases")) {
      double[][] gradients = matrix(each.path("jacobian"));
      for (Aggregator one : all) {
        tests.add(
            DynamicTest.dynamicTest(
                one.name() + " " + number,
                () ->
                    assertClose(
                        combined(gradients, one.weights().apply(gram(gradients))[0]),
                        vector(each.path("aggregated").path(one.name())),
                        one.relative())));
      }
      number++;
    }
    assertThat(tests).hasSizeGreaterThan(6);
    return tests.stream();
  }

  /** The published code comes near the shortest vector in a limited number of rounds. */
  @Test
  void findsAVectorNoLongerThanPublishedCodeDoes() throws IOException {
    for (JsonNode each : Golden.read("gradient_aggregators").path("cases")) {
      double[][] gradients = matrix(each.path("jacobian"));
      double[] theirs = vector(each.path("aggregated").path("MGDA"));
      double[] ours = combined(gradients, Mgda.minNorm(gram(gradients)));
      assertThat(Quadratic.of(gram(new double[][] {ours}), new double[] {1}))
          .isLessThan(1.001 * Quadratic.of(gram(new double[][] {theirs}), new double[] {1}));
    }
  }

  @TestFactory
  Stream<DynamicTest> findsTheShortestVector() throws IOException {
    JsonNode golden = Golden.read("mgda_min_norm");
    List<DynamicTest> tests = new ArrayList<>();
    for (Map.Entry<String, JsonNode> each :
        golden.path("inputs").path("gradient_sets").properties()) {
      double[][] gram = gram(matrix(each.getValue()));
      JsonNode exact = golden.path("outputs").path("sets").path(each.getKey()).path("exact");
      tests.add(
          DynamicTest.dynamicTest(
              each.getKey(),
              () -> {
                double[] weights = Mgda.minNorm(gram);
                assertThat(Quadratic.of(gram, weights))
                    .isCloseTo(exact.path("min_norm_sq").asDouble(), within(1e-6));
                assertThat(Arrays.stream(weights).min().orElseThrow()).isNotNegative();
                if (!each.getKey().equals("2_equal")) {
                  assertThat(weights).containsExactly(vector(exact.path("sol")), within(1e-6));
                }
              }));
    }
    assertThat(tests).hasSize(10);
    return tests.stream();
  }

  @Test
  void dividesGradientsByLengthOrLossOrBoth() throws IOException {
    JsonNode golden = Golden.read("mgda_min_norm");
    double[][] gradients = {{3, 4}, {1, 0}};
    double[] losses = {2, 0.5};
    JsonNode by = golden.path("outputs").path("gradient_normalizers(divide g_t by)");
    Map<String, Mgda.Normaliser> names =
        Map.of(
            "none", Mgda.Normaliser.NONE,
            "l2", Mgda.Normaliser.L2,
            "loss", Mgda.Normaliser.LOSS,
            "loss+", Mgda.Normaliser.LOSS_PLUS);
    names.forEach(
        (name, normaliser) -> {
          double[][] divided = new double[2][2];
          double[] expected = new double[2];
          for (int i = 0; i < 2; i++) {
            expected[i] = by.path(name).path("" + i).asDouble();
            for (int k = 0; k < 2; k++) {
              divided[i][k] = gradients[i][k] / expected[i];
            }
          }
          double[][] gram = gram(gradients);
          assertThat(Mgda.normalisers(gram, losses, normaliser))
              .as(name)
              .containsExactly(expected, within(1e-12));
          assertThat(Mgda.weights(gram, losses, normaliser))
              .as(name)
              .containsExactly(Mgda.minNorm(gram(divided)), within(1e-9));
        });
  }

  /**
   * Rounding takes a cosine's loss below 0; a task that has nothing to learn is no reason to stop.
   */
  @ParameterizedTest
  @EnumSource(
      value = Mgda.Normaliser.class,
      names = {"LOSS", "LOSS_PLUS"})
  void aTaskWithoutLossHasNoneOfTheWeight(Mgda.Normaliser normaliser) {
    double[][] gram = gram(new double[][] {{1e-6, 0}, {3, 4}, {0, 2}});
    double[] two =
        Mgda.weights(gram(new double[][] {{3, 4}, {0, 2}}), new double[] {1, 2}, normaliser);
    assertThat(Mgda.weights(gram, new double[] {-1e-8, 1, 2}, normaliser))
        .containsExactly(0, two[0], two[1]);
    assertThat(Mgda.weights(gram, new double[3], normaliser))
        .containsExactly(1 / 3., 1 / 3., 1 / 3.);
  }

  @Test
  void aTaskWithoutGradientHasNoneOfTheWeightWhereGradientsAreOfOneLength() {
    double[][] gram = gram(new double[][] {{0, 0}, {3, 4}});
    assertThat(Mgda.weights(gram, new double[] {1, 1}, Mgda.Normaliser.L2)).containsExactly(0, 1);
  }

  /** Their inner products come from float32: what is left of rounding is no direction. */
  @Test
  void nearlyEqualGradientsAreAlignedToTheirOwnLength() {
    double[][] gram = {{1, 1 - 6e-8}, {1 - 6e-8, 1}};
    assertThat(AlignedMtl.weights(gram)).containsExactly(new double[] {0.5, 0.5}, within(1e-6));
  }

  @TestFactory
  Stream<DynamicTest> projectsInTheOrderThatIsDrawn() throws IOException {
    JsonNode golden = Golden.read("pcgrad");
    return golden.path("inputs").properties().stream()
        .map(
            each ->
                DynamicTest.dynamicTest(
                    each.getKey(),
                    () -> {
                      double[][] gradients = matrix(each.getValue().path("grads"));
                      int[][] orders =
                          Arrays.stream(matrix(each.getValue().path("orders")))
                              .map(order -> Arrays.stream(order).mapToInt(i -> (int) i).toArray())
                              .toArray(int[][]::new);
                      assertClose(
                          combined(gradients, PcGrad.weights(gram(gradients), orders)),
                          vector(golden.path("outputs").path(each.getKey()).path("merged_sum")),
                          1e-9);
                    }));
  }

  @TestFactory
  Stream<DynamicTest> slopesOfGradNormsWeights() throws IOException {
    JsonNode golden = Golden.read("gradnorm_step");
    double[] first = vector(golden.path("inputs").path("L0").path("data"));
    return Stream.of("alpha_1.5", "alpha_0.16", "alpha_0.12", "alpha_1.5_w_ones")
        .map(
            name ->
                DynamicTest.dynamicTest(
                    name,
                    () -> {
                      JsonNode expected = golden.path("outputs").path(name);
                      double[] losses = vector(expected.path("losses"));
                      double[] weights =
                          name.endsWith("ones")
                              ? new double[] {1, 1}
                              : vector(golden.path("inputs").path("w"));
                      double alpha = Double.parseDouble(name.split("_")[1]);
                      assertThat(
                              GradNorm.slopes(
                                  weights,
                                  vector(expected.path("unweighted_norms")),
                                  new double[] {losses[0] / first[0], losses[1] / first[1]},
                                  alpha))
                          .containsExactly(vector(expected.path("grad_w")), within(1e-9));
                    }));
  }

  /** Three tasks whose gradients are at odds: two orders for each, which differ in the sum. */
  @Test
  void everyOrderIsAsLikely() {
    double[][] gram = {{1, -0.5, -0.3}, {-0.5, 1, -0.2}, {-0.3, -0.2, 1}};
    int[][] later = {{0, 2, 1}, {2, 0, 1}, {1, 0, 2}};
    PcGrad balancer =
        (PcGrad) new PcGrad.Options().create(new Balancer.Setup(Map.of(), List.of(), null, 42));
    Map<String, Integer> seen = new TreeMap<>();
    for (int i = 0; i < 4000; i++) {
      seen.merge(Arrays.toString(balancer.weights(gram, new double[3])), 1, Integer::sum);
    }
    assertThat(seen).hasSize(8).containsKey(Arrays.toString(PcGrad.weights(gram, later)));
    // 500 of each are due; the deviation of a count is 21.
    assertThat(seen.values()).allSatisfy(count -> assertThat(count).isBetween(410, 590));
  }

  /** Degenerate matrices come when a task has no gradient, or two have the same. */
  @Test
  void hasWeightsForWhateverComes() {
    for (double[][] gram :
        new double[][][] {
          {{0, 0}, {0, 0}}, {{1, 1}, {1, 1}}, {{1, 0}, {0, 0}}, {{1, -1}, {-1, 1}}
        }) {
      for (double[] weights :
          new double[][] {
            Mgda.minNorm(gram),
            CaGrad.weights(gram, 0.4),
            ImtlG.weights(gram),
            AlignedMtl.weights(gram),
            UpGrad.weights(gram),
            PcGrad.weights(gram, ascending(2))
          }) {
        assertThat(weights).hasSize(2).doesNotContain(Double.NaN);
      }
    }
  }
}
