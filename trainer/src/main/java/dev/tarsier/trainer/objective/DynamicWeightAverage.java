package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.network.State;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Liu et al., "End-to-end multi-task learning with attention", CVPR 2019, DWA: a task counts more
 * the less its mean loss fell from the epoch before last to the last; {@code T·softmax(w/τ)}. The
 * first two epochs weigh all alike. Means are over the batches in which the task had a target.
 */
final class DynamicWeightAverage implements Balancer {
  private static final double DEFAULT_TEMPERATURE = 2;

  /**
   * Settings.
   *
   * @param temperature τ, above 0; null for 2
   */
  public record Options(Double temperature) implements Balancer.Options {
    /** The published settings. */
    public Options() {
      this(null);
    }

    /** Fills in and checks the range. */
    public Options {
      temperature = temperature == null ? DEFAULT_TEMPERATURE : temperature;
      if (!(temperature > 0)) {
        throw new IllegalArgumentException("temperature must be > 0, got " + temperature);
      }
    }

    @Override
    public String kind() {
      return "dwa";
    }

    @Override
    public boolean comparesTasksOfABatch() {
      return false;
    }

    @Override
    public Balancer create(Setup setup) {
      return new DynamicWeightAverage(setup, temperature);
    }
  }

  /** What is remembered of a task. */
  private static final class Memory {
    private double sum;
    private long batches;
    private double last = Double.NaN;
    private double beforeLast = Double.NaN;
    private double weight = 1;
  }

  private final Map<String, Double> lossWeights;
  private final double temperature;
  private final Map<String, Memory> memories = new LinkedHashMap<>();
  private long epoch;

  DynamicWeightAverage(Setup setup, double temperature) {
    lossWeights = setup.weights();
    this.temperature = temperature;
    setup.tasks().forEach(task -> memories.put(task.id(), new Memory()));
  }

  @Override
  public NDArray backward(Step step) {
    if (step.epoch() > epoch) {
      beginEpoch(step.epoch());
    }
    Map<String, NDArray> tasks = step.losses().byTask(lossWeights);
    double[] weights =
        tasks.keySet().stream().mapToDouble(task -> memories.get(task).weight).toArray();
    tasks.forEach((task, loss) -> add(task, loss.getFloat()));
    return step.backward(tasks, weights, lossWeights);
  }

  /** A loss of this epoch. */
  void add(String task, double loss) {
    Memory memory = memories.get(task);
    memory.sum += loss;
    memory.batches++;
  }

  /** An epoch is over, and its means are known. */
  void beginEpoch(long next) {
    epoch = next;
    for (Memory memory : memories.values()) {
      memory.beforeLast = memory.last;
      memory.last = memory.batches == 0 ? memory.last : memory.sum / memory.batches;
      memory.sum = 0;
      memory.batches = 0;
    }
    double[] weights = Softmax.of(memories.values().stream().mapToDouble(this::logit).toArray());
    int i = 0;
    for (Memory memory : memories.values()) {
      memory.weight = memories.size() * weights[i++];
    }
  }

  /** {@code w/τ}; a task of which no two means are known falls as one that does not learn. */
  private double logit(Memory memory) {
    double fall = memory.last / memory.beforeLast;
    return (Double.isFinite(fall) ? fall : 1) / temperature;
  }

  @Override
  public Map<String, Double> weights() {
    Map<String, Double> weights = new LinkedHashMap<>();
    memories.forEach((task, memory) -> weights.put(task, memory.weight));
    return weights;
  }

  @Override
  public List<State> states() {
    return List.of(
        new Numbers("dwa") {
          @Override
          void visit(Visitor visitor) {
            epoch = visitor.count("epoch", epoch);
            memories.forEach(
                (task, memory) -> {
                  memory.sum = visitor.value(task + ".sum", memory.sum);
                  memory.batches = visitor.count(task + ".batches", memory.batches);
                  memory.last = visitor.value(task + ".last", memory.last);
                  memory.beforeLast = visitor.value(task + ".before_last", memory.beforeLast);
                  memory.weight = visitor.value(task + ".weight", memory.weight);
                });
          }
        });
  }
}
