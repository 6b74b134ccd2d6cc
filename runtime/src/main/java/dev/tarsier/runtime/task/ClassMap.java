package dev.tarsier.runtime.task;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;

/**
 * A class id for each pixel: uint8 [1, height, width].
 *
 * @param classes the meaning of each id; one or more
 * @param ignoreId the id that stands for "no label", never given by a network
 */
public record ClassMap(List<ClassLabel> classes, int ignoreId) implements HeadKind {
  /** As it is called in a bundle. */
  public static final String NAME = "class_map";

  /** The id of a pixel without a label, unless a bundle says otherwise. */
  public static final int USUAL_IGNORE_ID = 255;

  /** Checks that ids and names are unique, and copies the list. */
  public ClassMap {
    classes = ClassLabel.unique(classes);
    if (ignoreId < 0 || ignoreId > 255) {
      throw new IllegalArgumentException("ignoreId must be 0 to 255, got " + ignoreId);
    }
    for (ClassLabel each : classes) {
      if (each.id() > 255) {
        throw new IllegalArgumentException(
            "class id must be 0 to 255, got %d for %s"
                .formatted(each.id(), ClassLabel.quote(each.name())));
      }
      if (each.id() == ignoreId) {
        throw new IllegalArgumentException(
            "class '%s' must not have the id %d, which means ignored"
                .formatted(each.name(), ignoreId));
      }
    }
  }

  /** One more than the largest class id, since ids may have gaps. */
  @JsonIgnore
  public int idLimit() {
    return classes.stream().mapToInt(ClassLabel::id).max().orElse(-1) + 1;
  }

  @Override
  @JsonIgnore
  public boolean isIds() {
    return true;
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.classMap(this);
  }
}
