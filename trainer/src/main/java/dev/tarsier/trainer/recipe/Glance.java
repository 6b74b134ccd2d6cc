package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.evaluation.NetworkFeed;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.objective.Losses;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A validation frame and what a trained network says of it, for people to look at.
 *
 * @param sample the frame with its truth
 * @param width of what the network says, which is smaller than its input
 * @param height of what it says
 * @param classIds from 0, a row after the other; null without a class head
 * @param depthMetres a row after the other; null without a depth head
 */
public record Glance(Sample sample, int width, int height, byte[] classIds, float[] depthMetres) {
  /**
   * Looks at frames of the first validation data set, evenly spread over it.
   *
   * @param recipe that the network is the student of
   * @param network its best checkpoint is loaded
   * @param shelf opens the data
   * @param frames how many at most
   * @throws DataException if the checkpoint or the data is gone
   */
  public static List<Glance> at(Recipe recipe, TrainedNetwork network, DataShelf shelf, int frames)
      throws IOException {
    List<Glance> glances = new ArrayList<>();
    List<OpenedData> opened =
        shelf.open(
            recipe.student().validation().data(),
            network.network(),
            recipe.classSet(),
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
    try (NDManager base = PyTorch.newBaseManager();
        GraphModule module = checkpoint.load(base, recipe.classSet())) {
      NetworkFeed feed =
          new NetworkFeed(module.graph(), 1, network.network().height(), network.network().width());
      for (int i = 0; i < count; i++) {
        Sample sample = source.get((int) ((2L * i + 1) * source.size() / (2L * count)));
        feed.set(0, sample);
        try (NDManager work = base.newSubManager()) {
          glances.add(of(sample, module.forward(feed.inputs(work, 1), false)));
        }
      }
    }
    return glances;
  }

  private static Glance of(Sample sample, Map<String, NDArray> outputs) {
    NDArray logits = outputs.get(Losses.CLASSES);
    NDArray metres = outputs.get(Losses.DEPTH);
    Shape shape = (logits == null ? metres : logits).getShape();
    byte[] ids = null;
    if (logits != null) {
      long[] best = logits.argMax(1).toLongArray();
      ids = new byte[best.length];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = (byte) best[i];
      }
    }
    return new Glance(
        sample,
        (int) shape.get(3),
        (int) shape.get(2),
        ids,
        metres == null ? null : metres.toFloatArray());
  }
}
