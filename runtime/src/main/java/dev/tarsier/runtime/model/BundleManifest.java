package dev.tarsier.runtime.model;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.tarsier.runtime.file.WholeFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What {@code model.json} says. Keys that a newer product added are ignored; a schema of another
 * major version is refused.
 *
 * @param schema {@link #SCHEMA}
 * @param name of the bundle, such as {@code indoor-edge-v2}
 * @param version of the bundle's content
 * @param model the ONNX file
 * @param input what the network takes
 * @param outputs what it gives
 * @param classes the meaning of each class id; empty without a classes head
 * @param ignoreId the id that stands for "no label", never given by the network
 * @param depth the meaning of depth values; null without a depth head
 * @param intrinsics the training camera in pixels of the network's input; null when not known
 * @param provenance where the bundle came from
 * @param golden frames with the outputs that are expected for them; may be empty
 * @param tolerances how far outputs may be from those; {@link Tolerances#DEFAULT} where it says
 *     nothing
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record BundleManifest(
    String schema,
    String name,
    String version,
    ModelFile model,
    Input input,
    Outputs outputs,
    List<SceneClass> classes,
    int ignoreId,
    DepthRange depth,
    Intrinsics intrinsics,
    Provenance provenance,
    List<GoldenFrame> golden,
    Tolerances tolerances) {
  /** The schema that this product reads and writes. */
  public static final String SCHEMA = "tarsier.bundle/1";

  /** The manifest's file name in the bundle's folder. */
  public static final String FILE = "model.json";

  /** A longer manifest is not read: the shipped one has 6 KB. */
  static final int MAX_BYTES = 4 << 20;

  /** They are all run at each start. */
  static final int MAX_GOLDEN = 64;

  private static final int MAX_NAME = 200;
  private static final int MAX_SAID = 300;

  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern COLOR = Pattern.compile("#[0-9A-Fa-f]{6}");

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  /** Checks that the parts fit each other. */
  public BundleManifest {
    if (!SCHEMA.equals(schema)) {
      throw new IllegalArgumentException("schema must be \"" + SCHEMA + "\", got " + quote(schema));
    }
    named("name", name);
    named("version", version);
    present("model", model);
    present("input", input);
    present("outputs", outputs);
    classes = list("classes", classes);
    provenance = provenance == null ? Provenance.unknown() : provenance;
    golden = list("golden", golden);
    if (golden.size() > MAX_GOLDEN) {
      throw new IllegalArgumentException(
          "golden must have at most %d frames, got %d".formatted(MAX_GOLDEN, golden.size()));
    }
    tolerances = tolerances == null ? Tolerances.DEFAULT : tolerances;
    if (ignoreId < 0 || ignoreId > 255) {
      throw new IllegalArgumentException("ignoreId must be 0 to 255, got " + ignoreId);
    }
    if (outputs.classes() != null && classes.isEmpty()) {
      throw new IllegalArgumentException(
          "classes must name each class, as outputs has a classes head; got none");
    }
    if (outputs.depth() != null && depth == null) {
      throw new IllegalArgumentException(
          "depth must say unit and range, as outputs has a depth head; got none");
    }
    Map<Integer, String> names = new HashMap<>();
    Set<String> seen = new HashSet<>();
    for (SceneClass each : classes) {
      String other = names.put(each.id(), each.name());
      if (other != null) {
        throw new IllegalArgumentException(
            "class ids must be unique, got id %d for both '%s' and '%s'"
                .formatted(each.id(), other, each.name()));
      }
      if (!seen.add(each.name())) {
        throw new IllegalArgumentException(
            "class names must be unique, got '" + each.name() + "' twice");
      }
      if (each.id() == ignoreId) {
        throw new IllegalArgumentException(
            "class '%s' must not have the id %d, which means ignored"
                .formatted(each.name(), ignoreId));
      }
    }
  }

  /** One more than the largest class id, since ids may have gaps; 0 without classes. */
  @JsonIgnore
  public int classIdLimit() {
    return classes.stream().mapToInt(SceneClass::id).max().orElse(-1) + 1;
  }

  /** The classes head, where the network has one. */
  @JsonIgnore
  public Optional<Head> classesHead() {
    return Optional.ofNullable(outputs.classes());
  }

  /** The depth head, where the network has one. */
  @JsonIgnore
  public Optional<Head> depthHead() {
    return Optional.ofNullable(outputs.depth());
  }

  /**
   * Reads {@code model.json} and checks it against itself; {@link Bundle#load} checks it against
   * the other files too.
   *
   * @param folder the bundle's folder
   * @throws BundleException names the file and the key
   */
  public static BundleManifest read(Path folder) throws BundleException {
    Path file = folder.resolve(FILE);
    if (!Files.isDirectory(folder)) {
      throw new BundleException(
          "model bundle "
              + folder
              + " is not a folder; give the folder that holds model.json and model.onnx");
    }
    if (!Files.isRegularFile(file)) {
      throw new BundleException(
          file
              + " is missing; a bundle is a folder with model.json and model.onnx, as written by"
              + " 'tarsier train'");
    }
    try {
      return parse(text(file));
    } catch (JsonProcessingException e) {
      throw new BundleException(
          file + ": " + firstCause(e) + "; export the bundle again or restore the file", e);
    } catch (CharacterCodingException e) {
      throw new BundleException(
          file + " is no UTF-8 text; export the bundle again or restore the file", e);
    } catch (IOException e) {
      throw new BundleException(file + " cannot be read: " + e, e);
    }
  }

  /** Its size is asked first, and a file that grows is not followed. */
  private static String text(Path file) throws IOException, BundleException {
    long size = Files.size(file);
    if (size <= MAX_BYTES) {
      try (InputStream in = Files.newInputStream(file)) {
        byte[] bytes = in.readNBytes(MAX_BYTES + 1);
        size = bytes.length;
        if (size <= MAX_BYTES) {
          return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        }
      }
    }
    throw new BundleException(
        "%s has %s, a manifest at most %s; export the bundle again or restore the file"
            .formatted(file, FileSize.of(size), FileSize.of(MAX_BYTES)));
  }

  /** The manifest in a JSON text. */
  static BundleManifest parse(String json) throws JsonProcessingException {
    BundleManifest manifest = JSON.readValue(json, BundleManifest.class);
    if (manifest == null) {
      throw MismatchedInputException.from(null, BundleManifest.class, "the document is empty");
    }
    return manifest;
  }

  /** The JSON text of {@code model.json}. */
  public String toJson() {
    try {
      return JSON.writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a manifest of plain records cannot fail to be written", e);
    }
  }

  /**
   * Writes {@code model.json}, whole or not at all.
   *
   * @param folder the bundle's folder; it exists
   */
  public void write(Path folder) throws IOException {
    WholeFile.write(folder.resolve(FILE), toJson());
  }

  private static String firstCause(JsonProcessingException e) {
    Throwable cause = e;
    while (cause.getCause() != null && cause.getCause() != cause) {
      cause = cause.getCause();
    }
    String where =
        e.getLocation() == null
            ? ""
            : " (line "
                + e.getLocation().getLineNr()
                + ", column "
                + e.getLocation().getColumnNr()
                + ")";
    String text =
        cause instanceof JsonProcessingException json
            ? json.getOriginalMessage()
            : cause.getMessage();
    return oneLine(text == null ? cause.toString() : text) + where;
  }

  /** What a damaged file says may be long, and hold anything. */
  private static String oneLine(String text) {
    StringBuilder line = new StringBuilder();
    text.codePoints()
        .limit(MAX_SAID)
        .map(c -> isPrintable(c) ? c : ' ')
        .forEach(line::appendCodePoint);
    return line.length() < text.length() && text.length() > MAX_SAID
        ? line.append('…').toString()
        : line.toString();
  }

  private static boolean isPrintable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }

  private static String quote(String text) {
    return text == null ? "none" : "\"" + text + "\"";
  }

  private static <T> List<T> list(String what, List<T> list) {
    if (list == null) {
      return List.of();
    }
    if (list.stream().anyMatch(Objects::isNull)) {
      throw new IllegalArgumentException(what + " must not hold null");
    }
    return List.copyOf(list);
  }

  /** Names reach consoles, topics and reports. */
  private static void named(String what, String name) {
    present(what, name);
    if (name.length() > MAX_NAME || !name.codePoints().allMatch(BundleManifest::isPrintable)) {
      throw new IllegalArgumentException(
          "%s must be at most %d printable characters, got %s"
              .formatted(what, MAX_NAME, quote(name)));
    }
  }

  /** By key, so that the same manifest is always the same text. */
  private static <V> Map<String, V> sorted(Map<String, V> map) {
    if (map == null) {
      return Map.of();
    }
    map.forEach((key, value) -> present("provenance's " + key, value));
    return Collections.unmodifiableMap(new TreeMap<>(map));
  }

  private static void present(String what, Object value) {
    if (value == null || (value instanceof String text && text.isBlank())) {
      throw new IllegalArgumentException(what + " must be present, got none");
    }
  }

  private static void positive(String what, int value) {
    if (value < 1 || value > 1 << 14) {
      throw new IllegalArgumentException(what + " must be 1 to 16384 pixels, got " + value);
    }
  }

  private static void oneOf(String what, String value, String... allowed) {
    if (!List.of(allowed).contains(value)) {
      throw new IllegalArgumentException(
          what + " must be " + String.join(" or ", allowed) + ", got " + quote(value));
    }
  }

  private static String inside(String what, String file) {
    present(what, file);
    Path path = Path.of(file).normalize();
    if (path.isAbsolute() || path.startsWith("..") || path.toString().isEmpty()) {
      throw new IllegalArgumentException(
          what + " must lie inside the bundle's folder, got " + quote(file));
    }
    return file;
  }

  /**
   * The ONNX file.
   *
   * @param file its path inside the bundle's folder
   * @param sha256 of its bytes, lower-case hexadecimal
   * @param opset version of the ONNX operator set
   * @param irVersion version of the ONNX format
   */
  public record ModelFile(String file, String sha256, int opset, int irVersion) {
    /** Checks form, not the file. */
    public ModelFile {
      inside("model.file", file);
      if (sha256 == null || !SHA256.matcher(sha256).matches()) {
        throw new IllegalArgumentException(
            "model.sha256 must be 64 lower-case hexadecimal digits, got " + quote(sha256));
      }
      if (opset < 1 || irVersion < 1) {
        throw new IllegalArgumentException(
            "model.opset and model.irVersion must be positive, got " + opset + ", " + irVersion);
      }
    }
  }

  /**
   * The network's only input.
   *
   * @param name of the tensor
   * @param dtype {@code uint8}, 0 to 255, normalised inside the graph
   * @param layout {@code NHWC}, N = 1
   * @param height rows
   * @param width columns
   * @param colorOrder {@code RGB}
   * @param resize {@code stretch}: both axes are scaled on their own to fill the input
   */
  public record Input(
      String name,
      String dtype,
      String layout,
      int height,
      int width,
      String colorOrder,
      String resize) {
    /** Checks that the runtime can feed it. */
    public Input {
      named("input.name", name);
      oneOf("input.dtype", dtype, "uint8");
      oneOf("input.layout", layout, "NHWC");
      positive("input.height", height);
      positive("input.width", width);
      oneOf("input.colorOrder", colorOrder, "RGB");
      oneOf("input.resize", resize, "stretch");
    }

    /** The input of this product: uint8 [1, height, width, 3], RGB, stretched. */
    public static Input rgb(int height, int width) {
      return new Input("image", "uint8", "NHWC", height, width, "RGB", "stretch");
    }

    /** Bytes of the tensor. */
    @JsonIgnore
    public int byteLength() {
      return 3 * height * width;
    }
  }

  /**
   * The heads. At least one is present; both have the same size.
   *
   * @param classes uint8 [1, height, width] class ids, or null
   * @param depth float32 [1, height, width] metres, or null
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Outputs(Head classes, Head depth) {
    /** Checks types and sizes. */
    public Outputs {
      if (classes == null && depth == null) {
        throw new IllegalArgumentException(
            "outputs must have a classes head, a depth head or both, got none");
      }
      if (classes != null) {
        oneOf("outputs.classes.dtype", classes.dtype(), "uint8");
      }
      if (depth != null) {
        oneOf("outputs.depth.dtype", depth.dtype(), "float32");
      }
      if (classes != null
          && depth != null
          && (classes.height() != depth.height() || classes.width() != depth.width())) {
        throw new IllegalArgumentException(
            "outputs must have one size, got classes %dx%d and depth %dx%d"
                .formatted(classes.width(), classes.height(), depth.width(), depth.height()));
      }
    }

    /** Rows of each head. */
    @JsonIgnore
    public int height() {
      return classes != null ? classes.height() : depth.height();
    }

    /** Columns of each head. */
    @JsonIgnore
    public int width() {
      return classes != null ? classes.width() : depth.width();
    }
  }

  /**
   * One output.
   *
   * @param name of the tensor
   * @param dtype {@code uint8} for classes, {@code float32} for depth
   * @param height rows
   * @param width columns
   */
  public record Head(String name, String dtype, int height, int width) {
    /** Checks the size. */
    public Head {
      named("outputs name", name);
      positive("outputs." + name + ".height", height);
      positive("outputs." + name + ".width", width);
    }

    /** The classes head of this product. */
    public static Head classes(int height, int width) {
      return new Head("classes", "uint8", height, width);
    }

    /** The depth head of this product. */
    public static Head depth(int height, int width) {
      return new Head("depth", "float32", height, width);
    }
  }

  /**
   * A class.
   *
   * @param id the value of its pixels, 0 to 255
   * @param name such as {@code floor}
   * @param color as it is drawn, {@code #RRGGBB}
   */
  public record SceneClass(int id, String name, String color) {
    /** Checks the form. */
    public SceneClass {
      if (id < 0 || id > 255) {
        throw new IllegalArgumentException(
            "class id must be 0 to 255, got " + id + " for " + quote(name));
      }
      named("name of class " + id, name);
      if (color == null || !COLOR.matcher(color).matches()) {
        throw new IllegalArgumentException(
            "color of class '" + name + "' must be #RRGGBB, got " + quote(color));
      }
    }

    /** The colour as 0xRRGGBB. */
    @JsonIgnore
    public int rgb() {
      return Integer.parseInt(color.substring(1), 16);
    }
  }

  /**
   * What depth values mean.
   *
   * @param unit {@code m}
   * @param min smallest depth seen in training, metres
   * @param max largest depth seen in training, metres
   * @param invalid {@code NaN}: the value where depth is unknown
   */
  public record DepthRange(String unit, double min, double max, String invalid) {
    /** Checks unit and range. */
    public DepthRange {
      oneOf("depth.unit", unit, "m");
      oneOf("depth.invalid", invalid, "NaN");
      if (!(min >= 0 && max > min && max < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "depth must have 0 <= min < max, got " + min + " and " + max);
      }
    }

    /** A range in metres with NaN for unknown. */
    public static DepthRange metres(double min, double max) {
      return new DepthRange("m", min, max, "NaN");
    }
  }

  /**
   * A pinhole camera, in pixels of the network's input.
   *
   * @param fx focal length along a row
   * @param fy focal length along a column
   * @param cx principal point, column
   * @param cy principal point, row
   */
  public record Intrinsics(double fx, double fy, double cx, double cy) {
    /** Checks the focal lengths. */
    public Intrinsics {
      if (!(fx > 0 && fy > 0 && Double.isFinite(fx + fy + cx + cy))) {
        throw new IllegalArgumentException(
            "intrinsics must be finite, fx and fy positive, got fx %s, fy %s, cx %s, cy %s"
                .formatted(fx, fy, cx, cy));
      }
    }
  }

  /**
   * Where the bundle came from.
   *
   * @param recipeSha256 of the recipe that trained it; null when none did
   * @param dataSets what it was trained on
   * @param seed of the training
   * @param metrics what was measured, each with its protocol's name
   * @param versions of the programs that made it, by name
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Provenance(
      String recipeSha256,
      List<DataSet> dataSets,
      long seed,
      List<Metrics> metrics,
      Map<String, String> versions) {
    /** Copies the lists. */
    public Provenance {
      dataSets = list("provenance.dataSets", dataSets);
      metrics = list("provenance.metrics", metrics);
      versions = sorted(versions);
    }

    /** Nothing is known. */
    public static Provenance unknown() {
      return new Provenance(null, List.of(), 0, List.of(), Map.of());
    }
  }

  /**
   * Data that it was trained on.
   *
   * @param name of the data set
   * @param split of the data set
   * @param frames how many
   * @param sha256 over the frames' content; null when not known
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record DataSet(String name, String split, int frames, String sha256) {
    /** Checks the name. */
    public DataSet {
      present("provenance.dataSets name", name);
    }
  }

  /**
   * Measured values.
   *
   * @param protocol how it was measured, such as {@code dataset-miou}
   * @param data on what, such as {@code nyuv2/val100}
   * @param values by metric name
   */
  public record Metrics(String protocol, String data, Map<String, Double> values) {
    /** Copies the values. */
    public Metrics {
      present("provenance.metrics protocol", protocol);
      present("provenance.metrics data", data);
      values = sorted(values);
    }
  }

  /**
   * A frame with what the network gave for it at export, on the CPU.
   *
   * @param image PNG, RGB, of the network's input size
   * @param classes PNG, one byte a pixel, class ids; null without that head
   * @param depth raw float32, little endian, row by row, metres; null without that head
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record GoldenFrame(String image, String classes, String depth) {
    /** Checks that the files lie in the bundle. */
    public GoldenFrame {
      inside("golden image", image);
      if (classes != null) {
        inside("golden classes", classes);
      }
      if (depth != null) {
        inside("golden depth", depth);
      }
    }
  }

  /**
   * How far what a provider computes may be from the golden frames. Half precision and other
   * processors round differently; another network is further away.
   *
   * @param minClassAgreement share of pixels with the same class, 0.5 to 1; 0.99 where absent
   * @param maxDepthRelativeError mean of |depth − golden| / golden over the pixels where both are
   *     known, 0 to 0.5; 0.01 where absent
   * @param maxDepthUnknown share of pixels whose depth is known in one of the two and in the other
   *     NaN, infinite or not positive, 0 to 0.5; 0.001 where absent
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Tolerances(
      Double minClassAgreement, Double maxDepthRelativeError, Double maxDepthUnknown) {
    /** What holds where a manifest says nothing. */
    public static final Tolerances DEFAULT = new Tolerances(null, null, null);

    /** Fills in what is absent and checks the ranges. */
    public Tolerances {
      minClassAgreement = share("minClassAgreement", minClassAgreement, 0.99, 0.5, 1);
      maxDepthRelativeError = share("maxDepthRelativeError", maxDepthRelativeError, 0.01, 0, 0.5);
      maxDepthUnknown = share("maxDepthUnknown", maxDepthUnknown, 0.001, 0, 0.5);
    }

    private static double share(
        String what, Double value, double otherwise, double least, double most) {
      if (value == null) {
        return otherwise;
      }
      if (!(value >= least && value <= most)) {
        throw new IllegalArgumentException(
            "tolerances.%s must be %s to %s, got %s".formatted(what, least, most, value));
      }
      return value;
    }
  }
}
