package dev.tarsier.trainer.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.trainer.Golden;
import dev.tarsier.trainer.network.Gradients;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Layer;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.MovingAverage;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.task.MaskedCrossEntropy;
import dev.tarsier.trainer.task.MaskedL1;
import dev.tarsier.trainer.task.PixelLoss;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.Tasks;
import dev.tarsier.trainer.task.TestTasks;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Objectives that ask other networks, on the published numbers. */
class LearningFromNetworksTest {
  private static final float TOLERANCE = 1e-5f;
  private static final Task CLASSES = TestTasks.classes(3);
  private static final Task DEPTH = TestTasks.depth();

  private NDManager base;

  @BeforeEach
  void open() {
    base = PyTorch.newBaseManager();
    JniUtils.setGradMode(true);
  }

  @AfterEach
  void close() {
    base.close();
  }

  private NDArray leaf(JsonNode golden, String input) {
    return Golden.leaf(base, golden.path("inputs").path(input));
  }

  private static void assertGradient(NDArray leaf, JsonNode expected) {
    try (NDArray gradient = leaf.getGradient()) {
      assertThat(gradient.toFloatArray())
          .containsExactly(Golden.floats(expected), within(TOLERANCE));
    }
  }

  @Test
  void featureDistanceAndItsGradientsAreThoseOfThePapersCode() throws IOException {
    JsonNode golden = Golden.read("kd_feature_loss");
    JsonNode expected = golden.path("outputs");
    NDArray student = leaf(golden, "student_feature");
    NDArray teacher = leaf(golden, "teacher_feature");
    LayerGraph.Builder graph = LayerGraph.named("adaptor");
    String at = graph.add("out", Layer.Conv.pointwise(4, 4, false), graph.input("map", 4));
    try (GraphModule adaptor = GraphModule.create(graph.output("adapted", at).build(), base, 1)) {
      NDArray weight = adaptor.parameters().get("out.weight");
      float[] given = Golden.floats(golden.at("/inputs/adaptor_weight_out_in/data"));
      Gradients.without(() -> weight.set(given));
      NDArray adapted = adaptor.forward(student, true).get("adapted");
      NDArray distance = FeatureDistillation.distance(adapted, teacher);
      assertThat((double) distance.getFloat())
          .isCloseTo(expected.path("loss").asDouble(), within(1e-5));
      Gradients.backward(distance, false);
      assertGradient(student, expected.path("grad_student_feature"));
      assertGradient(weight, expected.path("grad_adaptor_weight"));
    }
    assertThat(teacher.getGradient().toFloatArray()).containsOnly(0);
    assertThat((double) FeatureDistillation.distance(student, teacher).getFloat())
        .isCloseTo(expected.path("loss_without_adaptor").asDouble(), within(1e-5));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.25, 1})
  void targetsGoOverFromTheTeacherToTheLabels(double done) throws IOException {
    JsonNode golden = Golden.read("bam_distillation");
    JsonNode expected = golden.path("outputs").path("percent_done_" + done);
    Shape logits = new Shape(2, 3, 1, 1);
    NDArray student = leaf(golden, "student_logits");
    NDArray teacher = leaf(golden, "teacher_logits");
    NDArray ids =
        base.create(Golden.floats(golden.at("/inputs/labels/data")), new Shape(2, 1, 1, 1))
            .toType(DataType.INT64, false);
    NDArray ones = base.ones(new Shape(2, 1, 1, 1));
    NDArray loss =
        TeacherAnnealing.loss(
            CLASSES,
            MaskedCrossEntropy::of,
            student.reshape(logits),
            teacher.reshape(logits).stopGradient(),
            ids,
            ones,
            2,
            done);
    assertThat((double) loss.getFloat())
        .isCloseTo(expected.path("class_loss_mean").asDouble(), within(1e-5));
    Gradients.backward(loss, false);
    assertGradient(student, expected.path("grad_student_logits(mean)"));
    Shape values = new Shape(3, 1, 1, 1);
    NDArray depth =
        TeacherAnnealing.loss(
            DEPTH,
            MaskedL1::of,
            leaf(golden, "student_reg").reshape(values),
            leaf(golden, "teacher_reg").reshape(values),
            leaf(golden, "labels_reg").reshape(values),
            base.ones(values),
            3,
            done);
    assertThat((double) depth.getFloat())
        .isCloseTo(expected.path("reg_l1_loss_mean").asDouble(), within(1e-5));
  }

  @Test
  void anEarlierSelfTeachesByItsSoftenedDistribution() throws IOException {
    JsonNode golden = Golden.read("self_distillation");
    JsonNode expected = golden.path("outputs");
    NDArray now = leaf(golden, "student_logits");
    Shape shape = new Shape(2, 3, 1, 1);
    NDArray then = leaf(golden, "teacher_logits").reshape(shape).stopGradient();
    NDArray all = base.ones(new Shape(2, 1, 1, 1));
    double temperature = golden.at("/inputs/T").asDouble();
    NDArray divergence = EarlierSelf.divergence(now.reshape(shape), then, all, 2, temperature);
    assertThat((double) divergence.getFloat())
        .isCloseTo(expected.path("kl_T2").asDouble(), within(1e-5));
    Gradients.backward(divergence, false);
    assertGradient(now, expected.path("grad_student_logits"));
    assertThat(
            EarlierSelf.divergence(now.reshape(shape), now.reshape(shape), all, 2, temperature)
                .getFloat())
        .isZero();
  }

  @Test
  void anEarlierSelfFollowsAsAMovingAverage() throws IOException {
    JsonNode golden = Golden.read("self_distillation");
    NDArray then = base.create(Golden.floats(golden.at("/inputs/theta_teacher/data")));
    NDArray now = leaf(golden, "theta_student");
    double keep = golden.at("/inputs/ema_m").asDouble();
    MovingAverage.follow(Map.of("theta", then), Map.of("theta", now), keep);
    assertThat(then.toFloatArray())
        .containsExactly(Golden.floats(golden.at("/outputs/ema_after")), within(1e-6f));
    MovingAverage.follow(Map.of("theta", then), Map.of("theta", now), 0);
    assertThat(then.toFloatArray()).isEqualTo(now.toFloatArray());
  }

  /** Whatever a network says of a direction, it agrees with itself. */
  @Test
  void directionsAreHeldAsVectorsOfLengthOne() {
    Task normals = Tasks.of("normals").any();
    NDArray said = base.create(new float[] {0, 3, 0, 4, 0.1f, 0}, new Shape(1, 3, 1, 2));
    NDArray target = Objective.asTarget(normals, said);
    assertThat(target.toFloatArray())
        .containsExactly(new float[] {0, 0.6f, 0, 0.8f, 1, 0}, within(1e-5f));
    NDArray ones = base.ones(new Shape(1, 1, 1, 2));
    PixelLoss cosine = normals.losses().values().iterator().next();
    assertThat(cosine.of(said, target, ones, 2).getFloat()).isCloseTo(0, within(1e-5f));
    NDArray metres = base.create(new float[] {2, 5}, new Shape(1, 1, 1, 2));
    assertThat(Objective.asTarget(DEPTH, metres)).isEqualTo(metres);
  }

  /** Between two directions lies a third: whoever says it is right, however far apart they are. */
  @Test
  void aBlendOfDirectionsIsADirection() {
    Task normals = Tasks.of("normals").any();
    Shape one = new Shape(1, 3, 1, 1);
    double half = Math.sqrt(0.5);
    NDArray loss =
        TeacherAnnealing.loss(
            normals,
            normals.losses().values().iterator().next(),
            base.create(new float[] {(float) half, (float) half, 0}, one),
            base.create(new float[] {1, 0, 0}, one),
            base.create(new float[] {0, 1, 0}, one),
            base.ones(new Shape(1, 1, 1, 1)),
            1,
            0.5);
    assertThat(loss.getFloat()).isCloseTo(0, within(1e-5f));
  }
}
