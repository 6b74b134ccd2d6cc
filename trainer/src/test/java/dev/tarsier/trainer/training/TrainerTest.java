package dev.tarsier.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.trainer.dataset.Augmentation;
import dev.tarsier.trainer.dataset.BatchLoader;
import dev.tarsier.trainer.dataset.Contents;
import dev.tarsier.trainer.dataset.Mixture;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.dataset.Streams;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Layer;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.Ports;
import dev.tarsier.trainer.network.PublishedEncoder;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Safetensors;
import dev.tarsier.trainer.network.Tensor;
import dev.tarsier.trainer.network.TestPorts;
import dev.tarsier.trainer.network.WrongConvolutions;
import dev.tarsier.trainer.objective.Auxiliary;
import dev.tarsier.trainer.objective.Balancer;
import dev.tarsier.trainer.objective.Losses;
import dev.tarsier.trainer.optimiser.Adam;
import dev.tarsier.trainer.optimiser.Schedule;
import dev.tarsier.trainer.recipe.Recipe;
import dev.tarsier.trainer.recipe.Training;
import dev.tarsier.trainer.run.RunFolder;
import dev.tarsier.trainer.run.StopSignal;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.TestTasks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class TrainerTest {
  /** Two-coloured boards: bright pixels are class 1 and far, dark ones class 0 and near. */
  private static final class Boards implements SampleSource {
    private final boolean depthIsBroken;

    Boards(boolean depthIsBroken) {
      this.depthIsBroken = depthIsBroken;
    }

    @Override
    public int size() {
      return 8;
    }

    @Override
    public Sample get(int index) {
      SplittableRandom random = new SplittableRandom(index);
      int w = 64;
      int h = 48;
      byte[] rgb = new byte[3 * w * h];
      float[] depth = new float[w * h];
      byte[] labels = new byte[w * h];
      int edge = random.nextInt(16, 48);
      for (int i = 0; i < w * h; i++) {
        boolean bright = i % w >= edge;
        for (int c = 0; c < 3; c++) {
          rgb[3 * i + c] = (byte) ((bright ? 190 : 30) + random.nextInt(30));
        }
        depth[i] = depthIsBroken && index == 5 ? Float.MAX_VALUE : bright ? 4f : 1.5f;
        labels[i] = (byte) (bright ? 1 : 0);
      }
      boolean half = index % 2 == 0;
      return Sample.of("board" + index, w, h, rgb)
          .withValues(Depth.ID, half || depthIsBroken ? depth : null)
          .withIds(Segmentation.ID, half ? null : labels);
    }

    @Override
    public String name() {
      return "boards";
    }

    @Override
    public String sha256() {
      return "0".repeat(64);
    }
  }

  private static final LayerGraph SMALL =
      new Edge(PublishedEncoder.TORCHVISION, 0.25, 16).graph(TestPorts.of(2));

  /** Batches of boards, for a network that halves them. */
  static BatchLoader.Plan batches(boolean broken, int size) {
    return batches(broken, size, Augmentation.STANDARD, 11, Contents.of(TestTasks.both(2)));
  }

  private static BatchLoader.Plan batches(
      boolean broken, int size, Augmentation augmentation, long seed, Contents contents) {
    return new BatchLoader.Plan(
        Streams.of(new Mixture(List.of(Mixture.Part.whole(new Boards(broken))))),
        size,
        48,
        64,
        48,
        64,
        24,
        32,
        augmentation,
        Map.of(),
        seed,
        contents);
  }

  /** Boards of which one stream knows the classes and another the depth. */
  private static BatchLoader.Plan streams(Streams.Alternation alternation) {
    BatchLoader.Plan one = batches(false, 3);
    return new BatchLoader.Plan(
        new Streams(
            List.of(stream("labels", Segmentation.ID), stream("depth", Depth.ID)), alternation),
        one.batchSize(),
        one.inputHeight(),
        one.inputWidth(),
        one.cropHeight(),
        one.cropWidth(),
        one.targetHeight(),
        one.targetWidth(),
        one.augmentation(),
        one.classWeights(),
        one.seed(),
        one.contents());
  }

  private static Streams.Stream stream(String name, String task) {
    Boards boards = new Boards(false);
    List<Sample> known =
        IntStream.range(0, boards.size())
            .mapToObj(boards::get)
            .filter(sample -> sample.plane(task) != null)
            .toList();
    SampleSource source =
        new SampleSource() {
          @Override
          public int size() {
            return known.size();
          }

          @Override
          public Sample get(int index) {
            return known.get(index);
          }

          @Override
          public String name() {
            return name;
          }

          @Override
          public String sha256() {
            return "1".repeat(64);
          }
        };
    return new Streams.Stream(name, new Mixture(List.of(new Mixture.Part(source, 6))));
  }

  private static TrainingPlan plan(boolean broken, int steps, int loaderThreads) {
    return plan(broken, steps, loaderThreads, null);
  }

  private static TrainingPlan plan(
      boolean broken, int steps, int loaderThreads, Balancer.Options balancer) {
    return plan(broken, steps, loaderThreads, balancer, List.of(), Map.of());
  }

  private static TrainingPlan plan(
      boolean broken,
      int steps,
      int loaderThreads,
      Balancer.Options balancer,
      List<Auxiliary> auxiliaries,
      Map<String, GraphModule> teachers) {
    return plan(batches(broken, 3), steps, loaderThreads, balancer, auxiliaries, teachers);
  }

  private static TrainingPlan plan(
      BatchLoader.Plan batches,
      int steps,
      int loaderThreads,
      Balancer.Options balancer,
      List<Auxiliary> auxiliaries,
      Map<String, GraphModule> teachers) {
    return new TrainingPlan(
        batches,
        100,
        steps,
        new Losses(0, balancer, Map.of()),
        auxiliaries,
        teachers,
        new Adam.Settings(Adam.Settings.Decay.ADAMW, 3e-3, List.of(), 0.9, 0.999, 1e-8, 1e-2, 1),
        new Schedule(Schedule.Kind.COSINE, 2, 0, 1, 1, 1),
        List.of(),
        2,
        1,
        loaderThreads,
        0);
  }

  private static TrainingPlan averaged(TrainingPlan plan, double ema) {
    return new TrainingPlan(
        plan.batches(),
        plan.epochs(),
        plan.maxSteps(),
        plan.losses(),
        plan.auxiliaries(),
        plan.teachers(),
        plan.adam(),
        plan.schedule(),
        plan.frozen(),
        plan.checkpointEverySteps(),
        plan.validateEveryEpochs(),
        plan.loaderThreads(),
        ema);
  }

  /**
   * What came of a training.
   *
   * @param arrays that were held after each step
   */
  private record Result(
      Trainer.Outcome outcome, Map<String, float[]> weights, List<Integer> arrays) {}

  private static Result train(TrainingPlan plan, Path folder, int stopAfter) throws Exception {
    try (NDManager base = PyTorch.newBaseManager()) {
      return train(base, plan, folder, stopAfter);
    }
  }

  private static Result train(NDManager base, TrainingPlan plan, Path folder, int stopAfter)
      throws Exception {
    try (GraphModule module = GraphModule.create(SMALL, base, 5)) {
      StopSignal stop = new StopSignal();
      List<Integer> arrays = new ArrayList<>();
      Trainer.Listener listener =
          new Trainer.Listener() {
            @Override
            public void stepped(long done, double loss) {
              arrays.add(base.getManagedArrays().size());
              if (done == stopAfter) {
                stop.stop();
              }
            }
          };
      Trainer.Outcome outcome =
          new Trainer(
                  module,
                  base,
                  plan,
                  folder,
                  m -> new Trainer.Verdict(0, Map.of("none", Map.of("zero", 0.0))),
                  listener)
              .run(stop);
      Map<String, float[]> weights = new TreeMap<>();
      module.parameters().forEach((name, array) -> weights.put(name, array.toFloatArray()));
      module.buffers().forEach((name, array) -> weights.put(name, array.toFloatArray()));
      return new Result(outcome, weights, arrays);
    }
  }

  /**
   * How a training learns, beside labels.
   *
   * @param said the sections of a recipe
   */
  private record Way(String said, Balancer.Options balancer, List<Auxiliary> auxiliaries) {
    static Way balanced(Balancer.Options options) {
      return new Way(options.kind(), options, List.of());
    }

    static Way section(String yaml) {
      Training training = StrictYaml.parse(yaml, "test", Recipe.TRAINING);
      return new Way(yaml, training.balance(), training.auxiliaries());
    }

    private Map<String, GraphModule> teachers(NDManager base) {
      Map<String, GraphModule> teachers = new TreeMap<>();
      Edge edge = new Edge(PublishedEncoder.TORCHVISION, 0.25, 16);
      for (Task task : TestTasks.both(2)) {
        Ports all = TestPorts.of(2);
        List<Ports.Head> own =
            all.heads().stream().filter(head -> head.task().equals(task.tensor())).toList();
        teachers.put(task.id(), GraphModule.create(edge.graph(new Ports(own, null)), base, 9));
      }
      return teachers;
    }

    Result train(int loaderThreads, Path folder, int stopAfter) throws Exception {
      try (NDManager base = PyTorch.newBaseManager()) {
        Map<String, GraphModule> teachers = teachers(base);
        TrainingPlan plan = plan(false, 6, loaderThreads, balancer, auxiliaries, teachers);
        Map<String, float[]> before = values(teachers);
        Result result = TrainerTest.train(base, plan, folder, stopAfter);
        values(teachers)
            .forEach((name, value) -> assertThat(value).as(name).isEqualTo(before.get(name)));
        return result;
      }
    }

    private static Map<String, float[]> values(Map<String, GraphModule> teachers) {
      Map<String, float[]> values = new TreeMap<>();
      teachers.forEach(
          (task, module) ->
              module
                  .state(task)
                  .tensors()
                  .forEach((name, array) -> values.put(task + name, array.toFloatArray())));
      return values;
    }

    @Override
    public String toString() {
      return said;
    }
  }

  /** Also with a balancer that nobody knew of here. */
  static Stream<Way> ways() {
    return Stream.concat(
        new Balancer.Registered().all().stream().map(Way::balanced),
        Stream.of(
                "distill: {kind: features}",
                "distill: {kind: features, layers: [last], adaptor: non_linear, weights: {depth: 2}}",
                "{distill: {kind: features, adaptor: none}, balance: {kind: pcgrad}}",
                "{distill: {kind: features}, balance: {kind: famo}}",
                "distill: {kind: teacher_annealing}",
                "consistency: {}",
                "{consistency: {form: code, weights: {classes: 0.2}}, balance: {kind: gradnorm}}",
                "consistency: {form: align, width_factor: 0.25}",
                "earlier_self: {every_steps: 1, warm_up_epochs: 0, ramp_epochs: 0}",
                "earlier_self: {every_epochs: 1, ramp_epochs: 0}",
                "{earlier_self: {every_steps: 2, ramp_epochs: 0}, balance: {kind: famo}}",
                "earlier_self: {ema: 0.9, warm_up_epochs: 0}")
            .map(Way::section));
  }

  @ParameterizedTest
  @MethodSource("ways")
  void continuesToTheSameBitsAfterAStop(Way way, @TempDir Path folder) throws Exception {
    Result straight = way.train(1, folder.resolve("a"), -1);
    Result stopped = way.train(2, folder.resolve("b"), 3);
    assertThat(stopped.outcome().finished()).isFalse();
    assertThat(stopped.outcome().stepsDone()).isEqualTo(3);
    Result continued = way.train(2, folder.resolve("b"), -1);
    assertThat(continued.outcome().finished()).isTrue();
    straight
        .weights()
        .forEach((name, values) -> assertThat(continued.weights().get(name)).isEqualTo(values));
    assertThat(Trainer.last(folder.resolve("b")))
        .hasSameBinaryContentAs(Trainer.last(folder.resolve("a")));
    // A sum has no weights, and the test's own balancer tells none.
    if (way.balancer() != null && !Set.of("uniform", "random_weights").contains(way.said())) {
      assertThat(RunFolder.lines(Trainer.steps(folder.resolve("a"))))
          .as("what a balancer does can be seen")
          .anyMatch(line -> line.has("weight.segmentation") && line.has("weight.depth"));
    }
    // Once the first two steps have made what stays.
    List<Integer> arrays = straight.arrays();
    assertThat(arrays.subList(1, 6)).containsOnly(arrays.get(1));
  }

  /** The average is what is validated and kept, and it goes on from a stop to the same bits. */
  @Test
  void keepsAMovingAverageOfTheWeights(@TempDir Path folder) throws Exception {
    Path whole = folder.resolve("a");
    Result result = train(averaged(plan(false, 6, 1), 0.5), whole, -1);
    Path stopped = folder.resolve("b");
    train(averaged(plan(false, 6, 2), 0.5), stopped, 3);
    train(averaged(plan(false, 6, 2), 0.5), stopped, -1);
    assertThat(Trainer.last(stopped)).hasSameBinaryContentAs(Trainer.last(whole));
    assertThat(Trainer.best(stopped)).hasSameBinaryContentAs(Trainer.best(whole));
    Map<String, Tensor> last = Safetensors.read(Trainer.last(whole));
    String bias =
        last.keySet().stream()
            .filter(name -> name.startsWith("model.") && name.endsWith(".weight"))
            .findFirst()
            .orElseThrow();
    float[] own = last.get(bias).values();
    float[] average = last.get(bias.replaceFirst("model", "average")).values();
    assertThat(average).isNotEqualTo(own).hasSameSizeAs(own);
    assertThat(result.weights().get(bias.replaceFirst("model\\.", ""))).isEqualTo(own);
    // Without an average the steps are the same.
    Path plain = folder.resolve("c");
    train(plan(false, 6, 1), plain, -1);
    assertThat(Safetensors.read(Trainer.last(plain)).get(bias).values()).isEqualTo(own);
    assertThat(Safetensors.read(Trainer.best(plain)).get(bias).values())
        .isNotEqualTo(Safetensors.read(Trainer.best(whole)).get(bias).values());
  }

  /** A task without a label in a batch sits out, and turns are taken as if nothing had stopped. */
  @ParameterizedTest
  @EnumSource(Streams.Alternation.class)
  void continuesAlternatingStreamsToTheSameBits(
      Streams.Alternation alternation, @TempDir Path folder) throws Exception {
    Balancer.Options balancer = new Balancer.Registered().named("uncertainty");
    Path whole = folder.resolve("a");
    train(plan(streams(alternation), 7, 1, balancer, List.of(), Map.of()), whole, -1);
    Path stopped = folder.resolve("b");
    train(plan(streams(alternation), 7, 2, balancer, List.of(), Map.of()), stopped, 3);
    // A kill during the next step leaves its line, but no checkpoint.
    Files.writeString(
        Trainer.steps(stopped), Files.readString(Trainer.steps(stopped)) + "{\"step\":4,\"l");
    train(plan(streams(alternation), 7, 2, balancer, List.of(), Map.of()), stopped, -1);
    assertThat(Trainer.last(stopped)).hasSameBinaryContentAs(Trainer.last(whole));
    // Each stream fills two batches a pass, and a batch knows one task alone.
    List<String> learned =
        RunFolder.lines(Trainer.steps(whole)).stream()
            .map(
                line ->
                    // Nothing to learn is no loss of 0.
                    (line.has(Segmentation.ID) ? "classes" : "")
                        + (line.has(Depth.ID) ? "depth" : ""))
            .toList();
    assertThat(learned)
        .isEqualTo(
            alternation == Streams.Alternation.ITERATION
                ? List.of("classes", "depth", "classes", "depth", "classes", "depth", "classes")
                : List.of("classes", "classes", "depth", "depth", "classes", "classes", "depth"));
  }

  @Test
  void learnsWhatTheBoardsShow(@TempDir Path folder) throws Exception {
    train(plan(false, 40, 1), folder, -1);
    List<JsonNode> steps = RunFolder.lines(Trainer.steps(folder));
    double first = meanLoss(steps.subList(0, 5));
    double last = meanLoss(steps.subList(35, 40));
    assertThat(last).isLessThan(0.9 * first);
  }

  private static double meanLoss(List<JsonNode> steps) {
    return steps.stream().mapToDouble(step -> step.path("loss").asDouble()).average().orElseThrow();
  }

  @Test
  void doesNotGoOnFromAnotherNetworksCheckpoint(@TempDir Path folder) throws Exception {
    Files.createDirectories(folder);
    Files.write(Trainer.last(folder), new byte[] {1, 2, 3});
    assertThatThrownBy(() -> train(plan(false, 6, 1), folder, -1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("last.safetensors");
  }

  @Test
  void stopsAtALossThatIsNoNumberAndSaysWhere(@TempDir Path folder) {
    assertThatThrownBy(() -> train(plan(true, 60, 1), folder, -1))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("at step")
        .hasMessageContaining("board5")
        .hasMessageMatching(
            "(?s).*(last good checkpoint is .*last.safetensors|no checkpoint yet).*");
  }

  @Test
  void namesTheCheckpointToGoOnFromWhereALossIsNoNumber(@TempDir Path folder) throws Exception {
    train(plan(false, 60, 1), folder, 4);
    assertThatThrownBy(() -> train(plan(true, 60, 1), folder, -1))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("last good checkpoint is " + Trainer.last(folder));
  }

  @Test
  void losesNothingButTheStepsSinceTheLastCheckpoint(@TempDir Path folder) throws Exception {
    Result straight = train(plan(false, 7, 1), folder.resolve("a"), -1);
    Path killed = folder.resolve("b");
    train(plan(false, 7, 1), killed, 5);
    // As a kill during step 6 would leave it: log lines of a step that no checkpoint holds.
    Files.writeString(
        Trainer.steps(killed),
        Files.readString(Trainer.steps(killed)) + "{\"step\":6,\"loss\":1}\n{\"step\":7,\"l");
    Result continued = train(plan(false, 7, 1), killed, -1);
    assertThat(RunFolder.lines(Trainer.steps(killed)))
        .extracting(line -> line.path("step").asInt())
        .containsExactly(1, 2, 3, 4, 5, 6, 7);
    straight
        .weights()
        .forEach((name, values) -> assertThat(continued.weights().get(name)).isEqualTo(values));
  }

  /** Two convolutions over image and depth; what they say may be asked for more than once. */
  private static LayerGraph looker(boolean supervisedTwice) {
    LayerGraph.Builder graph = LayerGraph.named("looker");
    String image = graph.input(Ports.IMAGE, 3);
    String depth = graph.input(TestPorts.DEPTH_INPUT, 1);
    String both = graph.add("both", new Layer.Concat(), image, depth);
    String small =
        graph.add("small", new Layer.Conv(4, 4, 3, 2, Layer.Padding.of(1), 1, 1, false), both);
    String even = graph.add("even", Layer.BatchNorm.of(4), small);
    String logits = graph.add("logits", Layer.Conv.pointwise(4, 2, true), even);
    String metres = graph.add("metres", Layer.Conv.pointwise(4, 1, true), even);
    graph.output(TestPorts.CLASSES, logits).output(TestPorts.DEPTH, metres);
    if (supervisedTwice) {
      graph.output(TestPorts.CLASSES + ".0", logits).output(TestPorts.DEPTH + ".0", metres);
    }
    return graph.build();
  }

  private static JsonNode firstStep(LayerGraph graph, Path folder) throws Exception {
    return firstStep(graph, folder, 1);
  }

  private static JsonNode firstStep(LayerGraph graph, Path folder, double depthWeight)
      throws Exception {
    TrainingPlan plan =
        new TrainingPlan(
            batches(
                false,
                4,
                Augmentation.NONE,
                3,
                new Contents(TestTasks.both(2), List.of(TestTasks.depth()), List.of())),
            1,
            1,
            Losses.of(Map.of("depth_weight", depthWeight)),
            List.of(),
            Map.of(),
            Adam.Settings.of(1e-3),
            new Schedule(Schedule.Kind.COSINE, 0, 0, 1, 1, 1),
            List.of(),
            1,
            1,
            1,
            0);
    try (NDManager base = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(graph, base, 5)) {
      new Trainer(
              module,
              base,
              plan,
              folder,
              m -> new Trainer.Verdict(0, Map.of()),
              new Trainer.Listener() {})
          .run(new StopSignal());
    }
    return RunFolder.lines(Trainer.steps(folder)).get(0);
  }

  @Test
  void addsTheLossesOfFurtherOutputs(@TempDir Path folder) throws Exception {
    JsonNode once = firstStep(looker(false), folder.resolve("a"));
    JsonNode twice = firstStep(looker(true), folder.resolve("b"));
    for (String loss : List.of(Segmentation.ID, Depth.ID)) {
      assertThat(once.path(loss).asDouble()).isPositive();
      assertThat(twice.path(loss).asDouble())
          .isCloseTo(2 * once.path(loss).asDouble(), within(1e-5));
    }
  }

  @Test
  void stopsAtAGradientWhoseSquareOverflowsThoughTheLossIsANumber(@TempDir Path folder) {
    assertThatThrownBy(() -> firstStep(looker(false), folder, 1e25))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("gradient overflowed at step 1")
        .hasMessageContaining("small.")
        .hasMessageContaining("board")
        .hasMessageContaining("no checkpoint yet");
    assertThat(Trainer.last(folder)).doesNotExist();
  }

  @Test
  void doesNotGoOnFromWhatIsNotFinite(@TempDir Path folder) throws Exception {
    train(plan(false, 6, 1), folder, 3);
    Map<String, Tensor> state = new TreeMap<>(Safetensors.read(Trainer.last(folder)));
    String moment =
        state.keySet().stream().filter(n -> n.startsWith("adam.variance.")).findFirst().get();
    state.get(moment).values()[0] = Float.POSITIVE_INFINITY;
    Safetensors.write(Trainer.last(folder), state, Map.of());
    assertThatThrownBy(() -> train(plan(false, 6, 1), folder, -1))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("last.safetensors")
        .hasMessageContaining(moment + " holds Infinity");
  }

  @Test
  void refusesWhereThreadsComputeOtherwiseThanOneBeforeAnythingIsWritten(@TempDir Path folder) {
    int threads = JniUtils.getNumThreads();
    try (NDManager base = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(looker(false), base, 5)) {
      JniUtils.setNumThreads(2);
      Trainer trainer =
          new Trainer(
              module,
              base,
              plan(false, 1, 1),
              folder,
              m -> new Trainer.Verdict(0, Map.of()),
              new Trainer.Listener() {},
              WrongConvolutions.check("output"));
      assertThatThrownBy(() -> trainer.run(new StopSignal()))
          .isInstanceOf(TrainingException.class)
          .hasMessageContaining("training was not begun: with 2 threads")
          .hasMessageContaining("small (3x3, 4 to 4 channels, stride 2, input [3,4,48,64])")
          .hasMessageContaining("ONEDNN_MAX_CPU_ISA=AVX2")
          .hasMessageContaining("TARSIER_THREADS=1");
      assertThat(folder).isEmptyDirectory();
    } finally {
      JniUtils.setNumThreads(threads);
    }
  }
}
