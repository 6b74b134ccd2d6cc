package dev.tarsier.trainer.pseudolabel;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.trainer.dataset.ContentHash;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.DataFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a folder of pseudo-labels holds and where it comes from: {@code manifest.json}, written
 * last.
 *
 * @param schema {@value #SCHEMA}
 * @param options how the teacher labelled
 * @param classes how many classes there are
 * @param height of the labels in pixels
 * @param width of the labels in pixels
 * @param data the frames that were labelled
 * @param teachers hashes of the teachers' weights, in order
 * @param sha256 of all files in order
 * @param coverage share of pixels that are kept, over the frames that had no label of their own
 * @param meanConfidence mean of the greatest probability over the same pixels; NaN for depth
 * @param perClass by class id; empty for depth
 * @param audit how right the labels are, where the truth was at hand; null otherwise
 * @param frames in the order of the data
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PseudoLabelManifest(
    String schema,
    PseudoLabelOptions options,
    int classes,
    int height,
    int width,
    Data data,
    List<String> teachers,
    String sha256,
    double coverage,
    double meanConfidence,
    List<PerClass> perClass,
    Audit audit,
    List<FrameEntry> frames) {
  /** The schema of the file. */
  public static final String SCHEMA = "tarsier.pseudo-labels/1";

  /** The file's name in its folder. */
  public static final String FILE = "manifest.json";

  /**
   * The frames that were labelled.
   *
   * @param name of the data
   * @param sha256 of the data
   * @param frames how many
   */
  public record Data(String name, String sha256, int frames) {}

  /**
   * One class.
   *
   * @param id of the class
   * @param named pixels of which it was the most probable class
   * @param kept pixels of these above the threshold
   * @param coverage kept / named; 0 where it was never named
   * @param meanConfidence over the pixels named; 0 where it was never named
   */
  public record PerClass(int id, long named, long kept, double coverage, double meanConfidence) {}

  /**
   * Compared with the truth, over frames that had no label of their own. The truth never trains
   * anything; it only tells how good the labels are.
   *
   * @param keptRight share of kept pixels whose class is right
   * @param allRight share of all pixels whose most probable class is right
   */
  public record Audit(double keptRight, double allRight) {}

  /**
   * A frame.
   *
   * @param frame its name in the data
   * @param file name of its files, without folder
   * @param coverage share of its pixels that are kept
   */
  public record FrameEntry(String frame, String file, double coverage) {}

  /** Copies the lists. */
  public PseudoLabelManifest {
    teachers = List.copyOf(teachers);
    perClass = List.copyOf(perClass);
    frames = List.copyOf(frames);
  }

  /**
   * Reads the manifest of a folder.
   *
   * @throws DataException if there is none or it is damaged; the message names the file
   */
  public static PseudoLabelManifest read(Path folder) {
    Path file = folder.resolve(FILE);
    if (!Files.exists(file)) {
      throw new DataException(
          "%s is missing; the pseudo-labels there were not finished: make them again"
              .formatted(file));
    }
    try {
      PseudoLabelManifest manifest =
          Json.SNAKE_CASE.parse(Files.readString(file), PseudoLabelManifest.class);
      if (!SCHEMA.equals(manifest.schema())) {
        throw new DataException(
            "%s has schema '%s', this version reads %s".formatted(file, manifest.schema(), SCHEMA));
      }
      return manifest;
    } catch (JsonProcessingException e) {
      throw new DataException(
          "%s is no manifest of pseudo-labels: %s".formatted(file, e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new DataException("%s cannot be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  /**
   * Checks that a folder's files are those that were written with this manifest.
   *
   * @throws DataException if one is missing or another; the message names the folder
   */
  void requireFiles(Path folder) {
    ContentHash hash = new ContentHash();
    for (FrameEntry frame : frames) {
      for (String kind : options.files()) {
        Path file = folder.resolve(kind).resolve(frame.file());
        hash.add(kind).add(frame.file()).add(DataFile.bytes(file));
      }
    }
    if (!hash.hex().equals(sha256)) {
      throw new DataException(
          "files in %s are not those that its %s was written with".formatted(folder, FILE));
    }
  }

  /** What a run and a card say of the labels, on one line. */
  public String inWords() {
    if (perClass.isEmpty()) {
      return "depth for %d frames".formatted(data.frames());
    }
    List<String> parts = new ArrayList<>();
    if (options.soft()) {
      parts.add("the whole distribution for %d frames".formatted(data.frames()));
    }
    if (labelled()) {
      parts.add(
          String.format(
              Locale.ROOT,
              "%.1f %% of the pixels without a label kept at τ = %s, mean confidence %.3f",
              100 * coverage,
              options.threshold(),
              meanConfidence));
    } else {
      parts.add("no pixel was without a label");
    }
    if (audit != null) {
      parts.add(
          keptNothing()
              ? String.format(Locale.ROOT, "%.1f %% of all are right", 100 * audit.allRight())
              : String.format(
                  Locale.ROOT,
                  "%.1f %% of the kept ones are right (%.1f %% of all)",
                  100 * audit.keptRight(),
                  100 * audit.allRight()));
    }
    return String.join("; ", parts);
  }

  /** Whether there were pixels without a class of their own, and none is above the threshold. */
  public boolean keptNothing() {
    return labelled() && coverage == 0;
  }

  private boolean labelled() {
    return perClass.stream().anyMatch(each -> each.named() > 0);
  }

  void write(Path folder) throws IOException {
    WholeFile.write(folder.resolve(FILE), Json.SNAKE_CASE.text(this) + "\n");
  }
}
