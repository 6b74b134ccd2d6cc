package dev.tarsier.trainer.task;

import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.MetricMap;

/**
 * Metres along the optical axis for each pixel.
 *
 * @param range least and largest depth of the training
 */
public record Depth(MetricMap range) implements Task {
  /** Id of the task. */
  public static final String ID = "depth";

  @Override
  public Head head() {
    return new Head(ID, range);
  }
}
