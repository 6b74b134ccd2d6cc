package dev.tarsier.trainer.recipe;

import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.trainer.dataset.ClassSet;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import dev.tarsier.trainer.task.Task;
import java.util.ArrayList;
import java.util.List;

/** The tasks of a network that a recipe describes. */
final class NetworkTasks {
  private NetworkTasks() {}

  /** In the order of its outputs. */
  static List<Task> of(Recipe.Network network, ClassSet classes) {
    List<Task> tasks = new ArrayList<>();
    if (network.has(Recipe.Network.Head.CLASSES)) {
      List<ClassLabel> labels = new ArrayList<>();
      for (int id = 0; id < classes.size(); id++) {
        labels.add(new ClassLabel(id, classes.names().get(id), classes.color(id)));
      }
      tasks.add(new Segmentation(labels));
    }
    if (network.has(Recipe.Network.Head.DEPTH)) {
      tasks.add(new Depth(MetricMap.metres(0, network.maxDepthMetres())));
    }
    return tasks;
  }
}
