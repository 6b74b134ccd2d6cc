package dev.tarsier.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.trainer.network.Gradients;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.objective.Balancer;
import dev.tarsier.trainer.objective.NamedLosses;
import dev.tarsier.trainer.objective.Uniform;
import dev.tarsier.trainer.optimiser.Adam;
import dev.tarsier.trainer.recipe.Recipe;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.MaskedCrossEntropy;
import dev.tarsier.trainer.task.MaskedL1;
import dev.tarsier.trainer.task.Task;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** A training step of {@code edge} with each of some balancers, one after the other, in turns. */
final class BalancedSteps implements AutoCloseable {
  private static final int WARM_UP = 2;

  /** One balancer with a network of its own. */
  private final class Contender implements AutoCloseable {
    private final String name;
    private final NDManager own = base.newSubManager();
    private final GraphModule module;
    private final Adam adam;
    private final Balancer balancer;
    private final Map<String, NDArray> shared;
    private final List<Double> millis = new ArrayList<>();

    Contender(String name, Balancer.Options options) {
      this.name = name;
      module = GraphModule.create(Recipe.TRAINING.network().graph(ClassSet.NYU_13), own, 2);
      Map<String, Double> weights = new HashMap<>();
      tasks.forEach(task -> weights.put(task.id(), 1.0));
      balancer = options.create(new Balancer.Setup(weights, tasks, own, 1));
      Map<String, NDArray> learned = new LinkedHashMap<>(module.parameters());
      balancer.parameters().forEach((each, array) -> learned.put("balancer." + each, array));
      adam = new Adam(learned, own, Adam.Settings.of(1e-4));
      shared = module.sharedParameters();
    }

    void step(boolean counts) {
      long start = System.nanoTime();
      try (NDManager work = own.newSubManager()) {
        NDArray image = work.create(pixels, new Shape(batch, 3, height, width));
        Set<String> taps = module.graph().lastSharedNodes();
        GraphModule.Forward forward = module.forward(Map.of("image", image), true, taps);
        balancer.backward(
            new Balancer.Step(
                losses(forward.outputs(), work),
                new Balancer.Shared(shared, List.copyOf(forward.taps().values())),
                0));
        adam.update(1);
        balancer.updated(() -> Gradients.without(() -> losses(module.forward(image, true), work)));
      }
      if (counts) {
        millis.add((System.nanoTime() - start) / 1e6);
      }
    }

    @Override
    public void close() {
      adam.close();
      module.close();
      own.close();
    }
  }

  private final NDManager base;
  private final int batch;
  private final int height;
  private final int width;
  private final float[] pixels;
  private final List<Task> tasks = Recipe.TRAINING.network().tasks(ClassSet.NYU_13).outputs();
  private final List<Contender> contenders = new ArrayList<>();

  /**
   * Steps with images of this size.
   *
   * @param kinds of balancers, such as {@code pcgrad} or {@code mgda:features}
   */
  BalancedSteps(NDManager base, int batch, int height, int width, List<String> kinds) {
    this.base = base;
    this.batch = batch;
    this.height = height;
    this.width = width;
    pixels = new float[batch * 3 * height * width];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) (i * 7919L % 256);
    }
    JniUtils.setGradMode(true);
    contenders.add(new Contender("uniform", new Uniform.Options()));
    for (String kind : kinds) {
      String[] parts = kind.split(":");
      String at = parts.length > 1 ? ", at: " + parts[1] : "";
      contenders.add(
          new Contender(
              kind,
              StrictYaml.parse(
                      "balance: {kind: %s%s}".formatted(parts[0], at), "--balance", Recipe.TRAINING)
                  .balance()));
    }
  }

  private NamedLosses losses(Map<String, NDArray> outputs, NDManager work) {
    int pixelsOut = batch * (height / 2) * (width / 2);
    long[] ids = new long[pixelsOut];
    float[] metres = new float[pixelsOut];
    for (int i = 0; i < pixelsOut; i++) {
      ids[i] = i / 50 % 13;
      metres[i] = (float) (1 + i % 50 / 10.0);
    }
    Shape shape = new Shape(batch, 1, height / 2, width / 2);
    NDArray ones = work.ones(shape);
    NamedLosses losses = new NamedLosses();
    for (Task task : tasks) {
      NDArray output = outputs.get(task.tensor());
      losses.add(
          task.id(),
          task.learnsIds()
              ? MaskedCrossEntropy.of(output, work.create(ids, shape), ones, pixelsOut)
              : MaskedL1.of(output, work.create(metres, shape), ones, pixelsOut),
          true);
    }
    return losses;
  }

  /** Times and prints. */
  void run(int steps) {
    for (int step = 0; step < WARM_UP + steps; step++) {
      for (Contender each : contenders) {
        each.step(step >= WARM_UP);
      }
    }
    double plain = TrainStepBench.median(contenders.get(0).millis);
    for (Contender each : contenders) {
      System.out.printf(
          Locale.ROOT,
          "%-22s median %7.1f ms  %.2f of uniform%n",
          each.name,
          TrainStepBench.median(each.millis),
          TrainStepBench.median(each.millis) / plain);
    }
  }

  @Override
  public void close() {
    contenders.forEach(Contender::close);
  }
}
