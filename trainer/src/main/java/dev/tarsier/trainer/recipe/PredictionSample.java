package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.evaluation.NetworkFeed;
import dev.tarsier.trainer.evaluation.OutputPlanes;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.task.NetworkTasks;
import dev.tarsier.trainer.task.Task;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A validation frame and what a trained network says of it, for people to look at.
 *
 * @param sample the frame
 * @param truth what is known of it, also of tasks that derive it; by the id of the task
 * @param planes by the id of the task, in the size that the network gives, which is smaller than
 *     its input
 */
public record PredictionSample(Sample sample, Map<String, Plane> truth, Map<String, Plane> planes) {
  /** Copies the maps, in their order. */
  public PredictionSample {
    truth = Collections.unmodifiableMap(new LinkedHashMap<>(truth));
    planes = Collections.unmodifiableMap(new LinkedHashMap<>(planes));
  }

  /**
   * Looks at frames of the first validation data set, evenly spread over it.
   *
   * @param recipe that the network is the student of
   * @param network its best checkpoint is loaded
   * @param dataSets opens the data
   * @param frames how many at most
   * @throws DataException if the checkpoint or the data is gone
   */
  public static List<PredictionSample> at(
      Recipe recipe, TrainedNetwork network, DataSetRegistry dataSets, int frames)
      throws IOException {
    List<PredictionSample> samples = new ArrayList<>();
    List<OpenedData> opened =
        dataSets.open(
            recipe.student().validation().data(),
            network.network(),
            recipe.classes(),
            message -> {});
    if (opened.isEmpty()) {
      throw new DataException("there is no validation data to look at");
    }
    SampleSource source = opened.get(0).source();
    int count = Math.min(frames, source.size());
    NetworkCheckpoint checkpoint =
        new NetworkCheckpoint(
            network.name(),
            network.network(),
            network.seed(),
            network.checkpoint(),
            network.checkpointSha256());
    NetworkTasks tasks = network.network().tasks(recipe.classes());
    try (NDManager base = PyTorch.newBaseManager();
        GraphModule module = checkpoint.load(base, recipe.classes())) {
      NetworkFeed feed =
          new NetworkFeed(
              module.graph(), tasks, 1, network.network().height(), network.network().width());
      for (int i = 0; i < count; i++) {
        Sample sample = source.get((int) ((2L * i + 1) * source.size() / (2L * count)));
        feed.set(0, sample);
        try (NDManager work = base.newSubManager()) {
          samples.add(of(sample, tasks, module.forward(feed.inputs(work, 1), false)));
        }
      }
    }
    return samples;
  }

  /**
   * What a network says of one frame.
   *
   * @param outputs of one frame. Not modified.
   */
  static PredictionSample of(Sample sample, NetworkTasks tasks, Map<String, NDArray> outputs) {
    Map<String, Plane> truth = new LinkedHashMap<>(sample.planes());
    Map<String, Plane> planes = new LinkedHashMap<>();
    for (Task task : tasks.outputs()) {
      Plane known = task.target(sample.known());
      if (known != null) {
        truth.put(task.id(), known);
      }
      NDArray output = outputs.get(task.tensor());
      Shape shape = output.getShape();
      planes.put(
          task.id(),
          OutputPlanes.of(task.head().kind(), output, (int) shape.get(2), (int) shape.get(3))
              .get(0));
    }
    return new PredictionSample(sample, truth, planes);
  }
}
