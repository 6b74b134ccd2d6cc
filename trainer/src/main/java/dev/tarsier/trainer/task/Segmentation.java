package dev.tarsier.trainer.task;

import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A class for each pixel.
 *
 * @param head with its classes, ids 0, 1, 2 … in the order of the network's channels
 */
public record Segmentation(Head head) implements Task {
  /** Id of the task. */
  public static final String ID = "segmentation";

  private static final String TENSOR = "classes";

  /** Makes it of the recipe's classes. */
  public static final class Type implements TaskType {
    @Override
    public String id() {
      return ID;
    }

    @Override
    public String recipeName() {
      return TENSOR;
    }

    @Override
    public Task create(Settings settings) {
      return Segmentation.of(settings.classes());
    }
  }

  /**
   * A task with these classes.
   *
   * @param classes ids 0, 1, 2 … in the order of the network's channels. Not modified.
   */
  public Segmentation(List<ClassLabel> classes) {
    this(new Head(ID, new ClassMap(inOrder(classes), ClassMap.USUAL_IGNORE_ID)));
  }

  private static List<ClassLabel> inOrder(List<ClassLabel> classes) {
    for (int id = 0; id < classes.size(); id++) {
      if (classes.get(id).id() != id) {
        throw new IllegalArgumentException(
            "classes must be in the order of the network's channels, got id %d at place %d"
                .formatted(classes.get(id).id(), id));
      }
    }
    return classes;
  }

  /** The classes of a set. */
  public static Segmentation of(ClassSet set) {
    List<ClassLabel> labels = new ArrayList<>();
    for (int id = 0; id < set.size(); id++) {
      labels.add(new ClassLabel(id, set.names().get(id), set.color(id)));
    }
    return new Segmentation(labels);
  }

  @Override
  public Map<String, PixelLoss> losses() {
    Map<String, PixelLoss> losses = new LinkedHashMap<>();
    losses.put("cross_entropy", MaskedCrossEntropy::of);
    losses.put("cross_entropy_lovasz", LovaszSoftmax::andCrossEntropy);
    return losses;
  }

  @Override
  public String tensor() {
    return TENSOR;
  }

  @Override
  public String truth() {
    return "labels";
  }
}
