package dev.tarsier.trainer.dataset;

import dev.tarsier.trainer.task.Task;
import java.util.List;

/**
 * What a batch holds besides images.
 *
 * @param targets tasks that are learned from what is known of frames
 * @param inputs tasks whose planes the network sees
 * @param soft tasks that are learned from a teacher's distribution
 */
public record Contents(List<Task> targets, List<Task> inputs, List<Task> soft) {
  /** Copies the lists. */
  public Contents {
    targets = List.copyOf(targets);
    inputs = List.copyOf(inputs);
    soft = List.copyOf(soft);
  }

  /** Images and targets alone. */
  public static Contents of(List<Task> targets) {
    return new Contents(targets, List.of(), List.of());
  }
}
