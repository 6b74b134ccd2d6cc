package dev.tarsier.ros.truth;

import dev.tarsier.ros.bag.BagTopic;
import dev.tarsier.ros.bag.Recording;
import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.ros.ros1.message.TransformMessage;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where frames are to each other, by the transforms of a recording. Only what does not move is of
 * use between the cameras of one rig. A slash in front of a frame's name makes no difference, as in
 * tf2.
 */
final class TransformTree {
  /** A hostile recording may name any number. */
  private static final int MOST_FRAMES = 10_000;

  private static final double SAME = 1e-4;

  private final Map<String, Edge> parents = new HashMap<>();

  /** Children whose transform is recorded and cannot be used, with what is wrong with it. */
  private final Map<String, String> refused = new HashMap<>();

  /** From a child to its parent: x_parent = rotation · x_child + translation. */
  private record Edge(String parent, double[] transform, boolean moves) {}

  /** Reads the topics of type tf2_msgs/TFMessage and tf/tfMessage. */
  static TransformTree of(Recording recording) throws IOException {
    TransformTree tree = new TransformTree();
    boolean any =
        recording
            .topicsOfType(TransformMessage.TYPE.name(), TransformMessage.OLD_TYPE.name())
            .stream()
            .mapToLong(BagTopic::messages)
            .anyMatch(count -> count > 0);
    if (any) {
      recording.forEach(
          connection ->
              connection.holds(TransformMessage.TYPE)
                  || connection.holds(TransformMessage.OLD_TYPE),
          (connection, receiveNanos, body) -> {
            try {
              TransformMessage.TYPE.read(body).transforms().forEach(tree::add);
            } catch (MessageFormatException e) {
              // a frame that is not told stays unknown, which is then said
            }
          });
    }
    return tree;
  }

  private void add(TransformMessage.Stamped stamped) {
    String child = bare(stamped.childFrameId());
    double[] transform = matrix(stamped);
    String parent = bare(stamped.header().frameId());
    if (transform == null) {
      if (refused.size() < MOST_FRAMES) {
        refused.putIfAbsent(child, wrong(stamped, parent, child));
      }
      return;
    }
    if (parents.size() >= MOST_FRAMES && !parents.containsKey(child)) {
      return;
    }
    Edge before = parents.get(child);
    boolean moves =
        before != null
            && (before.moves()
                || !before.parent().equals(parent)
                || !same(before.transform(), transform));
    parents.put(child, new Edge(parent, transform, moves));
  }

  private static String wrong(TransformMessage.Stamped of, String parent, String child) {
    return isRotation(of)
        ? "the transform from %s to %s is recorded, but its translation (%s, %s, %s) is not finite"
            .formatted(parent, child, of.x(), of.y(), of.z())
        : "the transform from %s to %s is recorded, but its quaternion (%s, %s, %s, %s) is no rotation"
            .formatted(parent, child, of.qx(), of.qy(), of.qz(), of.qw());
  }

  /** Frames with and without a slash in front are the same. */
  static String bare(String frame) {
    return frame.startsWith("/") ? frame.substring(1) : frame;
  }

  /**
   * From one frame to another: x_to = R · x_from + t.
   *
   * @return 3x4, row-major
   * @throws TruthException when the recording does not tell, or one moves against the other
   */
  double[] between(String from, String to) throws TruthException {
    if (bare(from).equals(bare(to))) {
      return identity();
    }
    Map<String, double[]> above = new LinkedHashMap<>();
    Map<String, Boolean> moved = new HashMap<>();
    walk(bare(from), above, moved);
    Map<String, double[]> aboveTo = new LinkedHashMap<>();
    Map<String, Boolean> movedTo = new HashMap<>();
    walk(bare(to), aboveTo, movedTo);
    for (Map.Entry<String, double[]> each : above.entrySet()) {
      double[] other = aboveTo.get(each.getKey());
      if (other != null) {
        if (moved.get(each.getKey()) || movedTo.get(each.getKey())) {
          throw new TruthException(
              "the transform between %s and %s changes during the recording".formatted(from, to));
        }
        return times(inverse(other), each.getValue());
      }
    }
    for (Map<String, double[]> chain : List.of(above, aboveTo)) {
      for (String frame : chain.keySet()) {
        if (refused.containsKey(frame) && !parents.containsKey(frame)) {
          throw new TruthException(refused.get(frame));
        }
      }
    }
    throw new TruthException(
        "no transform between %s and %s is recorded (/tf_static)".formatted(from, to));
  }

  private void walk(String frame, Map<String, double[]> above, Map<String, Boolean> moved) {
    double[] transform = identity();
    boolean moves = false;
    String at = frame;
    while (!above.containsKey(at)) {
      above.put(at, transform);
      moved.put(at, moves);
      Edge edge = parents.get(at);
      if (edge == null) {
        return;
      }
      transform = times(edge.transform(), transform);
      moves |= edge.moves();
      at = edge.parent();
    }
  }

  static double[] identity() {
    return new double[] {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};
  }

  /** Written so that NaN is none. */
  private static boolean isRotation(TransformMessage.Stamped of) {
    double norm = squared(of);
    return norm > 0.5 && norm < 2;
  }

  private static double squared(TransformMessage.Stamped of) {
    return of.qx() * of.qx() + of.qy() * of.qy() + of.qz() * of.qz() + of.qw() * of.qw();
  }

  /** Null for what is no rotation. */
  private static double[] matrix(TransformMessage.Stamped of) {
    double norm = squared(of);
    if (!isRotation(of)
        || !Double.isFinite(of.x())
        || !Double.isFinite(of.y())
        || !Double.isFinite(of.z())) {
      return null;
    }
    double s = 2 / norm;
    double x = of.qx();
    double y = of.qy();
    double z = of.qz();
    double w = of.qw();
    return new double[] {
      1 - s * (y * y + z * z),
      s * (x * y - z * w),
      s * (x * z + y * w),
      of.x(),
      s * (x * y + z * w),
      1 - s * (x * x + z * z),
      s * (y * z - x * w),
      of.y(),
      s * (x * z - y * w),
      s * (y * z + x * w),
      1 - s * (x * x + y * y),
      of.z()
    };
  }

  private static boolean same(double[] a, double[] b) {
    for (int i = 0; i < a.length; i++) {
      if (Math.abs(a[i] - b[i]) > SAME) {
        return false;
      }
    }
    return true;
  }

  private static double[] times(double[] a, double[] b) {
    double[] out = new double[12];
    for (int row = 0; row < 3; row++) {
      for (int column = 0; column < 4; column++) {
        double sum = column == 3 ? a[4 * row + 3] : 0;
        for (int k = 0; k < 3; k++) {
          sum += a[4 * row + k] * b[4 * k + column];
        }
        out[4 * row + column] = sum;
      }
    }
    return out;
  }

  private static double[] inverse(double[] a) {
    double[] out = new double[12];
    for (int row = 0; row < 3; row++) {
      for (int column = 0; column < 3; column++) {
        out[4 * row + column] = a[4 * column + row];
        out[4 * row + 3] -= a[4 * column + row] * a[4 * column + 3];
      }
    }
    return out;
  }
}
