package dev.tarsier.trainer.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.platform.Fp16Conversions;
import dev.tarsier.runtime.inference.EngineStart;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.onnx.Known.ColorOrder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Set;

/**
 * What a network takes, and how an image becomes that: once by plain Java, for the network as it
 * came, and once as nodes in the graph, for the bundle.
 *
 * @param tensor its name in the file
 * @param type of its values, one of {@link #TYPES}
 * @param axes 4, or 3 without a batch
 * @param channelsFirst whether it is [1,3,H,W], not [1,H,W,3]
 * @param height rows
 * @param width columns
 * @param order of the colours
 * @param normalisation of the pixels; of no use where the network takes bytes
 */
record InputRule(
    String tensor,
    DataType type,
    int axes,
    boolean channelsFirst,
    int height,
    int width,
    ColorOrder order,
    Normalisation normalisation) {
  /** What can be fed. */
  static final Set<DataType> TYPES =
      Set.of(DataType.FLOAT, DataType.FLOAT16, DataType.DOUBLE, DataType.UINT8);

  private static final int CHANNELS = 3;

  /** Whether it takes bytes, whose normalisation is the network's own affair. */
  boolean takesBytes() {
    return type == DataType.UINT8;
  }

  /** The shape of the network's input for one image. */
  long[] shape() {
    return shape(1);
  }

  private long[] shape(int images) {
    long[] four =
        channelsFirst
            ? new long[] {images, CHANNELS, height, width}
            : new long[] {images, height, width, CHANNELS};
    return axes == 4 ? four : new long[] {four[1], four[2], four[3]};
  }

  /**
   * Images as the network takes them, computed here.
   *
   * @param images of the input's size; one where the input has no batch. Not modified.
   * @return owned by the caller
   */
  OnnxTensor tensorOf(List<RgbImage> images) throws OrtException {
    int area = height * width;
    float[] values = new float[images.size() * CHANNELS * area];
    ByteBuffer bytes = ByteBuffer.allocateDirect(values.length);
    for (int n = 0; n < images.size(); n++) {
      byte[] pixels = images.get(n).pixels();
      int first = n * CHANNELS * area;
      for (int c = 0; c < CHANNELS; c++) {
        int from = order == ColorOrder.BGR ? CHANNELS - 1 - c : c;
        for (int i = 0; i < area; i++) {
          int pixel = Byte.toUnsignedInt(pixels[CHANNELS * i + from]);
          int to = first + (channelsFirst ? c * area + i : CHANNELS * i + c);
          if (takesBytes()) {
            bytes.put(to, (byte) pixel);
          } else {
            values[to] = normalisation.of(c, pixel);
          }
        }
      }
    }
    var environment = EngineStart.environment();
    long[] shape = shape(images.size());
    if (takesBytes()) {
      return OnnxTensor.createTensor(environment, bytes, shape, OnnxJavaType.UINT8);
    }
    if (type == DataType.DOUBLE) {
      double[] wide = new double[values.length];
      for (int i = 0; i < wide.length; i++) {
        wide[i] = values[i];
      }
      return OnnxTensor.createTensor(environment, DoubleBuffer.wrap(wide), shape);
    }
    if (type == DataType.FLOAT16) {
      ByteBuffer halves =
          ByteBuffer.allocateDirect(Short.BYTES * values.length).order(ByteOrder.nativeOrder());
      for (float each : values) {
        halves.putShort(Fp16Conversions.floatToFp16(each));
      }
      return OnnxTensor.createTensor(environment, halves.rewind(), shape, OnnxJavaType.FLOAT16);
    }
    return OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), shape);
  }

  /**
   * The same as nodes, from bytes [1,H,W,3] in RGB.
   *
   * @return name of the graph's new input
   */
  String write(GraphEditor graph) {
    boolean asItIs = takesBytes() && order == ColorOrder.RGB && !channelsFirst && axes == 4;
    if (asItIs) {
      graph.input(tensor, DataType.UINT8, 1, height, width, CHANNELS);
      return tensor;
    }
    String name = graph.unique("image");
    graph.input(name, DataType.UINT8, 1, height, width, CHANNELS);
    // TensorRT takes bytes at the entrance only where they go straight into a Cast.
    String at = graph.cast(name, DataType.FLOAT);
    if (order == ColorOrder.BGR) {
      at = graph.gather(at, 3, 2, 1, 0);
    }
    if (!takesBytes()) {
      at = normalised(graph, at);
    }
    if (channelsFirst) {
      at = graph.transpose(at, 0, 3, 1, 2);
    }
    if (type != DataType.FLOAT) {
      at = graph.cast(at, type);
    }
    graph.named("Reshape", List.of(at, graph.longs(shape())), tensor);
    return name;
  }

  private String normalised(GraphEditor graph, String from) {
    String at = from;
    if (normalisation.scale() != 1) {
      at = graph.node("Mul", List.of(at, graph.scalar(normalisation.scale())));
    }
    if (normalisation.mean().stream().anyMatch(each -> each != 0)) {
      at = graph.node("Sub", List.of(at, graph.floats(normalisation.mean(), CHANNELS)));
    }
    if (normalisation.deviation().stream().anyMatch(each -> each != 1)) {
      at = graph.node("Div", List.of(at, graph.floats(normalisation.deviation(), CHANNELS)));
    }
    return at;
  }

  @Override
  public String toString() {
    return "%s, %s, %d wide and %d high, %s%s"
        .formatted(
            OnnxFile.typeName(type.getNumber()),
            channelsFirst ? "channels first" : "channels last",
            width,
            height,
            order,
            takesBytes() ? ", bytes as they are" : ", " + normalisation);
  }
}
