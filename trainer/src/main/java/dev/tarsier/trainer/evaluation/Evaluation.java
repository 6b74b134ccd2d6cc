package dev.tarsier.trainer.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tarsier.runtime.accuracy.Sampling;
import dev.tarsier.runtime.accuracy.ScoredPixels;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.network.ConvolutionCheck;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.objective.Losses;
import dev.tarsier.trainer.training.TrainingException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Runs a network over a data set, frame by frame as the robot would see it, and scores it. */
public final class Evaluation {
  private static final int BATCH = 4;

  /** The engine's number for it. */
  private static final int BILINEAR = 1;

  private Evaluation() {}

  /**
   * Scores a network that is being trained.
   *
   * @param module an image in, and depth or labels where it asks for them; classes and depth out.
   *     Not modified.
   * @param base what it allocates lives in children of it
   * @param source the frames
   * @param height of the network's input
   * @param width of the network's input
   * @param classes how many classes there are
   * @param protocol which depth pixels are scored
   * @throws DataException if no frame has the depth or the labels that the network sees
   * @throws TrainingException if it says what is no number, which scores would pass over as unknown
   */
  public static Scores of(
      GraphModule module,
      NDManager base,
      SampleSource source,
      int height,
      int width,
      int classes,
      ScoredPixels protocol) {
    NetworkFeed.requireFits(module.graph(), source.name(), source.size(), source::get);
    Scores scores = new Scores(classes, protocol);
    NetworkFeed feed = new NetworkFeed(module.graph(), BATCH, height, width);
    for (int first = 0; first < source.size(); first += BATCH) {
      List<Sample> samples = new ArrayList<>();
      for (int i = first; i < Math.min(first + BATCH, source.size()); i++) {
        Sample sample = source.get(i);
        feed.set(samples.size(), sample);
        samples.add(sample);
      }
      try (NDManager work = base.newSubManager()) {
        score(
            scores,
            samples,
            module.forward(feed.inputs(work, samples.size()), false),
            height,
            width);
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

  /** Enlarges the outputs to the input's size as the exported model does, and scores them. */
  private static void score(
      Scores scores, List<Sample> samples, Map<String, NDArray> outputs, int height, int width) {
    NDArray logits = outputs.get(Losses.CLASSES);
    NDArray depth = outputs.get(Losses.DEPTH);
    requireNumbers(logits, Losses.CLASSES, samples);
    requireNumbers(depth, Losses.DEPTH, samples);
    byte[] ids = logits == null ? null : largest(logits, height, width);
    float[] metres = null;
    if (depth != null) {
      metres =
          depth
              .getNDArrayInternal()
              .interpolation(new long[] {height, width}, BILINEAR, false)
              .toFloatArray();
    }
    int size = height * width;
    for (int i = 0; i < samples.size(); i++) {
      ByteBuffer frameIds = ids == null ? null : ByteBuffer.wrap(ids, i * size, size).slice();
      FloatBuffer frameMetres =
          metres == null ? null : FloatBuffer.wrap(metres, i * size, size).slice();
      scores.add(samples.get(i), frameIds, frameMetres, width, height);
    }
  }

  private static void requireNumbers(NDArray output, String head, List<Sample> samples) {
    // A sum is finite only if all that is in it is.
    if (output != null && !Float.isFinite(output.sum().getFloat())) {
      throw new TrainingException(
          ("what the network says of %s is no number (NaN or infinite), on the frames %s; its"
                  + " training diverged: a smaller learning_rate or a clip_norm may help")
              .formatted(
                  head, samples.stream().map(Sample::name).collect(Collectors.joining(", "))));
    }
  }

  private static byte[] largest(NDArray logits, int height, int width) {
    long[] best = logits.argMax(1).toLongArray();
    Shape shape = logits.getShape();
    int frames = (int) shape.get(0);
    int rows = (int) shape.get(2);
    int columns = (int) shape.get(3);
    byte[] ids = new byte[frames * height * width];
    int to = 0;
    for (int frame = 0; frame < frames; frame++) {
      for (int y = 0; y < height; y++) {
        int row = (frame * rows + Sampling.atCorner(y, height, rows)) * columns;
        for (int x = 0; x < width; x++) {
          ids[to++] = (byte) best[row + Sampling.atCorner(x, width, columns)];
        }
      }
    }
    return ids;
  }
}
