package dev.tarsier.runtime.model;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.Names;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What {@code model.json} says. Keys that a newer product added are ignored; a schema of another
 * major version is refused.
 *
 * @param schema {@link #SCHEMA}
 * @param name of the bundle, such as {@code indoor-edge-v3}
 * @param version of the bundle's content
 * @param model the ONNX file
 * @param input what the network takes
 * @param outputs what it gives, by the id of the head, in order; one or more
 * @param intrinsics the training camera in pixels of the network's input; null when not known
 * @param provenance where the bundle came from
 * @param golden frames with the outputs that are expected for them; may be empty
 * @param variants the same network in other numbers, by {@link NetworkPrecision#id}; empty for none
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record BundleManifest(
    String schema,
    String name,
    String version,
    ModelFile model,
    Input input,
    Map<String, Output> outputs,
    Intrinsics intrinsics,
    Provenance provenance,
    List<GoldenFrame> golden,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, Variant> variants) {
  /** The schema that this product writes; it reads {@link FirstSchema} too. */
  public static final String SCHEMA = "tarsier.bundle/2";

  /** The manifest's file name in the bundle's folder. */
  public static final String FILE = "model.json";

  /** A longer manifest is not read: the shipped one has 6 KB. */
  static final int MAX_BYTES = 4 << 20;

  /** They are all run at each start. */
  static final int MAX_GOLDEN = 64;

  private static final String CLASS_NAMES_SHA256 = "classNamesSha256";

  private static final int MAX_SAID = 300;

  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  /** Checks that the parts fit each other. */
  public BundleManifest {
    requireSchema(schema);
    Names.require("name", name);
    Names.require("version", version);
    present("model", model);
    present("input", input);
    outputs = outputs(outputs);
    provenance = provenance == null ? Provenance.unknown() : provenance;
    golden = golden("golden", golden, outputs);
    variants = variants(variants, outputs);
  }

  /** A bundle of one network. */
  public BundleManifest(
      String schema,
      String name,
      String version,
      ModelFile model,
      Input input,
      Map<String, Output> outputs,
      Intrinsics intrinsics,
      Provenance provenance,
      List<GoldenFrame> golden) {
    this(schema, name, version, model, input, outputs, intrinsics, provenance, golden, Map.of());
  }

  private static List<GoldenFrame> golden(
      String what, List<GoldenFrame> given, Map<String, Output> outputs) {
    List<GoldenFrame> golden = list(what, given);
    if (golden.size() > MAX_GOLDEN) {
      throw new IllegalArgumentException(
          "%s must have at most %d frames, got %d".formatted(what, MAX_GOLDEN, golden.size()));
    }
    for (GoldenFrame each : golden) {
      each.requireOutputsOf(outputs);
    }
    return golden;
  }

  private static Map<String, Variant> variants(
      Map<String, Variant> given, Map<String, Output> outputs) {
    Map<String, Variant> variants = new TreeMap<>();
    if (given != null) {
      given.forEach(
          (precision, variant) -> {
            Names.require("variants", precision);
            present("variants." + precision, variant);
            golden("variants." + precision + ".golden", variant.golden(), outputs);
            variants.put(precision, variant);
          });
    }
    return Collections.unmodifiableMap(variants);
  }

  /** The network in these numbers; none where the bundle has none. */
  public Optional<Variant> variant(NetworkPrecision precision) {
    return Optional.ofNullable(variants.get(precision.id()));
  }

  private static void requireSchema(String schema) {
    if (!SCHEMA.equals(schema)) {
      throw new IllegalArgumentException(
          "schema must be \"%s\" or \"%s\", got %s"
              .formatted(SCHEMA, FirstSchema.NAME, quote(schema)));
    }
  }

  /** In the given order, which is that of reports; maps have one size, since a scene has. */
  private static Map<String, Output> outputs(Map<String, Output> given) {
    if (given == null || given.isEmpty()) {
      throw new IllegalArgumentException("outputs must have one head or more, got none");
    }
    Map<String, Output> outputs = new LinkedHashMap<>();
    Output first = null;
    for (Map.Entry<String, Output> each : given.entrySet()) {
      Output output = each.getValue();
      present("outputs." + each.getKey(), output);
      new Head(each.getKey(), output.kind());
      outputs.put(each.getKey(), output);
      if (!output.kind().isMap()) {
        continue;
      }
      first = first == null ? output : first;
      if (output.height() != first.height() || output.width() != first.width()) {
        throw new IllegalArgumentException(
            "outputs must have one size, got %s %dx%d and %s %dx%d"
                .formatted(
                    first.tensor(),
                    first.width(),
                    first.height(),
                    output.tensor(),
                    output.width(),
                    output.height()));
      }
    }
    return Collections.unmodifiableMap(outputs);
  }

  /** The heads, in order. */
  @JsonIgnore
  public List<Head> heads() {
    return outputs.entrySet().stream()
        .map(each -> new Head(each.getKey(), each.getValue().kind()))
        .toList();
  }

  /** The first head of a kind. */
  public Optional<Head> firstHead(Class<? extends HeadKind> kind) {
    return heads().stream().filter(head -> kind.isInstance(head.kind())).findFirst();
  }

  /** What the first head of a kind is. */
  public <K extends HeadKind> Optional<K> firstKind(Class<K> kind) {
    return firstHead(kind).map(head -> kind.cast(head.kind()));
  }

  /** Rows of each map; 1 where the network gives none. */
  @JsonIgnore
  public int outputHeight() {
    return maps().findFirst().map(Output::height).orElse(1);
  }

  /** Columns of each map; 1 where the network gives none. */
  @JsonIgnore
  public int outputWidth() {
    return maps().findFirst().map(Output::width).orElse(1);
  }

  private Stream<Output> maps() {
    return outputs.values().stream().filter(each -> each.kind().isMap());
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
    if (WholeFile.isDenied(file)) {
      throw new BundleException(WholeFile.denied(file));
    }
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
      throw new BundleException(WholeFile.unreadable(file, e), e);
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
    JsonNode tree = Json.parse(json);
    if (!(tree instanceof ObjectNode object)) {
      throw MismatchedInputException.from(
          null,
          BundleManifest.class,
          tree == null || tree.isMissingNode() || tree.isNull()
              ? "the document is empty"
              : "the document is no JSON object");
    }
    try {
      FirstSchema.upgrade(object);
      requireSchema(object.path("schema").textValue()); // before what another schema has otherwise
    } catch (IllegalArgumentException e) {
      throw MismatchedInputException.from(null, BundleManifest.class, e.getMessage());
    }
    BundleManifest manifest = Json.CAMEL_CASE.value(object, BundleManifest.class);
    JsonNode said = object.path(CLASS_NAMES_SHA256);
    if (!said.isMissingNode() && !said.asText().equals(manifest.classNamesSha256())) {
      throw MismatchedInputException.from(
          null,
          BundleManifest.class,
          "%s is another than that of this model with these classes: they are another model's, or in another order (to rename classes on purpose, take this key out)"
              .formatted(CLASS_NAMES_SHA256));
    }
    return manifest;
  }

  /**
   * SHA-256 of the model's hash and of all heads' classes, ids and names; it is written with the
   * manifest. Golden frames prove ids, and this that the names belong to them. Colours do not
   * count.
   *
   * @return null where no head has classes
   */
  @JsonProperty(value = CLASS_NAMES_SHA256, access = JsonProperty.Access.READ_ONLY)
  public String classNamesSha256() {
    StringBuilder names = new StringBuilder();
    outputs.forEach(
        (head, output) ->
            output
                .kind()
                .classes()
                .forEach(
                    each -> names.append("\n%s %d %s".formatted(head, each.id(), each.name()))));
    return names.isEmpty()
        ? null
        : Sha256.of((model.sha256() + names).getBytes(StandardCharsets.UTF_8));
  }

  /** The JSON text of {@code model.json}. */
  public String toJson() {
    return Json.CAMEL_CASE.text(this) + "\n";
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
        e.getLocation() == null || e.getLocation().getLineNr() < 1 // of a tree, not of a text
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
    if (cause instanceof MismatchedInputException wrong
        && !wrong.getPath().isEmpty()
        && text.matches("(?s).*`(java|dev)\\..*")) { // names of classes say nothing to a user
      text = path(wrong) + " has a value of another kind than it must have";
    }
    return oneLine(text == null ? cause.toString() : text) + where;
  }

  private static String path(MismatchedInputException e) {
    return e.getPath().stream()
        .map(
            step -> step.getFieldName() == null ? "[" + step.getIndex() + "]" : step.getFieldName())
        .collect(Collectors.joining("."))
        .replace(".[", "[");
  }

  /** What a damaged file says may be long, and hold anything. */
  private static String oneLine(String text) {
    StringBuilder line = new StringBuilder();
    text.codePoints()
        .limit(MAX_SAID)
        .map(c -> Names.isPrintable(c) ? c : ' ')
        .forEach(line::appendCodePoint);
    return line.length() < text.length() && text.length() > MAX_SAID
        ? line.append('…').toString()
        : line.toString();
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
   * The same network in other numbers: same input, same outputs, a file of its own.
   *
   * @param model its ONNX file
   * @param golden frames with what this network gives for them
   * @param metrics what was measured of it, on what the float network was measured beside it
   * @param calibration how it was made, by what; for people
   */
  public record Variant(
      ModelFile model,
      List<GoldenFrame> golden,
      List<Metrics> metrics,
      Map<String, String> calibration) {
    /** Checks and copies. */
    public Variant {
      present("variants' model", model);
      golden = list("variants' golden", golden);
      metrics = list("variants' metrics", metrics);
      calibration = sorted(calibration);
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
      Names.require("input.name", name);
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
   * One output.
   *
   * @param tensor name of it in the ONNX file
   * @param height rows; 1 where there is one value for the image
   * @param width columns; 1 where there is one value for the image
   * @param kind what its values are
   * @param tolerance how far it may be from golden frames; the kind's where it says nothing
   */
  public record Output(String tensor, int height, int width, HeadKind kind, Tolerance tolerance) {
    /** Checks the name and the size. */
    public Output {
      Names.require("outputs tensor", tensor);
      positive("outputs." + tensor + ".height", height);
      positive("outputs." + tensor + ".width", width);
      if (kind != null && !kind.isMap() && (height != 1 || width != 1)) {
        throw new IllegalArgumentException(
            "outputs.%s has one value for the image, so its size must be 1x1, got %dx%d"
                .formatted(tensor, width, height));
      }
      tolerance = tolerance == null ? Tolerance.DEFAULT : tolerance;
    }

    /** An output with the usual tolerance. */
    public Output(String tensor, int height, int width, HeadKind kind) {
      this(tensor, height, width, kind, null);
    }

    /** Its shape in the ONNX file. */
    @JsonIgnore
    public List<Long> shape() {
      if (!kind.isMap()) {
        return List.of(1L, (long) kind.channels());
      }
      return kind.channels() == 1
          ? List.of(1L, (long) height, (long) width)
          : List.of(1L, (long) height, (long) width, (long) kind.channels());
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
   * @param weightsSha256 of the file of weights beside it that trainings begin with; null where
   *     none was written, or its hash was not
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Provenance(
      String recipeSha256,
      List<DataSet> dataSets,
      long seed,
      List<Metrics> metrics,
      Map<String, String> versions,
      String weightsSha256) {
    /** Copies the lists. */
    public Provenance {
      dataSets = list("provenance.dataSets", dataSets);
      metrics = list("provenance.metrics", metrics);
      versions = sorted(versions);
    }

    /** Without weights to train from. */
    public Provenance(
        String recipeSha256,
        List<DataSet> dataSets,
        long seed,
        List<Metrics> metrics,
        Map<String, String> versions) {
      this(recipeSha256, dataSets, seed, metrics, versions, null);
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
   * @param outputs files by the id of the head, some or all: ids as PNG, one byte a pixel; values
   *     as raw float32, little endian, row by row
   */
  public record GoldenFrame(String image, Map<String, String> outputs) {
    /** Checks that the files lie in the bundle. */
    public GoldenFrame {
      inside("golden image", image);
      outputs = sorted(outputs);
      outputs.forEach((head, file) -> inside("golden " + head, file));
    }

    private void requireOutputsOf(Map<String, Output> network) {
      for (String head : outputs.keySet()) {
        if (!network.containsKey(head)) {
          throw new IllegalArgumentException(
              "golden frame %s has %s, which is none of outputs %s"
                  .formatted(image, head, network.keySet()));
        }
      }
    }
  }

  /**
   * How far what a provider computes may be from the golden frames. Half precision and other
   * processors round differently; another network is further away.
   *
   * @param minAgreement of ids: share of pixels with the same, 0.5 to 1; 0.99 where absent
   * @param maxError of values: mean of |value − golden| / golden over the pixels where both are
   *     known, of directions the mean angle in radians, of scores the largest difference, 0 to 0.5;
   *     0.01 where absent
   * @param maxUnknown of values: share of pixels that are known in only one of the two, 0 to 0.5;
   *     0.001 where absent
   * @param fp16 what holds instead where a provider computes in half precision; null = the same
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Tolerance(
      Double minAgreement, Double maxError, Double maxUnknown, HalfTolerance fp16) {
    /** What holds where a manifest says nothing. */
    public static final Tolerance DEFAULT = new Tolerance(null, null, null);

    /** The same in every precision. */
    public Tolerance(Double minAgreement, Double maxError, Double maxUnknown) {
      this(minAgreement, maxError, maxUnknown, null);
    }

    /** Fills in what is absent and checks the ranges. */
    public Tolerance {
      minAgreement = share("minAgreement", minAgreement, 0.99, 0.5, 1);
      maxError = share("maxError", maxError, 0.01, 0, 0.5);
      maxUnknown = share("maxUnknown", maxUnknown, 0.001, 0, 0.5);
    }

    /** What holds in half precision. */
    public Tolerance inHalfPrecision() {
      return fp16 == null
          ? this
          : new Tolerance(
              fp16.minAgreement() == null ? minAgreement : fp16.minAgreement(),
              fp16.maxError() == null ? maxError : fp16.maxError(),
              fp16.maxUnknown() == null ? maxUnknown : fp16.maxUnknown());
    }

    private static double share(
        String what, Double value, double otherwise, double least, double most) {
      if (value == null) {
        return otherwise;
      }
      if (!(value >= least && value <= most)) {
        throw new IllegalArgumentException(
            "tolerance.%s must be %s to %s, got %s".formatted(what, least, most, value));
      }
      return value;
    }
  }

  /**
   * A {@link Tolerance} of half precision.
   *
   * @param minAgreement as there; null = the one of every precision
   * @param maxError as there; null = the one of every precision
   * @param maxUnknown as there; null = the one of every precision
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record HalfTolerance(Double minAgreement, Double maxError, Double maxUnknown) {
    /** Checks the ranges. */
    public HalfTolerance {
      Tolerance checked = new Tolerance(minAgreement, maxError, maxUnknown);
      minAgreement = minAgreement == null ? null : checked.minAgreement();
      maxError = maxError == null ? null : checked.maxError();
      maxUnknown = maxUnknown == null ? null : checked.maxUnknown();
    }
  }
}
