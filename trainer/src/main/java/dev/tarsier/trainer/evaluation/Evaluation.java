package dev.tarsier.trainer.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.tarsier.runtime.accuracy.ScoredPixels;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.network.ConvolutionCheck;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.task.NetworkTasks;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.training.TrainingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Runs a network over a data set, frame by frame as the robot would see it, and scores it. */
public final class Evaluation {
  private static final int BATCH = 4;

  private Evaluation() {}

  /**
   * Scores a network that is being trained.
   *
   * @param module not modified
   * @param tasks what it does
   * @param base what it allocates lives in children of it
   * @param source the frames
   * @param height of the network's input
   * @param width of the network's input
   * @param protocol which pixels of metric maps are scored
   * @throws DataException if no frame has what the network sees besides the image
   * @throws TrainingException if it says what is no number, which scores would pass over as unknown
   */
  public static Scores of(
      GraphModule module,
      NetworkTasks tasks,
      NDManager base,
      SampleSource source,
      int height,
      int width,
      ScoredPixels protocol) {
    NetworkFeed.requireFits(module.graph(), tasks, source.name(), source.size(), source::get);
    Scores scores = new Scores(tasks.outputs(), protocol);
    NetworkFeed feed = new NetworkFeed(module.graph(), tasks, BATCH, height, width);
    for (int first = 0; first < source.size(); first += BATCH) {
      List<Sample> samples = new ArrayList<>();
      for (int i = first; i < Math.min(first + BATCH, source.size()); i++) {
        Sample sample = source.get(i);
        feed.set(samples.size(), sample);
        samples.add(sample);
      }
      try (NDManager work = base.newSubManager()) {
        Map<String, NDArray> outputs = module.forward(feed.inputs(work, samples.size()), false);
        for (Task task : tasks.outputs()) {
          NDArray output = outputs.get(task.tensor());
          requireNumbers(output, task, samples);
          List<Plane> planes = OutputPlanes.of(task.head().kind(), output, height, width);
          for (int i = 0; i < planes.size(); i++) {
            scores.add(task, samples.get(i), planes.get(i));
          }
        }
      }
    }
    return scores;
  }

  /**
   * How a network is run to score it.
   *
   * @param source the frames
   * @param image size of the network's input
   */
  public static List<ConvolutionCheck.Use> uses(SampleSource source, Size image) {
    int frames = source.size();
    return Stream.of(Math.min(BATCH, frames), frames % BATCH)
        .filter(batch -> batch > 0)
        .distinct()
        .map(batch -> new ConvolutionCheck.Use(batch, image, false))
        .toList();
  }

  private static void requireNumbers(NDArray output, Task task, List<Sample> samples) {
    // A sum is finite only if all that is in it is.
    if (!Float.isFinite(output.sum().getFloat())) {
      throw new TrainingException(
          ("what the network says of %s is no number (NaN or infinite), on the frames %s; its"
                  + " training diverged: a smaller learning_rate or a clip_norm may help")
              .formatted(
                  task.id(), samples.stream().map(Sample::name).collect(Collectors.joining(", "))));
    }
  }
}
