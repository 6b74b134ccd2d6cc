package dev.tarsier.trainer.task;

import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;

/** Something that a network learns to say of an image. One file for each; immutable. */
public interface Task {
  /** What the robot gets: an id, and what the values are. */
  Head head();

  /** Name of the task, of its topic, its metrics and its output. */
  default String id() {
    return head().id();
  }

  /** Channels of the network's output, such as a logit for each class. */
  default int channels() {
    return head().kind() instanceof ClassMap kind
        ? kind.classes().size()
        : head().kind().channels();
  }

  /** Name of the output in ONNX files, by which other programs ask for it. */
  default String tensor() {
    return id();
  }
}
