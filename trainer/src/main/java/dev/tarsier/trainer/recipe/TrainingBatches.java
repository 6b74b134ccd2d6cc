package dev.tarsier.trainer.recipe;

import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.trainer.dataset.BatchLoader;
import dev.tarsier.trainer.dataset.Contents;
import dev.tarsier.trainer.dataset.Mixture;
import dev.tarsier.trainer.dataset.Streams;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.NetworkTasks;
import dev.tarsier.trainer.task.Task;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The batches of a training, as a recipe says. */
final class TrainingBatches {
  private TrainingBatches() {}

  /**
   * The batches of a training.
   *
   * @param training what the recipe says
   * @param classes which there are
   * @param graph the network
   * @param seed of all that is random
   * @param data what it is trained on, with frames
   * @param statistics of that data
   */
  static BatchLoader.Plan of(
      Training training,
      ClassSet classes,
      LayerGraph graph,
      long seed,
      List<OpenedData> data,
      DataStatistics statistics) {
    Network network = training.network();
    int height = training.cropHeight() == 0 ? network.height() : training.cropHeight();
    int width = training.cropWidth() == 0 ? network.width() : training.cropWidth();
    boolean soft = training.losses().softWeight() > 0;
    NetworkTasks tasks = network.tasks(classes);
    Size output = outputSize(graph, tasks, height, width);
    Map<String, List<Float>> weights = new LinkedHashMap<>();
    for (Task task : withClasses(tasks.outputs())) {
      weights.put(
          task.id(), ClassWeights.of(statistics.known(task).pixels(), training.classBalance()));
    }
    return new BatchLoader.Plan(
        streams(training, data),
        training.batch(),
        network.height(),
        network.width(),
        height,
        width,
        output.height(),
        output.width(),
        training.augmentation(),
        weights,
        seed,
        new Contents(
            tasks.outputs(), tasks.inputs(), soft ? withClasses(tasks.outputs()) : List.of()));
  }

  private static Streams streams(Training training, List<OpenedData> data) {
    if (training.streams() == null) {
      return Streams.of(mixture(data));
    }
    List<Streams.Stream> streams = new ArrayList<>();
    List<List<OpenedData>> parts = DataCheck.streams(training, data);
    for (int k = 0; k < parts.size(); k++) {
      streams.add(new Streams.Stream(training.streams().get(k).name(), mixture(parts.get(k))));
    }
    return new Streams(streams, training.alternate());
  }

  private static Mixture mixture(List<OpenedData> data) {
    return new Mixture(
        data.stream().map(each -> new Mixture.Part(each.source(), each.perEpoch())).toList());
  }

  private static List<Task> withClasses(List<Task> tasks) {
    return tasks.stream().filter(task -> task.head().kind() instanceof ClassMap).toList();
  }

  /**
   * The targets must have the outputs' size, which the network decides. What says something of the
   * image as a whole says nothing of it.
   */
  private static Size outputSize(LayerGraph graph, NetworkTasks tasks, int height, int width) {
    Map<String, Size> inputs = new LinkedHashMap<>();
    graph.inputs().keySet().forEach(input -> inputs.put(input, new Size(height, width)));
    return tasks.outputs().stream()
        .filter(task -> task.head().kind().isMap())
        .findFirst()
        .map(task -> graph.sizes(inputs).get(graph.outputs().get(task.tensor())))
        .orElse(new Size(1, 1));
  }
}
