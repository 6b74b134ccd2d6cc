package dev.tarsier.trainer.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.tarsier.runtime.model.FileSize;
import dev.tarsier.runtime.model.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * An ONNX file that someone else wrote, with the weights that lie in files beside it put into it.
 * It is read whole and nothing in it is believed that can be looked at: weights are no NaN and as
 * long as they say, external files lie in the file's own folder, operators are of domains that
 * there are.
 *
 * @param path of the file
 * @param model with all weights inside
 * @param sha256 of the file
 * @param dataFiles sha256 by name of the files beside it that hold weights; empty for none
 */
record OnnxFile(Path path, ModelProto model, String sha256, Map<String, String> dataFiles) {
  /** The oldest operators that ONNX Runtime still promises to compute. */
  private static final int OLDEST_OPSET = 7;

  private static final Set<String> DOMAINS =
      Set.of("", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "com.microsoft", "com.ms.internal");

  /** Of what other programs write, the beginning, and what it is. */
  private static final Map<String, String> OTHERS =
      Map.of(
          "504B0304", "a zip archive, as PyTorch's .pt and .pth are",
          "1F8B", "packed with gzip",
          "89484446", "an HDF5 file, as Keras writes",
          "8002", "a Python pickle",
          "7B", "a text in JSON",
          "76657273696F6E20",
              "a pointer of Git LFS, not the file itself; fetch it with 'git lfs pull'");

  /**
   * Reads it.
   *
   * @param path of the file
   * @throws ImportException says what is wrong with it
   */
  static OnnxFile read(Path path) throws IOException {
    byte[] bytes = bytes(path);
    refuseOthers(path, bytes);
    ModelProto model;
    try {
      model = ModelProto.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new ImportException(
          path + " is damaged or incomplete, or no ONNX file at all; copy it or export it again",
          e);
    }
    if (!model.hasGraph()
        || model.getGraph().getNodeCount() == 0
        || model.getOpsetImportCount() == 0) {
      throw new ImportException(
          path + " holds no network: it is damaged or no ONNX file; copy it or export it again");
    }
    requireOperators(path, model);
    Weights weights = new Weights(path);
    model = weights.inside(model);
    return new OnnxFile(path, model, Sha256.of(bytes), weights.files);
  }

  private static byte[] bytes(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      throw new ImportException(
          path + " is a folder; give the .onnx file in it (what stands beside it is read too)");
    }
    if (!Files.isRegularFile(path)) {
      throw new ImportException(path + " is not there, or no file");
    }
    long size = Files.size(path);
    if (size == 0) {
      throw new ImportException(path + " is empty; copy it or export it again");
    }
    if (size > Integer.MAX_VALUE - 64) {
      throw new ImportException(
          "%s has %s, and an ONNX file less than 2 GB; it is damaged or something else"
              .formatted(path, FileSize.of(size)));
    }
    return Files.readAllBytes(path);
  }

  private static void refuseOthers(Path path, byte[] bytes) throws ImportException {
    StringBuilder first = new StringBuilder();
    for (int i = 0; i < Math.min(8, bytes.length); i++) {
      first.append("%02X".formatted(bytes[i]));
    }
    String what = null;
    for (Map.Entry<String, String> each : OTHERS.entrySet()) {
      if (first.toString().startsWith(each.getKey())) {
        what = each.getValue();
      }
    }
    if (bytes.length > 262
        && new String(bytes, 257, 5, java.nio.charset.StandardCharsets.US_ASCII).equals("ustar")) {
      what = "a tar archive";
    }
    if (bytes.length > 8
        && new String(bytes, 4, 4, java.nio.charset.StandardCharsets.US_ASCII).equals("TFL3")) {
      what = "a TensorFlow Lite file";
    }
    if (what != null) {
      throw new ImportException(
          "%s is no ONNX file but %s; export the network to ONNX, or unpack the .onnx first"
              .formatted(path, what));
    }
  }

  private static void requireOperators(Path path, ModelProto model) throws ImportException {
    long opset = opset(model);
    if (opset == 0) {
      throw new ImportException(
          path + " names no version of ONNX's operators; export it again with torch.onnx or alike");
    }
    if (opset < OLDEST_OPSET) {
      throw new ImportException(
          "%s is of opset %d, and %d is the oldest that can be computed; export it again, or convert it with onnx.version_converter"
              .formatted(path, opset, OLDEST_OPSET));
    }
    Set<String> own = new HashSet<>();
    model.getFunctionsList().forEach(each -> own.add(each.getDomain() + "::" + each.getName()));
    Set<String> unknown = new TreeSet<>();
    collectUnknown(model.getGraph(), own, unknown);
    model
        .getFunctionsList()
        .forEach(
            function -> function.getNodeList().forEach(node -> collectUnknown(node, own, unknown)));
    if (!unknown.isEmpty()) {
      throw new ImportException(
          "%s needs operators that nothing here has: %s; export it with standard operators alone"
              .formatted(path, String.join(", ", unknown)));
    }
  }

  private static void collectUnknown(GraphProto graph, Set<String> own, Set<String> unknown) {
    graph.getNodeList().forEach(node -> collectUnknown(node, own, unknown));
  }

  private static void collectUnknown(NodeProto node, Set<String> own, Set<String> unknown) {
    String name = node.getDomain() + "::" + node.getOpType();
    if (!DOMAINS.contains(node.getDomain()) && !own.contains(name)) {
      unknown.add(name);
    }
    for (AttributeProto each : node.getAttributeList()) {
      if (each.hasG()) {
        collectUnknown(each.getG(), own, unknown);
      }
      each.getGraphsList().forEach(graph -> collectUnknown(graph, own, unknown));
    }
  }

  /** Version of ONNX's own operators; 0 where the model names none. */
  static long opset(ModelProto model) {
    return model.getOpsetImportList().stream()
        .filter(each -> each.getDomain().isEmpty() || each.getDomain().equals("ai.onnx"))
        .mapToLong(OperatorSetIdProto::getVersion)
        .findFirst()
        .orElse(0);
  }

  /**
   * What tells a file from all others.
   *
   * @param path where it lies
   * @param sha256 of the file
   * @param dataFiles sha256 by name of the files beside it that hold weights
   */
  record Identity(Path path, String sha256, Map<String, String> dataFiles) {
    /** Copies. */
    Identity {
      dataFiles = new TreeMap<>(dataFiles);
    }
  }

  /** The file without what is in it. */
  Identity identity() {
    return new Identity(path, sha256, dataFiles);
  }

  /** What is fed: old exporters list weights among the inputs. */
  List<ValueInfoProto> inputs() {
    Set<String> weights = new HashSet<>();
    model.getGraph().getInitializerList().forEach(each -> weights.add(each.getName()));
    model
        .getGraph()
        .getSparseInitializerList()
        .forEach(each -> weights.add(each.getValues().getName()));
    return model.getGraph().getInputList().stream()
        .filter(each -> !weights.contains(each.getName()))
        .toList();
  }

  /** What the exporter wrote down, by key. */
  Map<String, String> metadata() {
    Map<String, String> metadata = new LinkedHashMap<>();
    model.getMetadataPropsList().forEach(each -> metadata.put(each.getKey(), each.getValue()));
    return metadata;
  }

  /** Brings weights into the file, and looks at all of them. */
  private static final class Weights {
    private final Path path;
    private final Path folder;
    private final Map<String, byte[]> contents = new LinkedHashMap<>();
    private final Map<String, String> files = new LinkedHashMap<>();
    private long bytes;

    Weights(Path path) {
      this.path = path;
      this.folder = path.toAbsolutePath().normalize().getParent();
    }

    ModelProto inside(ModelProto model) throws IOException {
      ModelProto.Builder builder = model.toBuilder();
      graph(builder.getGraphBuilder());
      for (int i = 0; i < builder.getFunctionsCount(); i++) {
        for (NodeProto.Builder node : builder.getFunctionsBuilder(i).getNodeBuilderList()) {
          node(node);
        }
      }
      return builder.build();
    }

    private void graph(GraphProto.Builder graph) throws IOException {
      for (TensorProto.Builder each : graph.getInitializerBuilderList()) {
        tensor(each);
      }
      for (NodeProto.Builder each : graph.getNodeBuilderList()) {
        node(each);
      }
    }

    private void node(NodeProto.Builder node) throws IOException {
      for (AttributeProto.Builder each : node.getAttributeBuilderList()) {
        if (each.hasT()) {
          tensor(each.getTBuilder());
        }
        if (each.hasG()) {
          graph(each.getGBuilder());
        }
        for (GraphProto.Builder inner : each.getGraphsBuilderList()) {
          graph(inner);
        }
      }
    }

    private void tensor(TensorProto.Builder tensor) throws IOException {
      if (tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
        external(tensor);
      }
      if (TensorNumbers.hasNaN(tensor)) {
        throw new ImportException(
            "%s has a weight that is no number (NaN), in %s: its training diverged or the file is damaged"
                .formatted(path, quote(tensor.getName())));
      }
      long wanted = TensorNumbers.byteLength(tensor);
      if (tensor.hasRawData() && wanted >= 0 && tensor.getRawData().size() != wanted) {
        throw new ImportException(
            "%s is damaged: %s has %d bytes where its shape needs %d; copy it or export it again"
                .formatted(path, quote(tensor.getName()), tensor.getRawData().size(), wanted));
      }
    }

    private void external(TensorProto.Builder tensor) throws IOException {
      Map<String, String> said = new LinkedHashMap<>();
      tensor.getExternalDataList().forEach(each -> said.put(each.getKey(), each.getValue()));
      String location = said.getOrDefault("location", "");
      byte[] content = content(tensor.getName(), location);
      long offset = number(tensor.getName(), said.getOrDefault("offset", "0"));
      long length =
          number(
              tensor.getName(),
              said.getOrDefault("length", Long.toString(TensorNumbers.byteLength(tensor))));
      if (offset > content.length || length > content.length - offset) {
        throw new ImportException(
            "%s has %,d bytes, but %s in %s lies at %,d to %,d: the file is incomplete or of another model; copy both files again"
                .formatted(
                    folder.resolve(location),
                    content.length,
                    quote(tensor.getName()),
                    path.getFileName(),
                    offset,
                    offset + length));
      }
      bytes += length;
      if (bytes > Integer.MAX_VALUE - (1 << 20)) {
        throw new ImportException(
            "%s has more than 2 GB of weights, which no bundle holds; export a smaller network or half precision"
                .formatted(path));
      }
      tensor
          .setRawData(com.google.protobuf.ByteString.copyFrom(content, (int) offset, (int) length))
          .clearExternalData()
          .clearDataLocation();
    }

    private long number(String name, String text) throws ImportException {
      try {
        long value = Long.parseLong(text);
        if (value >= 0) {
          return value;
        }
      } catch (NumberFormatException e) {
        // said below
      }
      throw new ImportException(
          "%s is damaged: where the weights of %s lie is said as '%s'"
              .formatted(path, quote(name), text));
    }

    /** A file that a stranger names is read only where it lies beside the model, links followed. */
    private byte[] content(String tensor, String location) throws IOException {
      byte[] known = contents.get(location);
      if (known != null) {
        return known;
      }
      Path file;
      try {
        file = Path.of(location);
      } catch (java.nio.file.InvalidPathException e) {
        throw leaves(tensor, location);
      }
      Path at = folder.resolve(file).normalize();
      if (location.isEmpty() || file.isAbsolute() || !at.startsWith(folder)) {
        throw leaves(tensor, location);
      }
      if (!Files.isRegularFile(at)) {
        throw new ImportException(
            "%s keeps its weights in %s, which is not there; copy that file beside it"
                .formatted(path, location));
      }
      if (!at.toRealPath().startsWith(folder.toRealPath())) {
        throw new ImportException(
            "%s keeps its weights in %s, a link that leaves its folder; put the file itself beside it"
                .formatted(path, location));
      }
      if (Files.size(at) > Integer.MAX_VALUE - 64) {
        throw new ImportException(
            "%s has %s, more than the 2 GB that a bundle holds; export a smaller network or half precision"
                .formatted(at, FileSize.of(Files.size(at))));
      }
      byte[] content = Files.readAllBytes(at);
      contents.put(location, content);
      files.put(location, Sha256.of(content));
      return content;
    }

    private ImportException leaves(String tensor, String location) {
      return new ImportException(
          "%s says that the weights of %s lie in '%s', which leaves its folder; such a file is not read"
              .formatted(path, quote(tensor), location));
    }

    private static String quote(String name) {
      return name.isEmpty() ? "a constant" : "'" + name + "'";
    }
  }

  /** What an element type is called; its number where ONNX knows none. */
  static String typeName(int type) {
    DataType known = DataType.forNumber(type);
    return known == null ? "type " + type : known.name().toLowerCase(java.util.Locale.ROOT);
  }
}
