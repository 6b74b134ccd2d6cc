package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import dev.tarsier.ros.replay.FramePainter;
import dev.tarsier.ros.replay.FramePicture;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.evaluation.NetworkFeed;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.task.NetworkTasks;
import dev.tarsier.trainer.training.Curves;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a network says of one validation frame, from epoch to epoch, as files beside its curves: to
 * see whether it learns. One thread.
 */
final class EpochPictures {
  private final Network network;
  private final NetworkTasks tasks;
  private final SampleSource source;
  private final Path folder;
  private List<FramePicture.Tile> seen = List.of();

  /** Which frame; −1 before it is chosen. */
  private int chosen = -1;

  /**
   * Pictures of a training.
   *
   * @param network that learns
   * @param tasks of it
   * @param source of which one frame is looked at: in the middle, or where more is known of one
   * @param training its folder
   */
  EpochPictures(Network network, NetworkTasks tasks, SampleSource source, Path training) {
    this.network = network;
    this.tasks = tasks;
    this.source = source;
    this.folder = Curves.pictures(training);
  }

  /**
   * Looks at the frame.
   *
   * @param module the network as it stands. Not modified.
   */
  void look(GraphModule module, NDManager base) {
    // A class of the whole image is no picture.
    List<Head> heads = tasks.heads().stream().filter(head -> head.kind().isMap()).toList();
    if (heads.isEmpty()) {
      return;
    }
    Sample sample = sample();
    NetworkFeed feed = new NetworkFeed(module.graph(), tasks, 1, network.height(), network.width());
    feed.set(0, sample);
    try (NDManager work = base.newSubManager()) {
      PredictionSample said =
          PredictionSample.of(sample, tasks, module.forward(feed.inputs(work, 1), false));
      seen =
          FramePainter.tiles(
              heads,
              new RgbImage(sample.width(), sample.height(), sample.rgb()),
              said.planes(),
              said.truth());
    }
  }

  /** From the middle on, the first of those of which most tasks are known, to compare with. */
  private Sample sample() {
    if (chosen >= 0) {
      return source.get(chosen);
    }
    Sample best = null;
    long most = -1;
    for (int k = 0; k < source.size() && most < tasks.outputs().size(); k++) {
      int index = (source.size() / 2 + k) % source.size();
      Sample each = source.get(index);
      long known =
          tasks.outputs().stream()
              .filter(task -> each.planes().containsKey(task.head().id()))
              .count();
      if (known > most) {
        most = known;
        best = each;
        chosen = index;
      }
    }
    return best;
  }

  /** Keeps what was seen last. */
  void keep(int epoch) throws IOException {
    Files.createDirectories(folder);
    for (int i = 0; i < seen.size(); i++) {
      FramePicture.Tile tile = seen.get(i);
      WholeFile.write(
          folder.resolve(Curves.pictureName(epoch, i, tile.caption(), tile.mediaType())),
          tile.bytes());
    }
  }
}
