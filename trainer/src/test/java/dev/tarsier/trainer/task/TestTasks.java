package dev.tarsier.trainer.task;

import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.trainer.network.LayerGraph;
import java.util.List;
import java.util.stream.IntStream;

/** Tasks of networks that tests make. */
public final class TestTasks {
  private TestTasks() {}

  /** Classes without a name worth mentioning. */
  public static Task classes(int count) {
    List<ClassLabel> labels =
        IntStream.range(0, count)
            .mapToObj(id -> new ClassLabel(id, "class " + id, "#%06X".formatted(id * 4099)))
            .toList();
    return new Segmentation(labels);
  }

  /** Depth up to ten metres. */
  public static Task depth() {
    return new Depth(MetricMap.metres(0, 10));
  }

  /** Both, in the order of networks. */
  public static List<Task> both(int classes) {
    return List.of(classes(classes), depth());
  }

  /** What a network does that has inputs and outputs of these, or says the surface's normals. */
  public static NetworkTasks of(LayerGraph graph, int classes) {
    return new NetworkTasks(
        List.of(classes(classes), depth(), new SurfaceNormals()).stream()
            .filter(task -> graph.outputs().containsKey(task.tensor()))
            .toList(),
        List.of(classes(Math.max(1, labels(graph))), depth()).stream()
            .filter(task -> graph.inputs().containsKey(task.input()))
            .toList());
  }

  private static int labels(LayerGraph graph) {
    return graph.inputs().getOrDefault(classes(1).input(), 1);
  }
}
