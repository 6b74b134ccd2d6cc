package dev.tarsier.trainer.experiment;

import dev.tarsier.trainer.task.FormerMetricNames;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What came of a row and a seed; kept as a file, so that a table can be drawn without training.
 *
 * @param schema of this file
 * @param row name
 * @param seed of all that was random
 * @param cellSha256 of what study and choice said of it
 * @param network kind, such as {@code edge}
 * @param height of its input
 * @param width of its input
 * @param extra what it is given besides the image: {@code none}, {@code depth}, {@code labels}
 * @param data what it was measured on
 * @param frames how many
 * @param dataSha256 of those frames
 * @param protocol the figures' definitions
 * @param steps of its training
 * @param bestEpoch the one that counts, by the validation score
 * @param seconds its training took
 * @param checkpointSha256 of the network
 * @param teachers checkpoints of those that taught it
 * @param figures by name, such as {@code segmentation.miou}, 0 to 1, and {@code depth.rmse}, metres
 * @param pictures validation frames of which there is a prediction beside this file
 */
public record CellRecord(
    String schema,
    String row,
    long seed,
    String cellSha256,
    String network,
    int height,
    int width,
    String extra,
    String data,
    int frames,
    String dataSha256,
    String protocol,
    long steps,
    int bestEpoch,
    long seconds,
    String checkpointSha256,
    List<String> teachers,
    Map<String, Double> figures,
    int pictures) {
  /** The schema written now. */
  static final String SCHEMA = "tarsier.cell/3";

  /** Copies. */
  public CellRecord {
    teachers = List.copyOf(teachers);
    Map<String, Double> current = new LinkedHashMap<>();
    figures.forEach((name, value) -> current.put(FormerMetricNames.current(name), value));
    figures = Collections.unmodifiableMap(current);
  }
}
