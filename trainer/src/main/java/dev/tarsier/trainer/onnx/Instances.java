package dev.tarsier.trainer.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.trainer.export.OnnxBuilders;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Instances as Ultralytics' YOLO-seg gives them, as a map of classes: id 0 where there is none,
 * else 1 + the class of the most certain instance that covers the pixel.
 *
 * <p>A row of the detections is a box, a score for each class and the coefficients of the
 * prototypes. A box's class is that of its largest score. Of boxes of one class that overlap by
 * more than {@code overlap} (intersection over union) the most certain stays. An instance covers
 * the pixels in its box where the sum of prototypes × coefficients, enlarged bilinearly, is above
 * 0, which is its sigmoid above a half (Bolya et al., "YOLACT", 2019, section 3; Ultralytics'
 * {@code process_mask_native}). Networks that leave overlapping boxes out themselves give boxes by
 * their corners, one score and the class's number instead.
 *
 * @param detections the output with the rows
 * @param prototypes the output with the prototypes, [1,P,h,w]
 * @param classes that the network tells apart, without the background
 * @param rows how many there are
 * @param rowsFirst whether they are [1,rows,values], not [1,values,rows]
 * @param finished whether overlapping boxes are left out already
 * @param shape of the prototypes
 * @param score a row must be above it
 * @param overlap see above
 * @param kind background and classes
 */
record Instances(
    String detections,
    String prototypes,
    int classes,
    int rows,
    boolean rowsFirst,
    boolean finished,
    MapShape shape,
    double score,
    double overlap,
    ClassMap kind)
    implements Decoding {
  /** Since it, NonMaxSuppression and Equal take what they are given here. */
  static final int OPSET = 11;

  /** A box has four numbers. */
  static final int BOX = 4;

  /** A score and the class's number stand for the scores where boxes were chosen. */
  static final int FINISHED = 2;

  /** Instances of a class that are kept; a picture with more is a pile. */
  private static final int MOST = 100;

  private int values() {
    return BOX + (finished ? FINISHED : classes) + shape.channels();
  }

  @Override
  public List<String> tensors() {
    return List.of(detections, prototypes);
  }

  @Override
  public String words() {
    return "%d rows of %d classes and %d prototypes of %dx%d, scores above %s%s"
        .formatted(
            rows,
            classes,
            shape.channels(),
            shape.width(),
            shape.height(),
            score,
            finished ? "" : ", overlap up to " + overlap);
  }

  /** One that is kept: its corners in pixels of the input. */
  private record Box(
      double left, double top, double right, double bottom, double score, int id, int row) {
    double intersectionOverUnion(Box other) {
      double across = Math.min(right, other.right) - Math.max(left, other.left);
      double down = Math.min(bottom, other.bottom) - Math.max(top, other.top);
      if (across <= 0 || down <= 0) {
        return 0;
      }
      double both = across * down;
      return both / (area() + other.area() - both);
    }

    private double area() {
      return (right - left) * (bottom - top);
    }
  }

  @Override
  public Plane decode(Map<String, Values> outputs, int height, int width) {
    float[] table = outputs.get(detections).floats();
    float[] basis = outputs.get(prototypes).floats();
    byte[] ids = new byte[height * width];
    double[] best = new double[height * width];
    for (Box box : kept(table)) {
      float[] small = new float[shape.height() * shape.width()];
      for (int p = 0; p < shape.channels(); p++) {
        float coefficient = value(table, box.row, values() - shape.channels() + p);
        for (int y = 0; y < shape.height(); y++) {
          for (int x = 0; x < shape.width(); x++) {
            small[y * shape.width() + x] += coefficient * basis[shape.index(p, y, x)];
          }
        }
      }
      float[] logits =
          Bilinear.resize(
              small, new MapShape(1, shape.height(), shape.width(), false), height, width);
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          int i = y * width + x;
          boolean inside =
              x >= (float) box.left
                  && x < (float) box.right
                  && y >= (float) box.top
                  && y < (float) box.bottom;
          if (inside && logits[i] > 0 && box.score > best[i]) {
            best[i] = box.score;
            ids[i] = (byte) (box.id + 1);
          }
        }
      }
    }
    return Plane.ofIds(ids, width, height);
  }

  private float value(float[] table, int row, int at) {
    return rowsFirst ? table[row * values() + at] : table[at * rows + row];
  }

  private List<Box> kept(float[] table) {
    List<Box> boxes = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      int id = finished ? Math.round(value(table, row, BOX + 1)) : 0;
      for (int c = 1; !finished && c < classes; c++) {
        if (value(table, row, BOX + c) > value(table, row, BOX + id)) {
          id = c;
        }
      }
      float certain = value(table, row, finished ? BOX : BOX + id);
      if (certain > (float) score) {
        boxes.add(box(table, row, certain, id));
      }
    }
    if (finished) {
      return boxes;
    }
    boxes.sort(Comparator.comparingDouble(Box::score).reversed());
    List<Box> kept = new ArrayList<>();
    int[] ofClass = new int[classes];
    for (Box each : boxes) {
      if (ofClass[each.id] < MOST
          && kept.stream()
              .noneMatch(
                  other ->
                      other.id == each.id && other.intersectionOverUnion(each) > (float) overlap)) {
        kept.add(each);
        ofClass[each.id]++;
      }
    }
    return kept;
  }

  private Box box(float[] table, int row, float certain, int id) {
    float a = value(table, row, 0);
    float b = value(table, row, 1);
    float c = value(table, row, 2);
    float d = value(table, row, 3);
    return finished
        ? new Box(a, b, c, d, certain, id, row)
        : new Box(a - c / 2, b - d / 2, a + c / 2, b + d / 2, certain, id, row);
  }

  @Override
  public String write(GraphEditor graph, int height, int width) {
    // As in Decoding.planar, the cast does not follow the network's last operator.
    String table =
        graph.cast(
            rowsFirst
                ? graph.reshape(detections, 1, rows, values())
                : graph.reshape(detections, 1, values(), rows),
            DataType.FLOAT);
    if (!rowsFirst) {
      table = graph.transpose(table, 0, 2, 1);
    }
    String flat = graph.reshape(table, rows, values());
    Chosen chosen = finished ? above(graph, flat) : apart(graph, table);

    // An entry without a mask comes first: the background, also where nothing else was found.
    String none = graph.floats(java.util.Collections.nCopies(values(), 0f), 1, values());
    String all = concat(graph, none, graph.node("Gather", List.of(flat, chosen.rows), axis(0)));
    String ids = concat(graph, graph.floats(List.of(0f), 1), chosen.ids);
    String scores =
        graph.reshape(concat(graph, graph.floats(List.of(0f), 1), chosen.scores), -1, 1, 1);

    String coefficients = graph.slice(all, 1, values() - shape.channels(), values());
    String basis =
        graph.reshape(
            Decoding.planar(graph, prototypes, shape),
            shape.channels(),
            (long) shape.height() * shape.width());
    String small =
        graph.reshape(
            graph.node("MatMul", List.of(coefficients, basis)),
            1,
            -1,
            shape.height(),
            shape.width());
    String count = graph.slice(graph.node("Shape", List.of(all)), 0, 0, 1);
    String sizes = concat(graph, concat(graph, graph.longs(1), count), graph.longs(height, width));
    String logits = graph.bilinear(small, sizes, shape.height(), shape.width(), height, width);
    String covered =
        graph.node("Greater", List.of(graph.reshape(logits, -1, height, width), graph.scalar(0)));
    String inside =
        graph.node(
            "And",
            List.of(
                between(graph, all, 0, coordinates(graph, width, 1, 1, width)),
                between(graph, all, 1, coordinates(graph, height, 1, height, 1))));
    String certain =
        graph.node(
            "Where",
            List.of(graph.node("And", List.of(covered, inside)), scores, graph.scalar(-1)));
    return graph.node("Gather", List.of(ids, graph.whereLargest(certain, 0)), axis(0));
  }

  /**
   * Rows that were chosen.
   *
   * @param rows int64 [M], which
   * @param ids float [M], 1 + the class
   * @param scores float [M]
   */
  private record Chosen(String rows, String ids, String scores) {}

  /** Rows whose score is high enough, of a network that chose already. */
  private Chosen above(GraphEditor graph, String flat) {
    String scores = graph.reshape(graph.slice(flat, 1, BOX, BOX + 1), rows);
    String enough = graph.node("Greater", List.of(scores, graph.scalar(score)));
    String at =
        graph.node(
            "Gather", List.of(graph.node("NonZero", List.of(enough)), graph.index(0)), axis(0));
    String numbers = graph.reshape(graph.slice(flat, 1, BOX + 1, BOX + 2), rows);
    return new Chosen(
        at,
        plusOne(graph, graph.node("Gather", List.of(numbers, at), axis(0))),
        graph.node("Gather", List.of(scores, at), axis(0)));
  }

  /** Rows that stay where others of their class overlap. */
  private Chosen apart(GraphEditor graph, String table) {
    String boxes = graph.slice(table, 2, 0, BOX);
    String scores = graph.slice(table, 2, BOX, BOX + classes); // [1,rows,classes]
    String best = graph.largest(scores, 2);
    String only =
        graph.node(
            "Where", List.of(graph.node("Equal", List.of(scores, best)), scores, graph.scalar(0)));
    String chosen =
        graph.node(
            "NonMaxSuppression",
            List.of(
                boxes,
                graph.transpose(only, 0, 2, 1),
                graph.longs(MOST),
                graph.floats(List.of((float) overlap), 1),
                graph.floats(List.of((float) score), 1)),
            OnnxBuilders.integer("center_point_box", 1));
    String at = graph.node("Gather", List.of(chosen, graph.index(2)), axis(1));
    String id =
        graph.cast(graph.node("Gather", List.of(chosen, graph.index(1)), axis(1)), DataType.FLOAT);
    String flatBest = graph.reshape(best, rows);
    return new Chosen(at, plusOne(graph, id), graph.node("Gather", List.of(flatBest, at), axis(0)));
  }

  private static String plusOne(GraphEditor graph, String from) {
    return graph.node("Add", List.of(from, graph.scalar(1)));
  }

  /** Whether a pixel lies between the two edges of each box along an axis: [M,1,W] or [M,H,1]. */
  private String between(GraphEditor graph, String all, int axis, String coordinates) {
    String first = graph.slice(all, 1, axis, axis + 1);
    String second = graph.slice(all, 1, axis + 2, axis + 3);
    String low = first;
    String high = second;
    if (!finished) {
      String half = graph.node("Mul", List.of(second, graph.scalar(0.5)));
      low = graph.node("Sub", List.of(first, half));
      high = graph.node("Add", List.of(first, half));
    }
    String before = graph.node("Less", List.of(coordinates, graph.reshape(low, -1, 1, 1)));
    String within = graph.node("Less", List.of(coordinates, graph.reshape(high, -1, 1, 1)));
    return graph.node("And", List.of(graph.node("Not", List.of(before)), within));
  }

  private static String coordinates(GraphEditor graph, int count, long... shape) {
    List<Float> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add((float) i);
    }
    return graph.floats(values, shape);
  }

  private static String concat(GraphEditor graph, String a, String b) {
    return graph.node("Concat", List.of(a, b), axis(0));
  }

  private static ai.onnx.proto.OnnxMl.AttributeProto axis(int axis) {
    return OnnxBuilders.integer("axis", axis);
  }
}
