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
 * @param fillsHoles whether depth stands where a frame has none itself, pixel by pixel, and has a
 *     confidence; null where it stands for frames alone that have none
 * @param fits how depth without a unit fitted the frames' own; null where none was fitted
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
    Boolean fillsHoles,
    Fits fits,
    List<FrameEntry> frames) {
  /** The schema of the file. */
  public static final String SCHEMA = "tarsier.pseudo-labels/1";

  /** The folder of what says how sure each pixel is. */
  static final String CONFIDENCE = "confidence";

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
  public record FrameEntry(
      String frame,
      String file,
      double coverage,
      // Only where there are some: other labels keep their manifests.
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Fitted> fits) {
    /** Copies. */
    public FrameEntry {
      fits = fits == null ? List.of() : List.copyOf(fits);
    }

    /** Of which nothing was fitted. */
    FrameEntry(String frame, String file, double coverage) {
      this(frame, file, coverage, List.of());
    }

    /** Whether no teacher's depth fits its own, and none says metres of it. */
    boolean isLeftOut() {
      return coverage == 0 && !fits.isEmpty() && fits.stream().noneMatch(Fitted::holds);
    }
  }

  /**
   * How a teacher's depth without a unit fits a frame's own: {@code y = scale × value + shift},
   * with y in metres, or in 1 / metres where larger values are nearer.
   *
   * @param teacher its file
   * @param pixels with depth of their own
   * @param inliers share of them whose fitted depth is within {@value DepthFit#MOST_OFF} of it
   * @param scale 0 where nothing fits
   * @param shift of y
   * @param holds whether it is relied on
   */
  public record Fitted(
      String teacher, int pixels, double inliers, double scale, double shift, boolean holds) {
    static Fitted of(OnnxTeacher teacher, DepthFit fit) {
      return new Fitted(
          teacher.file(), fit.pixels(), fit.inliers(), fit.scale(), fit.shift(), fit.holds());
    }
  }

  /**
   * How depth without a unit fitted, over all frames.
   *
   * @param kept frames whose depth fits that of a teacher, or of which another says metres
   * @param withFewPixels frames left out with fewer than {@value DepthFit#LEAST_PIXELS} pixels of
   *     depth
   * @param withFewInliers other frames left out, with a share of less than {@value
   *     DepthFit#LEAST_INLIERS} inliers
   * @param medianInliers share, over frames that fit; of a frame the best of its teachers'
   */
  public record Fits(int kept, int withFewPixels, int withFewInliers, double medianInliers) {
    /** Counts; null where nothing was fitted. */
    static Fits of(List<FrameEntry> frames) {
      List<FrameEntry> fitted = frames.stream().filter(each -> !each.fits().isEmpty()).toList();
      if (fitted.isEmpty()) {
        return null;
      }
      List<Double> inliers =
          fitted.stream()
              .filter(each -> each.fits().stream().anyMatch(Fitted::holds))
              .map(
                  each ->
                      each.fits().stream()
                          .filter(Fitted::holds)
                          .mapToDouble(Fitted::inliers)
                          .max()
                          .orElseThrow())
              .sorted()
              .toList();
      int leftOut = (int) fitted.stream().filter(FrameEntry::isLeftOut).count();
      int few =
          (int)
              fitted.stream()
                  .filter(FrameEntry::isLeftOut)
                  .filter(
                      each ->
                          each.fits().stream()
                              .allMatch(fit -> fit.pixels() < DepthFit.LEAST_PIXELS))
                  .count();
      return new Fits(
          fitted.size() - leftOut,
          few,
          leftOut - few,
          inliers.isEmpty() ? 0 : inliers.get(inliers.size() / 2));
    }

    private String inWords() {
      List<String> parts = new ArrayList<>();
      parts.add(
          String.format(
              Locale.ROOT,
              "fitted to their own with %.0f %% inliers (median)",
              100 * medianInliers));
      if (withFewInliers > 0) {
        parts.add(
            String.format(
                Locale.ROOT,
                "%d left out with fewer than %.0f %%",
                withFewInliers,
                100 * DepthFit.LEAST_INLIERS));
      }
      if (withFewPixels > 0) {
        parts.add(
            "%d left out with fewer than %d pixels of depth"
                .formatted(withFewPixels, DepthFit.LEAST_PIXELS));
      }
      return String.join(", ", parts);
    }
  }

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
    add(hash, folder, frames, files(options, isForHoles()));
    if (!hash.hex().equals(sha256)) {
      throw new DataException(
          "files in %s are not those that its %s was written with".formatted(folder, FILE));
    }
  }

  /** Adds files of frames as they were added when they were written. */
  static void add(ContentHash hash, Path folder, List<FrameEntry> frames, List<String> kinds) {
    for (FrameEntry frame : frames) {
      for (String kind : kinds) {
        Path file = folder.resolve(kind).resolve(frame.file());
        hash.add(kind).add(frame.file()).add(DataFile.bytes(file));
      }
    }
  }

  /** What a run and a card say of the labels, on one line. */
  public String inWords() {
    if (perClass.isEmpty()) {
      String all = "%s for %d frames".formatted(options.target(), data.frames());
      return fits == null
          ? all
          : String.format(
              Locale.ROOT,
              "%s for %d of %d frames, %.1f %% of all pixels, %s",
              options.target(),
              fits.kept(),
              data.frames(),
              100 * coverage,
              fits.inWords());
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

  /** The folders of files that are labels, in the order in which a frame's are hashed. */
  static List<String> files(PseudoLabelOptions options, boolean fillsHoles) {
    List<String> files = new ArrayList<>(options.files());
    if (fillsHoles) {
      files.add(CONFIDENCE);
    }
    return files;
  }

  /** Whether depth stands where a frame has none itself, pixel by pixel. */
  boolean isForHoles() {
    return Boolean.TRUE.equals(fillsHoles);
  }

  /** Frames that no teacher's depth fits, by name. */
  public List<String> leftOut() {
    return frames.stream().filter(FrameEntry::isLeftOut).map(FrameEntry::frame).toList();
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
