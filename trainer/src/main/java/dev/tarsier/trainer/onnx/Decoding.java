package dev.tarsier.trainer.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.Plane;
import java.util.List;
import java.util.Map;

/**
 * How outputs of a network become what a robot gets, at the size of the input: once by plain Java,
 * from what the network gave as it came, and once as nodes behind it. The two share no code but the
 * numbers that they begin with, so that comparing them means something.
 */
interface Decoding {
  /** What comes of it. */
  HeadKind kind();

  /** The outputs that it looks at. */
  List<String> tensors();

  /** What it does, for people. */
  String words();

  /**
   * Decodes what the network gave.
   *
   * @param outputs by name. Not modified.
   * @param height of the result
   * @param width of the result
   */
  Plane decode(Map<String, Values> outputs, int height, int width);

  /**
   * Writes the same as nodes.
   *
   * @return name of a tensor of any type and shape with the result's values in their order
   */
  String write(GraphEditor graph, int height, int width);

  /** A map as floats [1,C,h,w] whatever it was. */
  static String planar(GraphEditor graph, String tensor, MapShape shape) {
    // Cast behind the reshape: right behind the last operator ONNX Runtime would leave out its
    // rounding to half precision, which the network by itself has.
    if (shape.channelsLast()) {
      String at = graph.reshape(tensor, 1, shape.height(), shape.width(), shape.channels());
      return graph.transpose(graph.cast(at, DataType.FLOAT), 0, 3, 1, 2);
    }
    String at = graph.reshape(tensor, 1, shape.channels(), shape.height(), shape.width());
    return graph.cast(at, DataType.FLOAT);
  }

  /** Such a map in the size of the result. */
  static String full(GraphEditor graph, String tensor, MapShape shape, int height, int width) {
    String at = planar(graph, tensor, shape);
    return shape.height() == height && shape.width() == width
        ? at
        : graph.bilinear(
            at,
            graph.longs(1, shape.channels(), height, width),
            shape.height(),
            shape.width(),
            height,
            width);
  }

  /** How the result's size comes about, for people. */
  static String enlarging(MapShape shape) {
    return "%dx%d (bilinear to the input's size where that is another)"
        .formatted(shape.width(), shape.height());
  }

  /**
   * Scores: enlarged bilinearly, then the class of the largest, the lower id of equal ones.
   *
   * @param tensor the output
   * @param shape of its map
   * @param kind the classes, as many as channels
   */
  record Scores(String tensor, MapShape shape, ClassMap kind) implements Decoding {
    @Override
    public List<String> tensors() {
      return List.of(tensor);
    }

    @Override
    public String words() {
      return "scores of %d classes, %s, then the largest"
          .formatted(shape.channels(), enlarging(shape));
    }

    @Override
    public Plane decode(Map<String, Values> outputs, int height, int width) {
      float[] scores = Bilinear.resize(outputs.get(tensor).asFloats(), shape, height, width);
      int area = height * width;
      byte[] ids = new byte[area];
      for (int i = 0; i < area; i++) {
        int best = 0;
        for (int c = 1; c < shape.channels(); c++) {
          if (scores[c * area + i] > scores[best * area + i]) {
            best = c;
          }
        }
        ids[i] = (byte) best;
      }
      return Plane.ofIds(ids, width, height);
    }

    @Override
    public String write(GraphEditor graph, int height, int width) {
      return graph.whereLargest(full(graph, tensor, shape, height, width), 1);
    }
  }

  /**
   * Ids that the network gives itself; in another size the pixel's nearest.
   *
   * @param tensor the output
   * @param shape of its map, of one channel
   * @param kind the classes
   */
  record Ids(String tensor, MapShape shape, ClassMap kind) implements Decoding {
    @Override
    public List<String> tensors() {
      return List.of(tensor);
    }

    @Override
    public String words() {
      return "ids of %d classes, %dx%d (the nearest pixel where the input has another size)"
          .formatted(kind.classes().size(), shape.width(), shape.height());
    }

    private static int nearest(int at, int from, int to) {
      return (int) ((2L * at + 1) * from / (2L * to));
    }

    @Override
    public Plane decode(Map<String, Values> outputs, int height, int width) {
      long[] given = outputs.get(tensor).asIds();
      byte[] ids = new byte[height * width];
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          int row = nearest(y, shape.height(), height);
          int column = nearest(x, shape.width(), width);
          ids[y * width + x] = (byte) given[shape.index(0, row, column)];
        }
      }
      return Plane.ofIds(ids, width, height);
    }

    @Override
    public String write(GraphEditor graph, int height, int width) {
      String at = planar(graph, tensor, shape);
      if (shape.height() != height) {
        at = graph.gather(at, 2, all(shape.height(), height));
      }
      return shape.width() == width ? at : graph.gather(at, 3, all(shape.width(), width));
    }

    private static long[] all(int from, int to) {
      long[] at = new long[to];
      for (int i = 0; i < to; i++) {
        at[i] = nearest(i, from, to);
      }
      return at;
    }
  }

  /**
   * One class or not: enlarged bilinearly, then above a threshold.
   *
   * @param tensor the output
   * @param shape of its map, of one channel
   * @param threshold what is above it is the second class
   * @param logits whether a sigmoid makes the values probabilities
   * @param kind two classes
   */
  record Mask(String tensor, MapShape shape, double threshold, boolean logits, ClassMap kind)
      implements Decoding {
    @Override
    public List<String> tensors() {
      return List.of(tensor);
    }

    @Override
    public String words() {
      return "one class, %s, then above %s".formatted(enlarging(shape), threshold);
    }

    @Override
    public Plane decode(Map<String, Values> outputs, int height, int width) {
      float[] values = Bilinear.resize(outputs.get(tensor).asFloats(), shape, height, width);
      byte[] ids = new byte[height * width];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = (byte) (values[i] > (float) threshold ? 1 : 0);
      }
      return Plane.ofIds(ids, width, height);
    }

    @Override
    public String write(GraphEditor graph, int height, int width) {
      return graph.node(
          "Greater", List.of(full(graph, tensor, shape, height, width), graph.scalar(threshold)));
    }
  }

  /**
   * A value for each pixel, as it is, enlarged bilinearly.
   *
   * @param tensor the output
   * @param shape of its map, of one channel
   * @param kind metres, or nearer and farther
   */
  record Measure(String tensor, MapShape shape, HeadKind kind) implements Decoding {
    @Override
    public List<String> tensors() {
      return List.of(tensor);
    }

    @Override
    public String words() {
      return "values as they are, " + enlarging(shape);
    }

    @Override
    public Plane decode(Map<String, Values> outputs, int height, int width) {
      return Plane.ofValues(
          Bilinear.resize(outputs.get(tensor).asFloats(), shape, height, width), width, height, 1);
    }

    @Override
    public String write(GraphEditor graph, int height, int width) {
      return full(graph, tensor, shape, height, width);
    }
  }
}
