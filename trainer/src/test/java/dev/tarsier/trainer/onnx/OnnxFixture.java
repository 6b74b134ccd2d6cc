package dev.tarsier.trainer.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import dev.tarsier.trainer.export.OnnxBuilders;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/** Small networks as others export them, written by hand so that each has one peculiarity. */
public final class OnnxFixture {
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("fixture");
  private final ModelProto.Builder model = ModelProto.newBuilder().setProducerName("fixture");
  private final SplittableRandom random = new SplittableRandom(7);

  public OnnxFixture(int opset, int irVersion) {
    model
        .setIrVersion(irVersion)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset));
  }

  /** Opset 17. */
  public OnnxFixture() {
    this(17, 8);
  }

  public OnnxFixture input(String name, DataType type, Object... shape) {
    graph.addInput(info(name, type, shape));
    return this;
  }

  public OnnxFixture output(String name, DataType type, Object... shape) {
    graph.addOutput(info(name, type, shape));
    return this;
  }

  public OnnxFixture metadata(String key, String value) {
    model.addMetadataProps(StringStringEntryProto.newBuilder().setKey(key).setValue(value));
    return this;
  }

  /** A number is a fixed dimension, a text a free one. */
  private static ValueInfoProto info(String name, DataType type, Object... shape) {
    TensorShapeProto.Builder dims = TensorShapeProto.newBuilder();
    for (Object each : shape) {
      dims.addDim(
          each instanceof Integer number
              ? TensorShapeProto.Dimension.newBuilder().setDimValue(number)
              : TensorShapeProto.Dimension.newBuilder().setDimParam(each.toString()));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(dims)))
        .build();
  }

  public OnnxFixture node(String op, List<String> from, String to, AttributeProto... attributes) {
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType(op)
            .setName(to)
            .addAllInput(from)
            .addOutput(to)
            .addAllAttribute(List.of(attributes)));
    return this;
  }

  public OnnxFixture floats(String name, float[] values, long... shape) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float each : values) {
      bytes.putFloat(each);
    }
    return weights(name, DataType.FLOAT, bytes.array(), shape);
  }

  public OnnxFixture longs(String name, long... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Long.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long each : values) {
      bytes.putLong(each);
    }
    return weights(name, DataType.INT64, bytes.array(), values.length);
  }

  public OnnxFixture weights(String name, DataType type, byte[] bytes, long... shape) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type.getNumber())
            .setRawData(ByteString.copyFrom(bytes));
    for (long each : shape) {
      tensor.addDims(each);
    }
    graph.addInitializer(tensor);
    return this;
  }

  /** Weights of −1 to 1, the same each time. */
  public float[] random(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (2 * random.nextDouble() - 1);
    }
    return values;
  }

  public static AttributeProto ints(String name, long... values) {
    return OnnxBuilders.integers(name, values);
  }

  public static AttributeProto integer(String name, long value) {
    return OnnxBuilders.integer(name, value);
  }

  /** A convolution of random weights, 3×3, that keeps or halves the size. */
  public OnnxFixture conv(String from, String to, int in, int out, int stride) {
    floats(to + ".weight", random(out * in * 9), out, in, 3, 3);
    return node(
        "Conv",
        List.of(from, to + ".weight"),
        to,
        ints("pads", 1, 1, 1, 1),
        ints("strides", stride, stride));
  }

  public GraphProto.Builder graph() {
    return graph;
  }

  /** Says a × (R + G / 256) / 255 + b of an image of 0 to 1, named depth [N,1,H,W]. */
  public static OnnxFixture linear(Object batch, int height, int width, double a, double b) {
    return new OnnxFixture()
        .input("image", DataType.FLOAT, batch, 3, height, width)
        .floats("w", new float[] {(float) a, (float) (a / 256), 0}, 1, 3, 1, 1)
        .floats("b", new float[] {(float) b}, 1)
        .node("Conv", List.of("image", "w", "b"), "depth")
        .output("depth", DataType.FLOAT, batch, 1, height, width);
  }

  public ModelProto build() {
    return model.setGraph(graph).build();
  }

  public Path write(Path file) throws IOException {
    return Files.write(file, build().toByteArray());
  }
}
