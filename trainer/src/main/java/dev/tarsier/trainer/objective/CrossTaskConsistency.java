package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tarsier.trainer.dataset.Target;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.Scalars;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.network.State;
import dev.tarsier.trainer.network.TaskTransfer;
import dev.tarsier.trainer.task.PixelLoss;
import dev.tarsier.trainer.task.SoftCrossEntropy;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.TaskName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Nakano et al., <i>Cross-Task Consistency Learning Framework for Multi-Task Learning</i>
 * (XTasC-Net; methods §4): a small network for each direction says one task's output from the
 * other's, and both outputs must agree with what is said of them. These networks learn along and
 * are needed only while learning.
 *
 * <p>Its losses are called {@code TASK.consistency}. With λ its weight, a task's loss is {@code (1
 * − λ) · label + λ · consistency}, times the weight of the label's loss. Only the target is held:
 * gradients go through the small network into the output that it is given.
 */
public final class CrossTaskConsistency implements Objective {
  private static final double DEFAULT_WEIGHT = 1e-4;

  /** What is compared with what. */
  public enum Form {
    /**
     * The paper's equations 11 to 15: classes by cross-entropy to the other side's distribution,
     * values by their task's loss; over the pixels that have a label, and all of a frame without
     * one. A task's loss takes what is said of that task.
     */
    PAPER,
    /**
     * As the published code has it: classes to the most probable class, summed over the pixels that
     * have a label and divided by all; values image by image; a task's loss takes what is said from
     * it of the other.
     */
    CODE,
    /** The alignment variant: the target is the label. */
    ALIGN
  }

  /**
   * Settings.
   *
   * @param form null for the paper's
   * @param between two tasks; null where the network has just two
   * @param weights λ of each task, less than 1; 1e-4 where none is said
   * @param widthFactor multiplier of the small networks' channels; null for 1
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Options(Form form, List<TaskName> between, TaskWeights weights, Double widthFactor)
      implements Auxiliary {
    /** Fills in and checks the ranges. */
    public Options {
      form = form == null ? Form.PAPER : form;
      between = between == null ? null : List.copyOf(between);
      weights = weights == null ? new TaskWeights(Map.of()) : weights;
      widthFactor = widthFactor == null ? 1 : widthFactor;
      new TaskTransfer(1, false, 1, widthFactor);
      weights
          .byTask()
          .forEach(
              (task, weight) -> {
                if (weight >= 1) {
                  throw new IllegalArgumentException(
                      "weights.%s must be 0 to less than 1, got %s: labels count what is left of 1"
                          .formatted(task, weight));
                }
              });
    }

    /**
     * The two tasks.
     *
     * @param heads of the network. Not modified.
     * @throws IllegalArgumentException if they are not two of the network's that say something of
     *     each pixel; the message names the key
     */
    List<TaskName> between(List<TaskName> heads) {
      if (heads.size() < 2) {
        throw new IllegalArgumentException(
            "consistency is between two tasks, but network.heads has only %s; add a head, or leave consistency out"
                .formatted(heads));
      }
      List<TaskName> two = between == null ? heads : between;
      for (TaskName each : two) {
        if (!heads.contains(each)) {
          throw new IllegalArgumentException(
              "consistency.between has %s, which is none of network.heads %s"
                  .formatted(each, heads));
        }
        if (!each.kind().isMap()) {
          throw new IllegalArgumentException(
              "consistency cannot be between %s and another task: it is of the image as a whole, and a task-transfer network goes pixel by pixel; name two other heads in consistency.between"
                  .formatted(each));
        }
      }
      if (two.stream().distinct().count() != 2 || two.size() != 2) {
        throw new IllegalArgumentException(
            "consistency is between two tasks%s; name two of network.heads %s in consistency.between"
                .formatted(between == null ? "" : ", got " + two, heads));
      }
      return two;
    }

    @Override
    public void check(List<TaskName> heads) {
      weights.requireOf("consistency.weights", between(heads));
      weights.requireAny("consistency", between(heads), DEFAULT_WEIGHT);
    }

    @Override
    public String card() {
      return "What it says of one task was made to agree with what it says of another.";
    }

    @Override
    public Objective create(Setup setup) {
      return new CrossTaskConsistency(this, setup);
    }
  }

  /** What a small network says of one task from another's output. */
  private record Transfer(Task from, Task to, String name, GraphModule module) {}

  private final Options options;
  private final Auxiliary.Setup setup;
  private final List<Transfer> transfers = new ArrayList<>();

  CrossTaskConsistency(Options options, Auxiliary.Setup setup) {
    this.options = options;
    this.setup = setup;
    List<Task> tasks = new ArrayList<>(setup.tasks());
    if (options.between() != null) {
      tasks.removeIf(
          task -> options.between().stream().noneMatch(each -> each.type().id().equals(task.id())));
    }
    transfers.add(transfer(tasks.get(0), tasks.get(1)));
    transfers.add(transfer(tasks.get(1), tasks.get(0)));
  }

  private Transfer transfer(Task from, Task to) {
    LayerGraph graph =
        new TaskTransfer(from.channels(), from.learnsIds(), to.channels(), options.widthFactor())
            .graph();
    String name = "consistency.%s_from_%s".formatted(to.tensor(), from.tensor());
    long seed = setup.batches().seed() ^ name.hashCode();
    return new Transfer(from, to, name, GraphModule.create(graph, setup.base(), seed));
  }

  private Task counts(Transfer transfer) {
    return options.form() == Form.CODE ? transfer.from() : transfer.to();
  }

  /** Name of the loss. */
  private static String name(Task task) {
    return task.id() + ".consistency";
  }

  @Override
  public void add(Step step, NamedLosses losses) {
    Map<String, NDArray> outputs = step.forward().outputs();
    Map<Task, NDArray> said = new LinkedHashMap<>();
    for (Transfer each : transfers) {
      NDArray from = outputs.get(each.from().tensor());
      said.put(each.to(), each.module().forward(from, true).get(TaskTransfer.TARGET));
    }
    add(step, said, losses);
  }

  /**
   * Adds its losses.
   *
   * @param saidOf what is said of each task from the other's output, float32 [N,C,h,w]. Not
   *     modified.
   */
  void add(Step step, Map<Task, NDArray> saidOf, NamedLosses losses) {
    Map<String, NDArray> outputs = step.forward().outputs();
    for (Transfer transfer : transfers) {
      Task to = transfer.to();
      NDArray said = saidOf.get(to);
      Target target = step.batch().target(to);
      NDArray weights = BatchTensors.weights(step.work(), target, step.batch().size());
      NDArray other = Objective.asTarget(to, outputs.get(to.tensor()));
      PixelLoss loss = setup.losses().loss(to);
      NDArray value =
          switch (options.form()) {
            case PAPER -> soft(to, loss, said, other, valid(weights));
            case CODE -> published(to, loss, said, other, known(weights));
            case ALIGN ->
                loss.of(
                    said,
                    BatchTensors.values(step.work(), target, step.batch().size()),
                    weights,
                    target.weightSum());
          };
      if (options.form() == Form.PAPER || target.weightSum() > 0) {
        losses.addBesides(name(counts(transfer)), value);
      } else {
        losses.add(name(counts(transfer)), value, false);
      }
    }
  }

  private static NDArray known(NDArray weights) {
    return weights.gt(0f).toType(DataType.FLOAT32, false);
  }

  /** Pixels with a label, and all of a frame that has none. */
  private static NDArray valid(NDArray weights) {
    return known(weights).add(BatchTensors.unlabelled(weights));
  }

  /**
   * The paper's form.
   *
   * @param said of the task from the other's output, float32 [N,C,h,w]. Not modified.
   * @param other the task's own output, which is held. Not modified.
   * @param valid float32 [N,1,h,w], 1 where it counts. Not modified.
   */
  static NDArray soft(Task task, PixelLoss loss, NDArray said, NDArray other, NDArray valid) {
    double pixels = valid.sum().getFloat();
    return task.learnsIds()
        ? SoftCrossEntropy.of(said, other.softmax(1).mul(valid), pixels)
        : loss.of(said, other, valid, pixels);
  }

  /** The published code's form, with the same parameters; {@code known} has 1 at labels only. */
  static NDArray published(Task task, PixelLoss loss, NDArray said, NDArray other, NDArray known) {
    if (task.learnsIds()) {
      NDArray ids = other.argMax(1).expandDims(1);
      return loss.of(said, ids, known, (double) known.size());
    }
    NDArray sum = null;
    long images = said.getShape().get(0);
    for (long i = 0; i < images; i++) {
      String at = i + ":" + (i + 1);
      NDArray weights = known.get(at);
      NDArray one = loss.of(said.get(at), other.get(at), weights, weights.sum().getFloat());
      sum = sum == null ? one : sum.add(one);
    }
    return Scalars.times(sum, 1.0 / images);
  }

  @Override
  public void weigh(Map<String, Double> weights) {
    for (Transfer transfer : transfers) {
      Task task = counts(transfer);
      double lambda = options.weights().of(task, DEFAULT_WEIGHT);
      double label = weights.get(task.id());
      weights.put(task.id(), (1 - lambda) * label);
      weights.put(name(task), lambda * label);
    }
  }

  @Override
  public Map<String, NDArray> parameters() {
    Map<String, NDArray> all = new LinkedHashMap<>();
    for (Transfer each : transfers) {
      each.module().parameters().forEach((name, array) -> all.put(each.name() + "." + name, array));
    }
    return all;
  }

  @Override
  public List<State> states() {
    return transfers.stream().map(each -> each.module().state(each.name())).toList();
  }

  @Override
  public Map<LayerGraph, Size> networks() {
    Map<LayerGraph, Size> networks = new LinkedHashMap<>();
    Size size = new Size(setup.batches().targetHeight(), setup.batches().targetWidth());
    transfers.forEach(each -> networks.put(each.module().graph(), size));
    return networks;
  }

  @Override
  public void close() {
    transfers.forEach(each -> each.module().close());
  }
}
