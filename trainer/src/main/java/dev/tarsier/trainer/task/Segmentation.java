package dev.tarsier.trainer.task;

import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import java.util.List;

/**
 * A class for each pixel.
 *
 * @param classes ids 0, 1, 2 … in the order of the network's channels
 */
public record Segmentation(List<ClassLabel> classes) implements Task {
  /** Id of the task. */
  public static final String ID = "segmentation";

  /** Copies the classes and checks their ids. */
  public Segmentation {
    classes = List.copyOf(classes);
    for (int id = 0; id < classes.size(); id++) {
      if (classes.get(id).id() != id) {
        throw new IllegalArgumentException(
            "classes must be in the order of the network's channels, got id %d at place %d"
                .formatted(classes.get(id).id(), id));
      }
    }
  }

  @Override
  public Head head() {
    return new Head(ID, new ClassMap(classes, ClassMap.USUAL_IGNORE_ID));
  }

  @Override
  public String tensor() {
    return "classes";
  }
}
