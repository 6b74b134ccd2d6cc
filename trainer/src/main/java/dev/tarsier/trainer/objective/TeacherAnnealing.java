package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.dataset.Target;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Scalars;
import dev.tarsier.trainer.task.PixelLoss;
import dev.tarsier.trainer.task.SoftCrossEntropy;
import dev.tarsier.trainer.task.Task;
import java.util.ArrayList;
import java.util.List;

/**
 * Clark et al., <i>BAM! Born-Again Multi-Task Networks for Natural Language Understanding</i> (ACL
 * 2019; methods §3): the target goes over from what a network of one task says to the label, {@code
 * p · label + (1 − p) · teacher}, where p is the share of the steps that is done.
 *
 * <p>It stands in place of the losses of labels, under their names, and counts the same pixels:
 * those that have a label. Classes are learned by cross-entropy to the blend of distributions, at
 * temperature 1; values by their task's loss to the blend of values, which for directions is made a
 * vector of length 1 again.
 */
final class TeacherAnnealing implements Objective {
  /** There is nothing to set. */
  public record Options() implements Distillation {
    @Override
    public String kind() {
      return "teacher_annealing";
    }

    @Override
    public String card() {
      return "Its targets went over from what networks of one task each say to the labels.";
    }

    @Override
    public boolean replacesLabels() {
      return true;
    }

    @Override
    public Objective create(Setup setup) {
      return new TeacherAnnealing(setup);
    }
  }

  private final Auxiliary.Setup setup;
  private final List<Task> tasks = new ArrayList<>();

  TeacherAnnealing(Auxiliary.Setup setup) {
    this.setup = setup;
    for (Task task : setup.tasks()) {
      if (setup.losses().weight(task) > 0) {
        tasks.add(task);
      }
    }
  }

  @Override
  public void add(Step step, NamedLosses losses) {
    double labels = (double) step.number() / setup.steps();
    for (Task task : tasks) {
      List<NDArray> predicted = Objective.outputs(step.forward().outputs(), task.tensor());
      Target target = step.batch().target(task);
      int size = step.batch().size();
      NDArray values = BatchTensors.values(step.work(), target, size);
      NDArray weights = BatchTensors.weights(step.work(), target, size);
      GraphModule teacher = setup.teachers().get(task.id());
      // No label in the batch: nothing of the teacher counts either.
      NDArray taught =
          target.weightSum() > 0
              ? Objective.asTarget(task, teacher.forward(step.inputs(), false).get(task.tensor()))
              : null;
      losses.add(
          task.id(),
          Objective.sum(
              predicted,
              one ->
                  taught == null
                      ? setup.losses().loss(task).of(one, values, weights, 0)
                      : loss(
                          task,
                          setup.losses().loss(task),
                          one,
                          taught,
                          values,
                          weights,
                          target.weightSum(),
                          labels)),
          taught != null);
    }
  }

  /**
   * The loss to a blend of label and teacher.
   *
   * @param loss the task's
   * @param predicted float32 [N,C,h,w]. Not modified.
   * @param taught the teacher's output, of the same shape. Not modified.
   * @param values labels, as the loss takes them. Not modified.
   * @param weights float32 [N,1,h,w]. Not modified.
   * @param labels the share of the labels, 0 to 1
   */
  static NDArray loss(
      Task task,
      PixelLoss loss,
      NDArray predicted,
      NDArray taught,
      NDArray values,
      NDArray weights,
      double weightSum,
      double labels) {
    if (task.learnsIds()) {
      NDArray shown = taught.softmax(1).mul(weights);
      return Scalars.times(loss.of(predicted, values, weights, weightSum), labels)
          .add(Scalars.times(SoftCrossEntropy.of(predicted, shown, weightSum), 1 - labels));
    }
    NDArray blend = Scalars.times(values, labels).add(Scalars.times(taught, 1 - labels));
    return loss.of(predicted, Objective.asTarget(task, blend), weights, weightSum);
  }
}
