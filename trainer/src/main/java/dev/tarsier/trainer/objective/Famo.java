package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.network.Gradients;
import dev.tarsier.trainer.network.State;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Liu et al., "FAMO: fast adaptive multitask optimization", NeurIPS 2023: the losses' logarithms
 * fall alike. Weights {@code z = softmax(ξ)} learn from how much each fell in the step, for which
 * the batch is looked at once more; no gradient of a single task is needed.
 */
final class Famo implements Balancer {
  private static final double DEFAULT_RATE = 0.025;
  private static final double DEFAULT_DECAY = 1e-3;
  private static final double SMALL = 1e-8;
  private static final double BETA_1 = 0.9;
  private static final double BETA_2 = 0.999;

  /**
   * Settings.
   *
   * @param learningRate of ξ's own Adam; null for 0.025
   * @param decay of ξ, as a part of its gradient; null for 0.001
   */
  public record Options(Double learningRate, Double decay) implements Balancer.Options {
    /** The published settings. */
    public Options() {
      this(null, null);
    }

    /** Fills in and checks the ranges. */
    public Options {
      learningRate = learningRate == null ? DEFAULT_RATE : learningRate;
      decay = decay == null ? DEFAULT_DECAY : decay;
      if (!(learningRate > 0 && decay >= 0)) {
        throw new IllegalArgumentException(
            "learning_rate must be > 0 and decay >= 0, got %s and %s"
                .formatted(learningRate, decay));
      }
    }

    @Override
    public String kind() {
      return "famo";
    }

    @Override
    public Balancer create(Setup setup) {
      return new Famo(setup, this);
    }
  }

  /** What is remembered of a task. */
  private static final class Memory {
    private double xi;
    private double moment1;
    private double moment2;
    private long updates;
  }

  private final Map<String, Double> lossWeights;
  private final Options options;
  private final Map<String, Memory> memories = new LinkedHashMap<>();
  private Map<String, Double> before = Map.of();

  Famo(Setup setup, Options options) {
    lossWeights = setup.weights();
    this.options = options;
    setup.tasks().forEach(task -> memories.put(task.id(), new Memory()));
  }

  @Override
  public NDArray backward(Step step) {
    Map<String, NDArray> tasks = step.losses().byTask(lossWeights);
    before = new LinkedHashMap<>();
    tasks.forEach((task, loss) -> before.put(task, (double) loss.getFloat()));
    NDArray sum =
        tasks.isEmpty()
            ? step.losses().sum(lossWeights)
            : NamedLosses.weighted(List.copyOf(tasks.values()), weights());
    Gradients.backward(sum, false);
    return sum;
  }

  /** {@code z_i / (c·L_i)} with c so that they are 1 in all: d Σ z log L, of one length. */
  private double[] weights() {
    double[] weights = softmax();
    double sum = 0;
    int i = 0;
    for (double loss : before.values()) {
      weights[i] /= loss + SMALL;
      sum += weights[i++];
    }
    for (i = 0; i < weights.length; i++) {
      weights[i] /= sum;
    }
    return weights;
  }

  private double[] softmax() {
    double[] z = before.keySet().stream().mapToDouble(task -> memories.get(task).xi).toArray();
    double most = Arrays.stream(z).max().orElse(0);
    double sum = 0;
    for (int i = 0; i < z.length; i++) {
      z[i] = Math.exp(z[i] - most);
      sum += z[i];
    }
    for (int i = 0; i < z.length; i++) {
      z[i] /= sum;
    }
    return z;
  }

  @Override
  public void updated(Supplier<NamedLosses> again) {
    if (before.size() < 2) {
      return;
    }
    Map<String, Double> after = new LinkedHashMap<>();
    again
        .get()
        .byTask(lossWeights)
        .forEach((task, loss) -> after.put(task, (double) loss.getFloat()));
    learn(after);
  }

  /** Goes a step along the gradient of {@code Σ z_i·δ_i}, δ the fall of the loss's logarithm. */
  void learn(Map<String, Double> after) {
    double[] z = softmax();
    double[] fall = new double[z.length];
    double mean = 0;
    int i = 0;
    for (Map.Entry<String, Double> task : before.entrySet()) {
      fall[i] = Math.log(task.getValue() + SMALL) - Math.log(after.get(task.getKey()) + SMALL);
      mean += z[i] * fall[i];
      i++;
    }
    i = 0;
    for (String task : before.keySet()) {
      Memory memory = memories.get(task);
      double gradient = z[i] * (fall[i] - mean) + options.decay() * memory.xi;
      memory.updates++;
      memory.moment1 = BETA_1 * memory.moment1 + (1 - BETA_1) * gradient;
      memory.moment2 = BETA_2 * memory.moment2 + (1 - BETA_2) * gradient * gradient;
      double first = memory.moment1 / (1 - Math.pow(BETA_1, (double) memory.updates));
      double second = memory.moment2 / (1 - Math.pow(BETA_2, (double) memory.updates));
      memory.xi -= options.learningRate() * first / (Math.sqrt(second) + SMALL);
      i++;
    }
  }

  @Override
  public List<State> states() {
    return List.of(
        new Numbers("famo") {
          @Override
          void visit(Visitor visitor) {
            memories.forEach(
                (task, memory) -> {
                  memory.xi = visitor.value(task + ".xi", memory.xi);
                  memory.moment1 = visitor.value(task + ".moment1", memory.moment1);
                  memory.moment2 = visitor.value(task + ".moment2", memory.moment2);
                  memory.updates = visitor.count(task + ".updates", memory.updates);
                });
          }
        });
  }
}
