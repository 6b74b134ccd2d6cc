package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.network.Gradients;
import dev.tarsier.trainer.network.State;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Chen et al., "GradNorm: gradient normalization for adaptive loss balancing", ICML 2018: weights
 * are learned so that at the last shared layer each task's gradient is as long as the others',
 * longer for tasks that learn slowly. Weights are {@code T} in all; the step is taken with those
 * from before their update.
 */
final class GradNorm implements Balancer {
  private static final double DEFAULT_ALPHA = 1.5;
  private static final double DEFAULT_RATE = 0.025;
  private static final double SMALLEST = 1e-8;

  /**
   * Settings.
   *
   * @param alpha how strongly slow tasks are favoured; null for 1.5
   * @param learningRate of the weights' own Adam; null for 0.025
   */
  public record Options(Double alpha, Double learningRate) implements Balancer.OfGradients {
    /** The published settings. */
    public Options() {
      this(null, null);
    }

    /** Fills in and checks the ranges. */
    public Options {
      alpha = alpha == null ? DEFAULT_ALPHA : alpha;
      learningRate = learningRate == null ? DEFAULT_RATE : learningRate;
      if (!(alpha >= 0 && alpha <= 100 && learningRate > 0 && learningRate <= 1)) {
        throw new IllegalArgumentException(
            "alpha must be 0 to 100 and learning_rate above 0, at most 1, got %s and %s"
                .formatted(alpha, learningRate));
      }
    }

    @Override
    public String kind() {
      return "gradnorm";
    }

    @Override
    public Balancer create(Setup setup) {
      return new GradNorm(setup, this);
    }
  }

  /** What is remembered of a task. */
  private static final class Memory {
    private final LearnedNumber weight = new LearnedNumber(1);
    private double first = Double.NaN;
  }

  private final Map<String, Double> lossWeights;
  private final Options options;
  private final Map<String, Memory> memories = new LinkedHashMap<>();

  GradNorm(Setup setup, Options options) {
    lossWeights = setup.weights();
    this.options = options;
    setup.tasks().forEach(task -> memories.put(task.id(), new Memory()));
  }

  @Override
  public NDArray backward(Step step) {
    Map<String, NDArray> tasks = step.losses().byTask(lossWeights);
    List<NDArray> losses = List.copyOf(tasks.values());
    List<Memory> known = tasks.keySet().stream().map(memories::get).toList();
    double[] weights = known.stream().mapToDouble(memory -> memory.weight.value()).toArray();
    double[] values = losses.stream().mapToDouble(NDArray::getFloat).toArray();
    for (int i = 0; i < values.length; i++) {
      Memory memory = known.get(i);
      memory.first = Double.isNaN(memory.first) && values[i] > 0 ? values[i] : memory.first;
    }
    if (tasks.size() < 2) {
      return step.backward(tasks, weights, lossWeights);
    }
    double[] norms = new double[known.size()];
    double[] progress = new double[known.size()];
    for (int i = 0; i < norms.length; i++) {
      double loss = Math.max(0, values[i]); // rounding can take it below
      double first = known.get(i).first;
      progress[i] = first > 0 ? loss / first : 1;
      NDArray gradient = Gradients.of(losses.get(i), List.of(step.shared().lastWeight())).get(0);
      norms[i] = Math.sqrt(gradient.square().sum().getFloat());
    }
    NDArray sum = step.backward(tasks, weights, lossWeights);
    double[] slopes = slopes(weights, norms, progress, options.alpha());
    for (int i = 0; i < slopes.length; i++) {
      update(known.get(i).weight, slopes[i]);
    }
    scale(known, Arrays.stream(weights).sum());
    return sum;
  }

  /**
   * The derivative by each weight of {@code Σ |w_i·n_i − mean(w·n)·r_i^α|}, the second term held.
   *
   * @param weights w
   * @param norms n, of the unweighted losses' gradients
   * @param progress each loss by its first
   */
  static double[] slopes(double[] weights, double[] norms, double[] progress, double alpha) {
    double mean = 0;
    double meanProgress = 0;
    for (int i = 0; i < weights.length; i++) {
      mean += weights[i] * norms[i] / weights.length;
      meanProgress += progress[i] / weights.length;
    }
    double[] slopes = new double[weights.length];
    for (int i = 0; i < weights.length; i++) {
      double rate = meanProgress > 0 ? progress[i] / meanProgress : 1;
      double target = mean * Math.pow(rate, alpha);
      slopes[i] = Math.signum(weights[i] * norms[i] - target) * norms[i];
    }
    return slopes;
  }

  private void update(LearnedNumber weight, double slope) {
    weight.step(slope, options.learningRate());
    weight.set(Math.max(weight.value(), SMALLEST)); // below 0 it would unlearn its task
  }

  /** Brings weights to a sum; those of tasks that sit out stay as they are. */
  private static void scale(List<Memory> known, double to) {
    double sum = known.stream().mapToDouble(memory -> memory.weight.value()).sum();
    for (Memory memory : known) {
      memory.weight.set(memory.weight.value() * (to / sum));
    }
  }

  @Override
  public Map<String, Double> weights() {
    Map<String, Double> weights = new LinkedHashMap<>();
    memories.forEach((task, memory) -> weights.put(task, memory.weight.value()));
    return weights;
  }

  @Override
  public List<State> states() {
    return List.of(
        new Numbers("gradnorm") {
          @Override
          void visit(Visitor visitor) {
            memories.forEach(
                (task, memory) -> {
                  memory.weight.visit(visitor, task, "weight");
                  memory.first = visitor.value(task + ".first", memory.first);
                });
          }
        });
  }
}
