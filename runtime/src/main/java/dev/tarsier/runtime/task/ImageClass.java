package dev.tarsier.runtime.task;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;

/**
 * One class for the whole image, such as the kind of room: float32 [1, classes], how probable each
 * is, in the order of the classes.
 *
 * @param classes ids 0, 1, 2 …; one or more
 */
public record ImageClass(List<ClassLabel> classes) implements HeadKind {
  /** As it is called in a bundle. */
  public static final String NAME = "image_class";

  /** Checks that the classes are in order, and copies the list. */
  public ImageClass {
    classes = ClassLabel.unique(classes);
    for (int id = 0; id < classes.size(); id++) {
      if (classes.get(id).id() != id) {
        throw new IllegalArgumentException(
            "classes of an image must have the ids 0, 1, 2 … in order, got id %d at place %d"
                .formatted(classes.get(id).id(), id));
      }
    }
  }

  @Override
  @JsonIgnore
  public int channels() {
    return classes.size();
  }

  @Override
  @JsonIgnore
  public boolean isMap() {
    return false;
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.imageClass(this);
  }
}
