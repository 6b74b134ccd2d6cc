package dev.tarsier.ros.replay;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.file.WholeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a replay found; {@code report.json} is this record, and {@code report.html} shows it. A
 * figure that could not be measured is absent, never 0 or NaN.
 *
 * @param schema {@value #SCHEMA}; the number grows when a reader must change
 * @param product version of Tarsier
 * @param written when, ISO-8601, UTC
 * @param machine where: processor count, operating system, Java
 * @param bag what was replayed
 * @param bundle what it was replayed through
 * @param topics which topics of the bag were taken for what
 * @param counts what became of the images
 * @param stages time per stage
 * @param metrics figures by metric name (see {@link ReplayMetrics})
 * @param classes by head, per class in id order; heads without classes are left out
 * @param distances by head, the error by distance; heads without are left out
 * @param camera the bag's camera against the training camera; null without a camera_info
 * @param frames each image, in bag order
 * @param outputSha256 over the bytes of all heads (uint8 or float32 little-endian), frame by frame
 * @param gates the gates and whether they hold
 * @param coverage what the figures rest on
 * @param notes what a reader must know to read the figures rightly
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ReplayReport(
    String schema,
    String product,
    String written,
    String machine,
    BagFacts bag,
    BundleFacts bundle,
    Topics topics,
    Counts counts,
    List<Stage> stages,
    Map<String, Value> metrics,
    Map<String, List<ClassFigures>> classes,
    Map<String, List<DistanceBand>> distances,
    CameraFacts camera,
    List<FrameFigures> frames,
    String outputSha256,
    List<Gate.Result> gates,
    Coverages coverage,
    List<String> notes) {
  /** The schema this product writes. */
  public static final String SCHEMA = "tarsier.replay/2";

  /**
   * A figure.
   *
   * @param value in the unit
   * @param unit empty for a ratio
   * @param protocol how it was computed
   */
  public record Value(double value, String unit, String protocol) {}

  /**
   * The bag.
   *
   * @param file its name; of several the first and how many more
   * @param sha256 of its bytes; of several of their hashes' hexadecimal digits, in the order of
   *     time
   * @param bytes of all files
   * @param durationSeconds from the first message read to the last, by receive time
   * @param messages read, on the topics that were used
   * @param damages every place that is not whole; empty for a whole bag
   * @param files names of the bags, in the order of time
   */
  public record BagFacts(
      String file,
      String sha256,
      long bytes,
      double durationSeconds,
      long messages,
      List<Damage> damages,
      List<String> files) {}

  /**
   * A place where a bag is not whole.
   *
   * @param file which bag
   * @param offset byte of the file where the damaged record begins
   * @param reason why
   */
  public record Damage(String file, long offset, String reason) {}

  /**
   * What the figures rest on.
   *
   * @param images perceived, of those in the bag
   * @param heads images with truth that was compared, by head; heads without truth are left out
   * @param minimum the least share that a gate asks for
   */
  public record Coverages(Coverage images, Map<String, Coverage> heads, double minimum) {}

  /**
   * The bundle.
   *
   * @param name such as {@code indoor-edge-v3}
   * @param version its version
   * @param modelSha256 of the ONNX file
   * @param precision in which numbers that network is: {@code float} or {@code int8}
   * @param provider what ran it
   * @param fallbacks why no better provider did, one line each
   * @param inputWidth pixels of the network's input
   * @param inputHeight pixels of the network's input
   */
  public record BundleFacts(
      String name,
      String version,
      String modelSha256,
      String precision,
      String provider,
      List<String> fallbacks,
      int inputWidth,
      int inputHeight) {}

  /**
   * Topics; null where the bag has none.
   *
   * @param image colour images
   * @param truths the topic of each head's truth; heads without are left out
   * @param cameraInfo calibration
   * @param taken what was taken for what, and why: one line each
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Topics(
      String image, Map<String, String> truths, String cameraInfo, List<String> taken) {}

  /**
   * Counts.
   *
   * @param in images read
   * @param out images perceived
   * @param dropped images refused
   * @param droppedByReason how many for which reason
   * @param matched images with truth within the tolerance, by head; heads without truth are left
   *     out
   * @param toleranceMillis largest difference of stamps between an image and its truth
   */
  public record Counts(
      long in,
      long out,
      long dropped,
      Map<String, Long> droppedByReason,
      Map<String, Long> matched,
      double toleranceMillis) {}

  /**
   * A stage's time, milliseconds.
   *
   * @param name of the stage
   * @param count frames
   */
  public record Stage(
      String name, long count, double p50, double p95, double p99, double max, double mean) {}

  /**
   * A class.
   *
   * @param id in the masks
   * @param name as the bundle names it
   * @param color {@code #RRGGBB}
   * @param predictedShare of all predicted pixels
   * @param iou intersection over union; null when the class is in neither truth nor prediction
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ClassFigures(
      int id, String name, String color, double predictedShare, Double iou) {}

  /**
   * The error of the truth pixels within a band of distances.
   *
   * @param fromMetres inclusive
   * @param toMetres exclusive
   * @param pixels how many
   * @param rmseMetres of them
   * @param biasMetres mean (p − t)
   */
  public record DistanceBand(
      double fromMetres, double toMetres, long pixels, double rmseMetres, double biasMetres) {}

  /**
   * Cameras.
   *
   * @param width of the bag's image
   * @param height of the bag's image
   * @param fx horizontal focal length of the bag's camera, in pixels of the network's input
   * @param trainedFx the same of the training camera; null when the bundle does not say
   * @param focalRatio fx / trainedFx; null when the bundle does not say
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record CameraFacts(
      int width, int height, double fx, Double trainedFx, Double focalRatio) {}

  /**
   * One image.
   *
   * @param index in bag order, from 0
   * @param stampNanos of its header
   * @param dropped the reason; null when it was perceived
   * @param decodeMillis stage time
   * @param inferMillis stage time
   * @param totalMillis encoded image to outputs
   * @param scores against its truth, by metric
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record FrameFigures(
      long index,
      long stampNanos,
      String dropped,
      Double decodeMillis,
      Double inferMillis,
      Double totalMillis,
      Map<String, Double> scores) {}

  /** What is no number is absent. */
  static Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  /** Whether something was perceived and all gates hold. */
  public boolean passed() {
    return counts.out() > 0 && gates.stream().allMatch(Gate.Result::passed);
  }

  /** Writes the JSON file, whole or not at all. */
  public void writeJson(Path file) throws IOException {
    WholeFile.write(file, Json.CAMEL_CASE.text(this));
  }

  /** Reads a JSON file that this product wrote. */
  public static ReplayReport readJson(Path file) throws IOException {
    return Json.CAMEL_CASE.parse(Files.readString(file), ReplayReport.class);
  }
}
