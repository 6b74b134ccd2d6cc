package dev.tarsier.trainer.onnx;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.file.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is written in or beside a file of how its network is used: Hugging Face's {@code
 * config.json} and {@code preprocessor_config.json} (transformers' {@code PretrainedConfig} and
 * {@code ImageProcessor}), and the metadata that Ultralytics' exporter writes. What is not there is
 * null or empty; nothing is made up.
 *
 * @param order of the colours
 * @param normalisation of the colours
 * @param channelsFirst whether the exporter's networks take channels first
 * @param width of the input
 * @param height of the input
 * @param classes names by id
 * @param depth what a single float map is; empty where it may be anything
 * @param maxMetres the largest depth that it says; of metric depth
 * @param instances whether it is one of Ultralytics' networks for instances
 * @param task Ultralytics' name of what the network does
 * @param licence as the exporter wrote it
 * @param sources files and metadata that were read, for people
 */
record Known(
    ColorOrder order,
    Normalisation normalisation,
    Boolean channelsFirst,
    Integer width,
    Integer height,
    List<String> classes,
    Optional<Meaning> depth,
    Double maxMetres,
    boolean instances,
    String task,
    String licence,
    List<String> sources) {
  private static final String CONFIG = "config.json";
  private static final String PREPROCESSOR = "preprocessor_config.json";

  /** A small text; another file may have the name and be anything. */
  private static final long MOST_BYTES = 8L << 20;

  /** Collects, then makes the record. */
  private static final class Found {
    ColorOrder order;
    Normalisation normalisation;
    Boolean channelsFirst;
    Integer width;
    Integer height;
    List<String> classes = List.of();
    Meaning depth;
    Double maxMetres;
    boolean instances;
    String task;
    String licence;
    final List<String> sources = new ArrayList<>();

    Known known() {
      return new Known(
          order,
          normalisation,
          channelsFirst,
          width,
          height,
          List.copyOf(classes),
          Optional.ofNullable(depth),
          maxMetres,
          instances,
          task,
          licence,
          List.copyOf(sources));
    }
  }

  /**
   * Reads what there is.
   *
   * @param file the network
   * @param folder where its configuration lies; null for beside it, or above a folder {@code onnx}
   * @throws ImportException names a file that is there and cannot be read
   */
  static Known of(OnnxFile file, Path folder) throws IOException {
    Found found = new Found();
    ultralytics(file.metadata(), found);
    for (Path each : folders(file.path(), folder)) {
      if (huggingFace(each, found)) {
        return found.known();
      }
      if (folder != null) {
        throw new ImportException(
            "%s has no %s or %s of Hugging Face; give the folder that has them"
                .formatted(folder, CONFIG, PREPROCESSOR));
      }
    }
    return found.known();
  }

  /** Whether there is any of Hugging Face's files; others may have their names. */
  private static boolean huggingFace(Path folder, Found found) throws IOException {
    int before = found.sources.size();
    Path config = folder.resolve(CONFIG);
    if (Files.isRegularFile(config)) {
      JsonNode said = json(config);
      if (said.hasNonNull("model_type") || said.hasNonNull("architectures")) {
        model(said, found);
        found.sources.add(config.toString());
      }
    }
    Path preprocessor = folder.resolve(PREPROCESSOR);
    if (Files.isRegularFile(preprocessor)) {
      JsonNode said = json(preprocessor);
      if (said.has("image_processor_type")
          || said.has("feature_extractor_type")
          || said.has("image_mean")) {
        preprocessor(preprocessor, said, found);
        found.sources.add(preprocessor.toString());
      }
    }
    return found.sources.size() > before;
  }

  private static List<Path> folders(Path file, Path told) {
    if (told != null) {
      return List.of(told);
    }
    Path beside = file.toAbsolutePath().normalize().getParent();
    List<Path> folders = new ArrayList<>(List.of(beside));
    if (beside.getParent() != null && beside.endsWith("onnx")) {
      folders.add(beside.getParent()); // as repositories on Hugging Face are laid out
    }
    return folders;
  }

  private static JsonNode json(Path file) throws IOException {
    if (Files.size(file) > MOST_BYTES) {
      throw new ImportException(
          file + " is far too large for a configuration; remove it or give --config FOLDER");
    }
    try {
      JsonNode tree = Json.read(file);
      if (tree.isObject()) {
        return tree;
      }
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new ImportException(
          "%s is no JSON (%s); mend or remove it".formatted(file, e.getOriginalMessage()), e);
    }
    throw new ImportException(file + " is no JSON object; mend or remove it");
  }

  private static void model(JsonNode config, Found found) {
    found.channelsFirst = true;
    if (config.path("id2label").isObject()) {
      found.classes = byId(config.path("id2label"));
    }
    switch (config.path("model_type").asText()) {
      case "glpn", "zoedepth" -> found.depth = Meaning.METRIC;
      // What its graph gives is inverse depth, of which its processor makes metres.
      case "depth_pro" -> found.depth = Meaning.DISPARITY;
      // The class's own default is left out of the file by some versions.
      case "depth_anything", "prompt_depth_anything" ->
          found.depth =
              config.path("depth_estimation_type").asText("relative").equals("metric")
                  ? Meaning.METRIC
                  : Meaning.DISPARITY;
      default -> {
        // others give both kinds under one name
      }
    }
    if (found.depth == Meaning.METRIC && config.path("max_depth").asDouble() > 0) {
      found.maxMetres = config.path("max_depth").asDouble();
    }
  }

  private static void preprocessor(Path file, JsonNode said, Found found) throws ImportException {
    found.channelsFirst = true;
    found.order = said.path("do_flip_channel_order").asBoolean() ? ColorOrder.BGR : ColorOrder.RGB;
    boolean glpn =
        said.path("image_processor_type").asText().startsWith("GLPN")
            || said.path("feature_extractor_type").asText().startsWith("GLPN");
    boolean rescales = said.path("do_rescale").asBoolean(true);
    double scale =
        !rescales
            ? 1
            : said.hasNonNull("rescale_factor") ? said.get("rescale_factor").asDouble() : 1 / 255.0;
    boolean has = said.path("image_mean").size() == 3 && said.path("image_std").size() == 3;
    if (said.path("do_normalize").asBoolean(has) && has) {
      found.normalisation =
          Normalisation.of(
              file.toString(), scale, three(said, "image_mean"), three(said, "image_std"));
    } else if (glpn || (said.has("do_normalize") && !said.get("do_normalize").asBoolean())) {
      found.normalisation = Normalisation.scaled(scale);
    }
    boolean crops = said.path("do_center_crop").asBoolean() && said.hasNonNull("crop_size");
    JsonNode size = said.path(crops ? "crop_size" : "size");
    boolean whole = !said.path("keep_aspect_ratio").asBoolean() || crops;
    if (size.isInt() && whole) { // as feature extractors wrote a square
      found.height = size.asInt();
      found.width = size.asInt();
    } else if (size.has("height") && size.has("width") && whole) {
      found.height = size.get("height").asInt();
      found.width = size.get("width").asInt();
    }
  }

  private static double[] three(JsonNode said, String key) {
    double[] values = new double[3];
    for (int c = 0; c < 3; c++) {
      values[c] = said.get(key).get(c).asDouble();
    }
    return values;
  }

  /** Names by ids, which are keys in a text: "10" comes after "9". */
  private static List<String> byId(JsonNode names) {
    Map<Integer, String> sorted = new TreeMap<>();
    names
        .properties()
        .forEach(
            each -> {
              if (each.getKey().matches("[0-9]{1,5}")) {
                sorted.put(Integer.parseInt(each.getKey()), each.getValue().asText());
              }
            });
    List<String> list = new ArrayList<>();
    for (Map.Entry<Integer, String> each : sorted.entrySet()) {
      if (each.getKey() != list.size()) {
        return List.of();
      }
      list.add(each.getValue());
    }
    return list;
  }

  /** Its exporter writes all of these, as Python prints them. */
  private static void ultralytics(Map<String, String> metadata, Found found) {
    if (!metadata.containsKey("names") || !metadata.containsKey("stride")) {
      return;
    }
    found.sources.add("the file's metadata");
    found.channelsFirst = true;
    found.order = ColorOrder.RGB;
    found.normalisation = Normalisation.scaled(1 / 255.0);
    found.task = metadata.get("task");
    found.instances = "segment".equals(found.task);
    found.licence = metadata.get("license");
    try {
      JsonNode names = StrictYaml.parse(metadata.get("names"), "names", JsonNode.class);
      if (names.isObject()) {
        found.classes = byId(names);
      } else if (names.isArray()) {
        List<String> list = new ArrayList<>();
        names.forEach(each -> list.add(each.asText()));
        found.classes = list;
      }
      JsonNode size =
          StrictYaml.parse(metadata.getOrDefault("imgsz", "[]"), "imgsz", JsonNode.class);
      if (size.size() == 2) {
        found.height = size.get(0).asInt();
        found.width = size.get(1).asInt();
      }
    } catch (ConfigException e) {
      found.sources.add("names or imgsz of the metadata cannot be read");
    }
  }

  /** The same where a person says what a single float map is. */
  Known saying(Meaning meaning) {
    return new Known(
        order,
        normalisation,
        channelsFirst,
        width,
        height,
        classes,
        Optional.of(meaning),
        maxMetres,
        instances,
        task,
        licence,
        sources);
  }

  /** In one line, for people. */
  String words() {
    return sources.isEmpty()
        ? "nothing in or beside the file says how it is used"
        : "read from " + String.join(" and ", sources);
  }

  /** The order in which a network takes the colours. */
  enum ColorOrder {
    /** Red first. */
    RGB,
    /** Blue first, as OpenCV and Caffe have it. */
    BGR;

    /** As options say it. */
    static Optional<ColorOrder> of(String name) {
      try {
        return Optional.of(valueOf(name.toUpperCase(Locale.ROOT)));
      } catch (IllegalArgumentException e) {
        return Optional.empty();
      }
    }
  }
}
