package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.network.State;
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
      if (!(learningRate > 0 && learningRate <= 1 && decay >= 0 && decay <= 1)) {
        throw new IllegalArgumentException(
            "learning_rate must be above 0, at most 1, and decay 0 to 1, got %s and %s"
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

  private final Map<String, Double> lossWeights;
  private final Options options;
  private final Map<String, LearnedNumber> xi = new LinkedHashMap<>();
  private final Map<String, Double> counted = new LinkedHashMap<>();
  private Map<String, Double> before = Map.of();

  Famo(Setup setup, Options options) {
    lossWeights = setup.weights();
    this.options = options;
    setup.tasks().forEach(task -> xi.put(task.id(), new LearnedNumber(0)));
  }

  @Override
  public NDArray backward(Step step) {
    Map<String, NDArray> tasks = step.losses().byTask(lossWeights);
    before = new LinkedHashMap<>();
    tasks.forEach((task, loss) -> before.put(task, (double) loss.getFloat()));
    // A loss that is 0, or below by rounding, has no logarithm and nothing left to fall.
    before.values().removeIf(loss -> loss <= 0);
    tasks.keySet().retainAll(before.keySet());
    double[] weights = ofLosses();
    counted.clear();
    for (String task : tasks.keySet()) {
      counted.put(task, weights[counted.size()]);
    }
    return step.backward(tasks, weights, lossWeights);
  }

  @Override
  public Map<String, Double> weights() {
    return Map.copyOf(counted);
  }

  /** {@code z_i / (c·L_i)} with c so that they are 1 in all: d Σ z log L, of one length. */
  private double[] ofLosses() {
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
    return Softmax.of(before.keySet().stream().mapToDouble(task -> xi.get(task).value()).toArray());
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
      double now = Math.max(0, after.get(task.getKey()));
      fall[i] = Math.log(task.getValue() + SMALL) - Math.log(now + SMALL);
      mean += z[i] * fall[i];
      i++;
    }
    i = 0;
    for (String task : before.keySet()) {
      LearnedNumber own = xi.get(task);
      own.step(z[i] * (fall[i] - mean) + options.decay() * own.value(), options.learningRate());
      i++;
    }
  }

  @Override
  public List<State> states() {
    return List.of(
        new Numbers("famo") {
          @Override
          void visit(Visitor visitor) {
            xi.forEach((task, own) -> own.visit(visitor, task, "xi"));
          }
        });
  }
}
