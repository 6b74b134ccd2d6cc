package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tarsier.trainer.dataset.BatchLoader;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.MovingAverage;
import dev.tarsier.trainer.network.Scalars;
import dev.tarsier.trainer.network.State;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.TaskName;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Self-distillation against forgetting (Illés, <i>Disjoint Datasets in Multi-task Learning with
 * Deep Neural Networks for Autonomous Driving</i>; methods §5): where a frame has no label of a
 * task, the network is held to what it said of it a while ago.
 *
 * <p>Its losses are called {@code TASK.earlier_self} and are taken over the frames of the batch
 * that have no label of the task: classes by {@code T² · KL(softmax(earlier/T) ‖ softmax(now/T))},
 * averaged over the pixels, values by their task's loss to the earlier ones. The earlier network
 * runs with its running statistics and learns nothing. It always lags one update at least. Just
 * after it was taken anew it says almost the same: the divergence's gradient is small then, that of
 * an absolute error is not, for its size does not depend on the difference.
 */
public final class EarlierSelf implements Objective {
  private static final double DEFAULT_TEMPERATURE = 2;
  private static final double NEXT_TO_NOTHING = 1e-3;

  /**
   * Settings: when the earlier network is taken anew, and how much it counts. Without any of the
   * first four it is taken anew every epoch.
   *
   * @param everySteps after so many steps; 1 for the network as it was a step ago
   * @param everyEpochs after so many epochs
   * @param everyPhases after so many phases, which are passes over one stream where streams take
   *     turns by epoch: learning without forgetting (Li and Hoiem, ECCV 2016)
   * @param ema never as a whole: an exponential moving average that keeps this share of itself in
   *     each step, such as 0.999; at first less
   * @param temperature T; null for 2
   * @param warmUpEpochs it counts nothing for so many epochs, nor before it is first taken anew,
   *     for until then it is the network before its first step; null for 1
   * @param rampEpochs then it comes to count in full over so many; null for 1
   * @param weights of each task in full; 1 where none is said
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Options(
      Long everySteps,
      Integer everyEpochs,
      Integer everyPhases,
      Double ema,
      Double temperature,
      Double warmUpEpochs,
      Double rampEpochs,
      TaskWeights weights)
      implements Auxiliary {
    /** Fills in and checks the ranges. */
    public Options {
      long given =
          Stream.of(everySteps, everyEpochs, everyPhases, ema).filter(Objects::nonNull).count();
      if (given > 1) {
        throw new IllegalArgumentException(
            "give one of every_steps, every_epochs, every_phases and ema, not several");
      }
      everyEpochs = given == 0 ? Integer.valueOf(1) : everyEpochs;
      temperature = temperature == null ? DEFAULT_TEMPERATURE : temperature;
      warmUpEpochs = warmUpEpochs == null ? 1 : warmUpEpochs;
      rampEpochs = rampEpochs == null ? 1 : rampEpochs;
      weights = weights == null ? new TaskWeights(Map.of()) : weights;
      requireCount("every_steps", everySteps);
      requireCount("every_epochs", everyEpochs);
      requireCount("every_phases", everyPhases);
      if (ema != null && !(ema > 0 && ema < 1)) {
        throw new IllegalArgumentException("ema must be above 0 and below 1, got " + ema);
      }
      if (!(temperature > 0 && temperature <= 100 && warmUpEpochs >= 0 && rampEpochs >= 0)) {
        throw new IllegalArgumentException(
            "temperature must be above 0, at most 100, warm_up_epochs and ramp_epochs >= 0, got %s, %s and %s"
                .formatted(temperature, warmUpEpochs, rampEpochs));
      }
    }

    private static void requireCount(String key, Number count) {
      if (count != null && count.longValue() < 1) {
        throw new IllegalArgumentException("%s must be >= 1, got %s".formatted(key, count));
      }
    }

    /**
     * How much it counts, 0 to 1.
     *
     * @param epochs that are over
     * @param untaught epochs until it is first taken anew
     */
    private double share(double epochs, double untaught) {
      double since = epochs - Math.max(warmUpEpochs, untaught);
      return since < 0 ? 0 : rampEpochs == 0 ? 1 : Math.min(1, since / rampEpochs);
    }

    @Override
    public void check(List<TaskName> heads) {
      weights.requireOf("earlier_self.weights", heads);
      weights.requireAny("earlier_self", heads, 1);
    }

    /** Which of the times between two refreshes a step is in. */
    private long period(BatchLoader.Plan batches, long step) {
      if (everySteps != null) {
        return step / everySteps;
      }
      return everyPhases != null
          ? batches.phase(step) / everyPhases
          : step / batches.stepsPerEpoch() / everyEpochs;
    }

    /** The first step that sees a network that has learned; that of all steps if none does. */
    private long firstTaken(BatchLoader.Plan batches, long steps) {
      long step = 1;
      while (ema == null && step < steps && period(batches, step) == period(batches, 0)) {
        step++;
      }
      return step;
    }

    @Override
    public Optional<String> idle(BatchLoader.Plan batches, long steps) {
      double perEpoch = batches.stepsPerEpoch();
      double first = firstTaken(batches, steps) / perEpoch;
      double epochs = steps / perEpoch;
      return share((steps - 1) / perEpoch, first) > NEXT_TO_NOTHING
          ? Optional.empty()
          : Optional.of(
              String.format(
                  Locale.ROOT,
                  "earlier_self counts nothing in this training of %.3g epochs: it begins after %.3g, by warm_up_epochs and by when it is first taken anew, and counts fully ramp_epochs later, %.3g",
                  epochs,
                  Math.max(first, warmUpEpochs),
                  Math.max(first, warmUpEpochs) + rampEpochs));
    }

    @Override
    public String card() {
      return "Where a frame had no label of a task, it was held to what it had said earlier.";
    }

    @Override
    public Objective create(Setup setup) {
      return new EarlierSelf(this, setup);
    }
  }

  private final Options options;
  private final Auxiliary.Setup setup;
  private final GraphModule earlier;
  private final long firstTaken;
  private Said last = new Said(-1, Map.of());

  /** What the earlier network said of a step's batch. */
  private record Said(long step, Map<String, NDArray> outputs) {}

  EarlierSelf(Options options, Auxiliary.Setup setup) {
    this.options = options;
    this.setup = setup;
    earlier = GraphModule.create(setup.module().graph(), setup.base(), setup.batches().seed());
    earlier.freeze("");
    follow(0);
    firstTaken = options.firstTaken(setup.batches(), setup.steps());
  }

  /** Name of the loss. */
  private static String name(Task task) {
    return task.id() + ".earlier_self";
  }

  @Override
  public void add(Step step, NamedLosses losses) {
    double share = share(step.number());
    if (share == 0) {
      return;
    }
    for (Task task : setup.tasks()) {
      List<NDArray> outputs = Objective.outputs(step.forward().outputs(), task.tensor());
      NDArray weights =
          BatchTensors.weights(step.work(), step.batch().target(task), step.batch().size());
      NDArray frames = BatchTensors.unlabelled(weights);
      double count = frames.sum().getFloat();
      if (count == 0 || outputs.isEmpty()) {
        continue;
      }
      NDArray then = Objective.asTarget(task, said(step).get(task.tensor()));
      losses.addBesides(
          name(task),
          Scalars.times(
              Objective.sum(outputs, now -> loss(task, now, then, frames, count)), share));
    }
  }

  /** How much it counts in a step, 0 to 1. */
  double share(long step) {
    double perEpoch = setup.batches().stepsPerEpoch();
    return options.share(step / perEpoch, firstTaken / perEpoch);
  }

  /** Asked once a step: who looks at its batch a second time compares with the same answer. */
  private Map<String, NDArray> said(Step step) {
    if (last.step() != step.number()) {
      last = new Said(step.number(), earlier.forward(step.inputs(), false));
    }
    return last.outputs();
  }

  private NDArray loss(Task task, NDArray now, NDArray then, NDArray frames, double count) {
    double pixels = count * now.getShape().get(2) * now.getShape().get(3);
    if (task.learnsIds()) {
      return divergence(now, then, frames, pixels, options.temperature());
    }
    NDArray weights = now.sum(new int[] {1}, true).zerosLike().add(frames);
    return setup.losses().loss(task).of(now, then, weights, pixels);
  }

  /**
   * {@code T² · KL(softmax(then/T) ‖ softmax(now/T))}, averaged over the pixels that count.
   *
   * @param now logits, float32 [N,C,h,w]. Not modified.
   * @param then the same. Not modified.
   * @param frames which count, float32 [N,1,1,1]. Not modified.
   * @param pixels how many count
   */
  static NDArray divergence(
      NDArray now, NDArray then, NDArray frames, double pixels, double temperature) {
    NDArray taught = Scalars.times(then, 1 / temperature).logSoftmax(1);
    NDArray learned = Scalars.times(now, 1 / temperature).logSoftmax(1);
    NDArray sum = taught.exp().mul(taught.sub(learned)).mul(frames).sum();
    return Scalars.times(sum, temperature * temperature / pixels);
  }

  @Override
  public void weigh(Map<String, Double> weights) {
    setup.tasks().forEach(task -> weights.put(name(task), options.weights().of(task, 1)));
  }

  @Override
  public void differentiated(long step) {
    if (options.ema() != null) {
      follow(MovingAverage.keep(options.ema(), step));
    } else if (options.period(setup.batches(), step + 1) != options.period(setup.batches(), step)) {
      follow(0);
    }
  }

  private void follow(double keep) {
    MovingAverage.follow(earlier, setup.module(), keep);
  }

  @Override
  public List<State> states() {
    return List.of(State.of("earlier_self", earlier.state("").tensors()));
  }

  @Override
  public void close() {
    earlier.close();
  }
}
