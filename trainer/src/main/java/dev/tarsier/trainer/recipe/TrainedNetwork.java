package dev.tarsier.trainer.recipe;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * A network that a run trained or found trained: its best checkpoint by the validation score, or
 * what was made of that, and what it was measured at.
 *
 * @param name of its stage, such as {@code student} or {@code teacher-1}
 * @param seed what it began with
 * @param network what kind it is
 * @param folder its training's, with checkpoints, logs and curves
 * @param checkpoint the file with its weights
 * @param checkpointSha256 of that file
 * @param steps of its training in all
 * @param bestEpoch counted from 1
 * @param bestScore of that epoch
 * @param seconds its training took, over all attempts but those that were killed
 * @param pretrainedEncoder whether its encoder began with weights learned elsewhere
 * @param figures on validation data, then on evaluation data
 */
public record TrainedNetwork(
    String name,
    long seed,
    Network network,
    Path folder,
    Path checkpoint,
    String checkpointSha256,
    long steps,
    int bestEpoch,
    double bestScore,
    long seconds,
    boolean pretrainedEncoder,
    List<Figures> figures) {
  /** Copies. */
  public TrainedNetwork {
    figures = List.copyOf(figures);
  }

  /** What a card says of it as a teacher: a line of Markdown. */
  String card() {
    StringBuilder line = new StringBuilder();
    line.append(
        "`%s`, which sees the image%s; seed %d, checkpoint sha256 %s"
            .formatted(
                name,
                network.extra().isNone() ? " alone" : " and " + network.extra(),
                seed,
                checkpointSha256));
    for (Figures each : figures) {
      line.append("; on `").append(each.data()).append("`:");
      each.values()
          .forEach(
              (figure, value) ->
                  line.append(String.format(Locale.ROOT, " %s %.4f", figure, value)));
    }
    return line.toString();
  }
}
