package dev.tarsier.trainer.task;

import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.trainer.network.LayerGraph;
import java.util.List;
import java.util.stream.IntStream;

/** Tasks of networks that tests make. */
public final class TestTasks {
  private TestTasks() {}

  /** Classes without a name worth mentioning, and depth up to ten metres. */
  public static List<Task> both(int classes) {
    List<ClassLabel> labels =
        IntStream.range(0, classes)
            .mapToObj(id -> new ClassLabel(id, "class " + id, "#%06X".formatted(id * 4099)))
            .toList();
    return List.of(new Segmentation(labels), new Depth(MetricMap.metres(0, 10)));
  }

  /** Those of the same that a network has an output for. */
  public static List<Task> of(LayerGraph graph, int classes) {
    return both(classes).stream()
        .filter(task -> graph.outputs().containsKey(task.tensor()))
        .toList();
  }
}
