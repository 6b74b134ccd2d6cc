package dev.tarsier.trainer.onnx;

import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a person says of a network. Null where nothing is said; what a file says itself need not be
 * said, and what is said counts more.
 *
 * @param name of the bundle
 * @param version of the bundle's content
 * @param licence of the network; {@code unknown} where that is so
 * @param width of the input, pixels
 * @param height of the input, pixels
 * @param layout {@code NCHW} or {@code NHWC}
 * @param order {@code RGB} or {@code BGR}
 * @param normalise a name such as {@code imagenet}
 * @param scale of pixels, such as 1/255
 * @param mean of each channel
 * @param deviation of each channel
 * @param outputs {@code NAME[:MEANING[:ID]]} each; empty where nothing is said
 * @param classes a file with names, a known set's name, or a number
 * @param threshold of masks; of probabilities 0.5, of logits 0
 * @param score an instance below it is left out
 * @param overlap of two boxes of one class above it, the less certain is left out
 * @param maxMetres the largest depth that the network says
 * @param intrinsics of the camera of its training, in pixels of the input
 * @param config folder of Hugging Face's configuration
 * @param pictures folder with pictures to compare on and to keep as golden frames
 */
public record ImportOptions(
    String name,
    String version,
    String licence,
    Integer width,
    Integer height,
    String layout,
    String order,
    String normalise,
    Double scale,
    double[] mean,
    double[] deviation,
    List<String> outputs,
    String classes,
    Double threshold,
    double score,
    double overlap,
    Double maxMetres,
    Intrinsics intrinsics,
    Path config,
    Path pictures) {
  /** Keys of a recipe by option, of those that have another name. */
  private static final Map<String, String> KEYS =
      Map.of("--classes", "names", "--output", "outputs");

  private static final Pattern OPTION =
      Pattern.compile(
          "(--[a-z]+(?:-[a-z]+)*)( (?!(?:and|or|says|must|is|out|with)\\b)(?=[-\\w]))?");

  /** Copies the list, and checks ranges; options are called by their names on the command line. */
  public ImportOptions {
    outputs = outputs == null ? List.of() : List.copyOf(outputs);
    requireThree("--mean", mean);
    requireThree("--std", deviation);
    requireShare("--score", score);
    requireShare("--overlap", overlap);
    if (maxMetres != null && !(maxMetres > 0 && Double.isFinite(maxMetres))) {
      throw new IllegalArgumentException("--max-depth must be positive, got " + maxMetres);
    }
  }

  private static void requireThree(String option, double[] values) {
    if (values != null && values.length != 3) {
      throw new IllegalArgumentException(
          "%s must be 3 numbers with commas between, got %d".formatted(option, values.length));
    }
  }

  private static void requireShare(String option, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException("%s must be 0 to 1, got %s".formatted(option, value));
    }
  }

  /**
   * A size as it is told.
   *
   * @param width pixels
   * @param height pixels
   */
  public record InputSize(int width, int height) {
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,5})\\s*[xX×]\\s*([0-9]{1,5})");
    private static final int MOST = 1 << 13;

    /** Reads such as 320x240. */
    public static InputSize of(String text) {
      Matcher size = SIZE.matcher(text.strip());
      if (size.matches()) {
        InputSize read =
            new InputSize(Integer.parseInt(size.group(1)), Integer.parseInt(size.group(2)));
        if (Math.min(read.width, read.height) >= 1 && Math.max(read.width, read.height) <= MOST) {
          return read;
        }
      }
      throw new IllegalArgumentException(
          "--input-size must be WIDTHxHEIGHT such as 320x240, 8192 at most, got '%s'"
              .formatted(text));
    }
  }

  /** Reads a scale such as 0.0039 or 1/255. */
  public static double fraction(String text) {
    try {
      int bar = text.indexOf('/');
      return bar < 0
          ? Double.parseDouble(text)
          : Double.parseDouble(text.substring(0, bar))
              / Double.parseDouble(text.substring(bar + 1));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "--scale must be a number or a fraction such as 1/255, got '%s'".formatted(text), e);
    }
  }

  /**
   * A message in which options are called as a recipe's keys are: {@code --input-size 320x240} is
   * {@code input_size: 320x240}. Names of classes are {@code names} there: {@code classes} maps
   * them.
   */
  public static String withKeys(String message) {
    return OPTION
        .matcher(message)
        .replaceAll(
            each ->
                Matcher.quoteReplacement(
                    KEYS.getOrDefault(each.group(1), each.group(1).substring(2).replace('-', '_'))
                        + (each.group(2) == null ? "" : ": ")));
  }
}
