package dev.tarsier.trainer.task;

import dev.tarsier.runtime.task.Head;
import dev.tarsier.trainer.network.Fusion;
import dev.tarsier.trainer.network.Ports;
import java.util.List;

/**
 * What a network does.
 *
 * @param outputs what it says, in the order of its outputs; one or more
 * @param inputs what it sees besides the image; empty for one that runs on a robot
 */
public record NetworkTasks(List<Task> outputs, List<Task> inputs) {
  /** Copies the lists. */
  public NetworkTasks {
    outputs = List.copyOf(outputs);
    inputs = List.copyOf(inputs);
    if (inputs.size() > 1) {
      throw new IllegalArgumentException(
          "a network sees one task besides the image at most, got "
              + inputs.stream().map(Task::id).toList());
    }
  }

  /** What it says, as its bundle describes it. */
  public List<Head> heads() {
    return outputs.stream().map(Task::head).toList();
  }

  /**
   * Where the network meets them.
   *
   * @param fusion where what it sees joins the image
   */
  public Ports ports(Fusion fusion) {
    return new Ports(
        outputs.stream()
            .map(
                task ->
                    new Ports.Head(
                        task.tensor(), task.channels(), task.range(), task.head().kind().isMap()))
            .toList(),
        inputs.isEmpty() ? null : input(inputs.get(0), fusion));
  }

  private static Ports.Input input(Task task, Fusion fusion) {
    return new Ports.Input(task.input(), task.channels(), task.normalisation(), fusion);
  }
}
