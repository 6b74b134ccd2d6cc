package dev.tarsier.trainer.export;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.tarsier.runtime.testing.Prerequisites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.bytedeco.onnx.OpSchemaRegistry;
import org.bytedeco.onnx.ShapeInferenceOptions;
import org.bytedeco.onnx.StringTensorShapeProtoMap;
import org.bytedeco.onnx.global.onnx;

/** The table of {@code docs/tensorrt-operators.md}, and what of a graph does not fit it. */
final class TensorRtTable {
  private static final Map<DataType, String> NAMES =
      Map.of(
          DataType.FLOAT, "FP32",
          DataType.BOOL, "BOOL",
          DataType.UINT8, "UINT8",
          DataType.INT32, "INT32",
          DataType.INT64, "INT64");

  /** Inputs that say how, by operator and place: int64 constants may stand there alone. */
  private static final Set<String> SHAPE_INPUTS =
      Set.of(
          "Pad 1",
          "Reshape 1",
          "Resize 3",
          "Slice 1",
          "Slice 2",
          "Slice 3",
          "Slice 4",
          "Squeeze 1",
          "Unsqueeze 1");

  private record Row(Set<String> written, Set<String> taken) {}

  private final Map<String, Row> rows = new TreeMap<>();

  private TensorRtTable() {}

  static TensorRtTable read() throws IOException {
    TensorRtTable table = new TensorRtTable();
    boolean inside = false;
    for (String line :
        Files.readAllLines(Prerequisites.root().resolve("docs/tensorrt-operators.md"))) {
      if (line.startsWith("| operator |")) {
        inside = true;
      } else if (inside && line.startsWith("| ")) {
        String[] cells = line.split("\\|");
        table.rows.put(cells[1].strip(), new Row(types(cells[2]), types(cells[3])));
      } else if (!line.startsWith("|")) {
        inside = false;
      }
    }
    return table;
  }

  private static Set<String> types(String cell) {
    return Arrays.stream(cell.split(",")).map(String::strip).collect(Collectors.toSet());
  }

  Set<String> operators() {
    return rows.keySet();
  }

  /** Rows that promise a type which TensorRT's own table does not have. */
  List<String> rowsBeyondTensorRt() {
    return rows.entrySet().stream()
        .filter(row -> !row.getValue().taken().containsAll(row.getValue().written()))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** What of a graph does not fit, each in words; empty where all does. */
  List<String> misfits(ModelProto model) throws IOException {
    GraphProto graph = inferred(model).getGraph();
    Map<String, DataType> types = new HashMap<>();
    graph.getValueInfoList().forEach(value -> types.put(value.getName(), type(value)));
    graph.getInputList().forEach(value -> types.put(value.getName(), type(value)));
    graph.getOutputList().forEach(value -> types.put(value.getName(), type(value)));
    Map<String, TensorProto> constants = new HashMap<>();
    for (TensorProto constant : graph.getInitializerList()) {
      constants.put(constant.getName(), constant);
      types.put(constant.getName(), DataType.forNumber(constant.getDataType()));
    }
    Set<String> inputs = names(graph.getInputList());
    Set<String> outputs = names(graph.getOutputList());
    Set<String> misfits = new TreeSet<>();
    for (NodeProto node : graph.getNodeList()) {
      String who = node.getOpType() + " " + node.getName();
      Row row = rows.get(node.getOpType());
      if (row == null || !node.getDomain().isEmpty()) {
        misfits.add(who + ": no operator of the table");
        continue;
      }
      for (int i = 0; i < node.getInputCount(); i++) {
        String input = node.getInput(i);
        if (input.isEmpty()) {
          continue;
        }
        boolean shape = SHAPE_INPUTS.contains(node.getOpType() + " " + i);
        if (shape && !constants.containsKey(input)) {
          misfits.add(who + ": " + input + " must be an initializer");
        } else if (!shape) {
          check(misfits, who, row, input, types.get(input));
        }
        if (types.get(input) == DataType.UINT8
            && (!inputs.contains(input) || !castTo(node, DataType.FLOAT))) {
          misfits.add(who + ": takes the bytes of " + input);
        }
        if (outputs.contains(input) && types.get(input) == DataType.UINT8) {
          misfits.add(who + ": reads the output " + input);
        }
      }
      for (String output : node.getOutputList()) {
        check(misfits, who, row, output, types.get(output));
        DataType type = types.get(output);
        if (type == DataType.UINT8) {
          boolean last =
              outputs.contains(output)
                  && castTo(node, DataType.UINT8)
                  && types.get(node.getInput(0)) == DataType.FLOAT;
          if (!last) {
            misfits.add(who + ": gives the bytes " + output);
          }
        } else if (type != DataType.FLOAT && type != DataType.BOOL) {
          misfits.add(who + ": gives " + output + " as " + type);
        }
      }
      form(misfits, who, node, constants);
    }
    return List.copyOf(misfits);
  }

  private static void check(
      Set<String> misfits, String who, Row row, String tensor, DataType type) {
    if (type == null) {
      misfits.add(who + ": the type of " + tensor + " is not known");
    } else if (!row.written().contains(NAMES.getOrDefault(type, type.name()))) {
      misfits.add(who + ": " + tensor + " is " + type);
    }
  }

  private static void form(
      Set<String> misfits, String who, NodeProto node, Map<String, TensorProto> constants) {
    Map<String, AttributeProto> attributes =
        node.getAttributeList().stream()
            .collect(Collectors.toMap(AttributeProto::getName, attribute -> attribute));
    boolean fits =
        switch (node.getOpType()) {
          case "Conv" ->
              constants.containsKey(node.getInput(1))
                  && constants.get(node.getInput(1)).getDimsCount() == 4;
          case "Clip" ->
              node.getInputList().subList(1, 3).stream().allMatch(constants::containsKey);
          case "MaxPool" -> node.getOutputCount() == 1 && !attributes.containsKey("dilations");
          case "ReduceL2", "ReduceMax", "ReduceMin" ->
              node.getInputCount() == 1 && attributes.get("axes").getIntsCount() > 0;
          case "Resize" -> {
            String how =
                attributes.get("mode").getS().toStringUtf8()
                    + " "
                    + attributes.get("coordinate_transformation_mode").getS().toStringUtf8()
                    + (attributes.containsKey("nearest_mode")
                        ? " " + attributes.get("nearest_mode").getS().toStringUtf8()
                        : "");
            yield Set.of("nearest asymmetric floor", "linear half_pixel", "linear align_corners")
                    .contains(how)
                && !attributes.containsKey("antialias")
                && node.getInputList().stream()
                    .skip(1)
                    .allMatch(name -> name.isEmpty() || constants.containsKey(name));
          }
          default -> true;
        };
    if (!fits) {
      misfits.add(who + ": not in the form that the table names");
    }
  }

  private static boolean castTo(NodeProto node, DataType type) {
    return node.getOpType().equals("Cast") && node.getAttribute(0).getI() == type.getNumber();
  }

  private static DataType type(ValueInfoProto value) {
    return DataType.forNumber(value.getType().getTensorType().getElemType());
  }

  private static Set<String> names(List<ValueInfoProto> values) {
    return values.stream().map(ValueInfoProto::getName).collect(Collectors.toSet());
  }

  /** The model with the type of every tensor, by ONNX's own inference, which throws on doubt. */
  private static ModelProto inferred(ModelProto model) throws IOException {
    Path in = Files.createTempFile("model", ".onnx");
    Path out = Files.createTempFile("inferred", ".onnx");
    try (ShapeInferenceOptions options = new ShapeInferenceOptions(true, 1, false);
        StringTensorShapeProtoMap none = new StringTensorShapeProtoMap(null)) {
      Files.write(in, model.toByteArray());
      onnx.InferShapes(in.toString(), out.toString(), OpSchemaRegistry.Instance(), options, none);
      return ModelProto.parseFrom(Files.readAllBytes(out));
    } catch (InvalidProtocolBufferException e) {
      throw new IOException("ONNX's inference wrote no model: " + e.getMessage(), e);
    } finally {
      Files.delete(in);
      Files.delete(out);
    }
  }
}
