package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.trainer.onnx.ImportOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What a recipe says of a teacher that someone else trained: a file in ONNX, and what neither the
 * file nor what stands beside it says. Its keys are the options of {@code tarsier import}; {@code
 * docs/recipes.md} lists them. What is null is not said.
 *
 * @param onnx the file
 * @param outputs which to take; empty for the only one
 * @param decode what those say that name no meaning of their own
 * @param classes from the network's classes to the recipe's: a file, or a section
 * @param names of the network's classes: a file, a known set, or how many
 * @param inputSize such as 320x240
 * @param layout {@code NCHW} or {@code NHWC}
 * @param order {@code RGB} or {@code BGR}
 * @param normalize such as {@code imagenet}
 * @param scale a number or a fraction such as 1/255
 * @param mean of each channel
 * @param std of each channel
 * @param score of instances
 * @param overlap of instances
 * @param maxDepth metres; depth beyond it is left out
 * @param config folder of Hugging Face's configuration
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OnnxSection(
    String onnx,
    @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) List<Output> outputs,
    String decode,
    JsonNode classes,
    JsonNode names,
    String inputSize,
    String layout,
    String order,
    @JsonAlias("normalise") String normalize,
    JsonNode scale,
    List<Double> mean,
    List<Double> std,
    Double score,
    Double overlap,
    Double maxDepth,
    String config) {
  private static final double SCORE = 0.25;
  private static final double OVERLAP = 0.7;

  /** Checks that there is a file. */
  public OnnxSection {
    classes = classes == null || classes.isNull() ? null : classes;
    names = names == null || names.isNull() ? null : names;
    scale = scale == null || scale.isNull() ? null : scale;
    outputs = outputs == null ? List.of() : List.copyOf(outputs);
    if (onnx == null || onnx.isBlank()) {
      throw new IllegalArgumentException(
          "onnx must name the file of a network; a teacher that is trained here, or was (trained: …), is the section teacher, beside teachers");
    }
    if ((mean != null && mean.contains(null)) || (std != null && std.contains(null))) {
      throw new IllegalArgumentException(
          "mean and std must be 3 numbers each, got %s and %s".formatted(mean, std));
    }
    if (classes != null && !classes.isTextual() && !classes.isObject()) {
      throw new IllegalArgumentException(
          "classes must be a file such as map.yaml, or a section {network's class: recipe's class}, got "
              + classes);
    }
    if (names != null && !names.isTextual() && !names.isInt()) {
      throw new IllegalArgumentException(
          "names must be a file, a known set or a number, got " + names);
    }
  }

  /**
   * An output to take.
   *
   * @param name of the output
   * @param decode what it says; null where it is not said here
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Output(String name, String decode) {
    private static final Set<String> KEYS = Set.of("name", "decode");

    /** Reads {@code NAME}, {@code NAME:MEANING}, or both as a section. */
    @JsonCreator
    static Output of(JsonNode said) {
      if (said.isTextual()) {
        return new Output(said.asText(), null);
      }
      List<String> keys = new ArrayList<>();
      said.fieldNames().forEachRemaining(keys::add);
      if (!said.path("name").isTextual() || !KEYS.containsAll(keys)) {
        throw new IllegalArgumentException(
            "outputs must be names, such as logits or depth:metric, or sections {name: …, decode: …}, got "
                + said);
      }
      return new Output(said.path("name").asText(), said.path("decode").asText(null));
    }

    private String option() {
      return decode == null ? name : name + ":" + decode;
    }
  }

  private static double[] numbers(List<Double> said) {
    return said == null ? null : said.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /**
   * The same as options of an import.
   *
   * @param names the network's classes, with a file's path as it is found; null where nothing is
   *     said
   * @param folder of Hugging Face's configuration; null where nothing is said
   * @param metres depth beyond it is left out
   */
  ImportOptions options(String names, Path folder, double metres) {
    ImportOptions.InputSize size = inputSize == null ? null : ImportOptions.InputSize.of(inputSize);
    return new ImportOptions(
        onnx,
        "1",
        null,
        size == null ? null : size.width(),
        size == null ? null : size.height(),
        layout,
        order,
        normalize,
        scale == null ? null : ImportOptions.fraction(scale.asText()),
        numbers(mean),
        numbers(std),
        outputs.stream().map(Output::option).toList(),
        names,
        null,
        score == null ? SCORE : score,
        overlap == null ? OVERLAP : overlap,
        metres,
        null,
        folder,
        null);
  }
}
