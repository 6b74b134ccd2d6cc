package dev.tarsier.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.trainer.dataset.Augmentation;
import dev.tarsier.trainer.dataset.Batch;
import dev.tarsier.trainer.dataset.BatchLoader;
import dev.tarsier.trainer.dataset.Contents;
import dev.tarsier.trainer.dataset.Mixture;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.dataset.Streams;
import dev.tarsier.trainer.network.Gradients;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Ports;
import dev.tarsier.trainer.objective.Auxiliary;
import dev.tarsier.trainer.objective.Balancer;
import dev.tarsier.trainer.objective.BatchTensors;
import dev.tarsier.trainer.objective.NamedLosses;
import dev.tarsier.trainer.objective.Objective;
import dev.tarsier.trainer.objective.Objectives;
import dev.tarsier.trainer.optimiser.Adam;
import dev.tarsier.trainer.recipe.Recipe;
import dev.tarsier.trainer.recipe.Training;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Task;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A training step of {@code edge} as recipes' sections have it, beside one that sums the losses of
 * labels, in turns.
 */
final class LearningSteps implements AutoCloseable {
  private static final int WARM_UP = 2;
  private static final long STEPS = 1_000_000;

  /** Frames of whatever shows. */
  private record Noise(int size, int height, int width, List<Task> tasks) implements SampleSource {
    @Override
    public Sample get(int index) {
      byte[] rgb = new byte[3 * width * height];
      byte[] ids = new byte[width * height];
      float[] metres = new float[width * height];
      for (int i = 0; i < rgb.length; i++) {
        rgb[i] = (byte) (i * 7919L + index);
      }
      for (int i = 0; i < ids.length; i++) {
        ids[i] = (byte) (i / 50 % ClassSet.NYU_13.size());
        metres[i] = (float) (1 + i % 50 / 10.0);
      }
      Sample sample = Sample.of("frame" + index, width, height, rgb);
      for (Task task : tasks) {
        sample =
            task.learnsIds()
                ? sample.withIds(task.id(), ids)
                : sample.withValues(task.id(), metres);
      }
      return sample;
    }

    @Override
    public String name() {
      return "noise";
    }

    @Override
    public String sha256() {
      return "0".repeat(64);
    }
  }

  /** One way to learn with a network of its own. */
  private final class Contender implements AutoCloseable {
    private final String name;
    private final NDManager own = base.newSubManager();
    private final GraphModule module;
    private final Objectives objectives;
    private final Adam adam;
    private final Balancer balancer;
    private final Map<String, NDArray> shared;
    private final Set<String> lastShared;
    private final Set<String> taps;
    private final List<Double> millis = new ArrayList<>();
    private long steps;

    Contender(String name, String section) {
      this.name = name;
      Training training = StrictYaml.parse(section, name, Recipe.TRAINING);
      module = GraphModule.create(training.network().graph(ClassSet.NYU_13), own, 2);
      objectives =
          new Objectives(
              training.auxiliaries(),
              new Auxiliary.Setup(
                  module,
                  teachers(training),
                  training.losses().balancedBy(training.balance()),
                  plan,
                  STEPS,
                  own));
      balancer = objectives.balancer();
      Map<String, NDArray> learned = new LinkedHashMap<>(module.parameters());
      learned.putAll(objectives.parameters());
      balancer.parameters().forEach((each, array) -> learned.put("balancer." + each, array));
      adam = new Adam(learned, own, Adam.Settings.of(1e-4));
      shared = module.sharedParameters();
      lastShared = module.graph().lastSharedNodes();
      taps = new LinkedHashSet<>(lastShared);
      taps.addAll(objectives.taps());
    }

    private Map<String, GraphModule> teachers(Training training) {
      Map<String, GraphModule> teachers = new LinkedHashMap<>();
      if (training.distill() != null) {
        Ports all = training.network().ports(ClassSet.NYU_13);
        for (Task task : tasks) {
          List<Ports.Head> alone =
              all.heads().stream().filter(head -> head.task().equals(task.tensor())).toList();
          Ports one = new Ports(alone, null);
          teachers.put(
              task.id(), GraphModule.create(training.network().architecture().graph(one), own, 3));
        }
      }
      return teachers;
    }

    void step(boolean counts) {
      long start = System.nanoTime();
      try (NDManager work = own.newSubManager()) {
        Map<String, NDArray> inputs = BatchTensors.inputs(work, frames);
        GraphModule.Forward forward = module.forward(inputs, true, taps);
        balancer.backward(
            new Balancer.Step(
                losses(inputs, forward, work),
                new Balancer.Shared(shared, lastShared.stream().map(forward.taps()::get).toList()),
                0));
        objectives.differentiated(steps);
        adam.update(1);
        balancer.updated(
            () ->
                Gradients.without(() -> losses(inputs, module.forward(inputs, true, taps), work)));
      }
      steps++;
      if (counts) {
        millis.add((System.nanoTime() - start) / 1e6);
      }
    }

    private NamedLosses losses(
        Map<String, NDArray> inputs, GraphModule.Forward forward, NDManager work) {
      return objectives.of(new Objective.Step(frames, inputs, forward, work, steps));
    }

    @Override
    public void close() {
      objectives.close();
      adam.close();
      module.close();
      own.close();
    }
  }

  private final NDManager base;
  private final List<Task> tasks = Recipe.TRAINING.network().tasks(ClassSet.NYU_13).outputs();
  private final BatchLoader.Plan plan;
  private final BatchLoader loader;
  private final Batch frames;
  private final List<Contender> contenders = new ArrayList<>();

  /**
   * Steps with images of this size.
   *
   * @param balancers kinds, such as {@code pcgrad} or {@code mgda:features}
   * @param sections of a training in a recipe, such as {@code distill: {kind: features}}
   */
  LearningSteps(
      NDManager base,
      int batch,
      int height,
      int width,
      List<String> balancers,
      List<String> sections)
      throws InterruptedException {
    this.base = base;
    plan =
        new BatchLoader.Plan(
            Streams.of(
                new Mixture(List.of(Mixture.Part.whole(new Noise(batch, height, width, tasks))))),
            batch,
            height,
            width,
            height,
            width,
            height / 2,
            width / 2,
            Augmentation.NONE,
            Map.of(),
            1,
            Contents.of(tasks));
    loader = new BatchLoader(plan, 0, 1);
    frames = loader.next();
    JniUtils.setGradMode(true);
    contenders.add(new Contender("uniform", "balance: {kind: uniform}"));
    for (String kind : balancers) {
      String[] parts = kind.split(":");
      String at = parts.length > 1 ? ", at: " + parts[1] : "";
      contenders.add(new Contender(kind, "balance: {kind: %s%s}".formatted(parts[0], at)));
    }
    sections.forEach(section -> contenders.add(new Contender(section, section)));
  }

  /** Times and prints. */
  void run(int steps) {
    List<Integer> arrays = new ArrayList<>();
    for (int step = 0; step < WARM_UP + steps; step++) {
      for (Contender each : contenders) {
        each.step(step >= WARM_UP);
      }
      arrays.add(base.getManagedArrays().size());
    }
    double plain = TrainStepBench.median(contenders.get(0).millis);
    for (Contender each : contenders) {
      System.out.printf(
          Locale.ROOT,
          "%-40s median %7.1f ms  %.2f of uniform%n",
          each.name,
          TrainStepBench.median(each.millis),
          TrainStepBench.median(each.millis) / plain);
    }
    System.out.printf(
        Locale.ROOT,
        "arrays held after step 1: %d, after step %d: %d%n",
        arrays.get(0),
        arrays.size(),
        arrays.get(arrays.size() - 1));
  }

  @Override
  public void close() {
    contenders.forEach(Contender::close);
    frames.close();
    loader.close();
  }
}
