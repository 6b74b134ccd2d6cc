package dev.tarsier.trainer.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tarsier.runtime.accuracy.DepthProtocol;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.training.Trainer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs a network over a data set, frame by frame as the robot would see it, and scores it. */
public final class Evaluation {
  private static final int BATCH = 4;

  private Evaluation() {}

  /**
   * Scores a network that is being trained.
   *
   * @param module one image in, classes and depth out. Not modified.
   * @param base what it allocates lives in children of it
   * @param source the frames
   * @param height of the network's input
   * @param width of the network's input
   * @param classes how many classes there are
   * @param protocol which depth pixels are scored
   */
  public static Scores of(
      GraphModule module,
      NDManager base,
      SampleSource source,
      int height,
      int width,
      int classes,
      DepthProtocol protocol) {
    Scores scores = new Scores(classes, protocol);
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(4 * 3 * BATCH * height * width).order(ByteOrder.nativeOrder());
    for (int first = 0; first < source.size(); first += BATCH) {
      List<Sample> samples = new ArrayList<>();
      for (int i = first; i < Math.min(first + BATCH, source.size()); i++) {
        Sample sample = source.get(i);
        fill(bytes.asFloatBuffer(), samples.size(), sample, height, width);
        samples.add(sample);
      }
      try (NDManager work = base.newSubManager()) {
        ByteBuffer filled =
            bytes.slice(0, 4 * 3 * samples.size() * height * width).order(ByteOrder.nativeOrder());
        NDArray image =
            work.create(filled, new Shape(samples.size(), 3, height, width), DataType.FLOAT32);
        score(scores, samples, module.forward(image, false));
      }
    }
    return scores;
  }

  private static void score(Scores scores, List<Sample> samples, Map<String, NDArray> outputs) {
    NDArray logits = outputs.get(Trainer.CLASSES);
    NDArray depth = outputs.get(Trainer.DEPTH);
    Shape shape = (logits != null ? logits : depth).getShape();
    int h = (int) shape.get(2);
    int w = (int) shape.get(3);
    byte[] ids = null;
    if (logits != null) {
      long[] best = logits.argMax(1).toLongArray();
      ids = new byte[best.length];
      for (int i = 0; i < best.length; i++) {
        ids[i] = (byte) best[i];
      }
    }
    float[] metres = depth == null ? null : depth.toFloatArray();
    for (int i = 0; i < samples.size(); i++) {
      ByteBuffer frameIds = ids == null ? null : ByteBuffer.wrap(ids, i * h * w, h * w).slice();
      FloatBuffer frameMetres =
          metres == null ? null : FloatBuffer.wrap(metres, i * h * w, h * w).slice();
      scores.add(samples.get(i), frameIds, frameMetres, w, h);
    }
  }

  /** Interleaved bytes to planes of floats, stretched as the robot stretches them. */
  private static void fill(FloatBuffer to, int slot, Sample sample, int height, int width) {
    byte[] rgb =
        new RgbImage(sample.width(), sample.height(), sample.rgb()).stretch(width, height).pixels();
    float[] plane = new float[width * height];
    for (int channel = 0; channel < 3; channel++) {
      for (int i = 0; i < plane.length; i++) {
        plane[i] = rgb[3 * i + channel] & 0xff;
      }
      to.put((slot * 3 + channel) * plane.length, plane);
    }
  }
}
