package dev.tarsier.trainer.pseudolabel;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.trainer.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How far a labelling is, a line for each batch whose files are written, so that one that was
 * interrupted goes on. The last line's sums are of all frames so far. One thread at a time.
 */
final class LabellingProgress {
  private static final String FILE = "progress.jsonl";

  /**
   * A batch.
   *
   * @param job what is labelled, by whom and how; lines of another are not gone on from
   * @param frames of the batch
   * @param height of the labels in pixels
   * @param width of the labels in pixels
   * @param otherWay frames so far whose depth would fit the other way round
   * @param sums over all frames so far
   */
  record Batch(
      String job,
      List<PseudoLabelManifest.FrameEntry> frames,
      int height,
      int width,
      int otherWay,
      PseudoLabelCounts.Sums sums) {
    Batch {
      frames = List.copyOf(frames);
    }
  }

  private final Path file;
  private final String job;

  /**
   * Of a folder of labels.
   *
   * @param job what is labelled, by whom and how
   */
  LabellingProgress(Path folder, String job) {
    this.file = folder.resolve(FILE);
    this.job = job;
  }

  /**
   * What an interrupted labelling of the same job wrote; what cannot be gone on from is forgotten.
   */
  List<Batch> batches() throws IOException {
    List<Batch> batches = new ArrayList<>();
    for (JsonNode line : RunFolder.lines(file)) {
      Batch batch;
      try {
        batch = Json.SNAKE_CASE.value(line, Batch.class);
      } catch (JsonProcessingException e) {
        break; // of another version
      }
      if (!job.equals(batch.job())) {
        break;
      }
      batches.add(batch);
    }
    if (batches.isEmpty()) {
      end();
    } else {
      // A line that was torn must not stand before those to come.
      int[] kept = {0};
      RunFolder.retain(file, any -> kept[0]++ < batches.size());
    }
    return batches;
  }

  /** Adds a batch, whose files are written. */
  void add(
      List<PseudoLabelManifest.FrameEntry> frames,
      int height,
      int width,
      int otherWay,
      PseudoLabelCounts.Sums sums)
      throws IOException {
    RunFolder.append(
        file, Json.SNAKE_CASE.tree(new Batch(job, frames, height, width, otherWay, sums)));
  }

  /** All is labelled, or begins again. */
  void end() throws IOException {
    Files.deleteIfExists(file);
  }
}
