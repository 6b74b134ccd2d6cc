package dev.tarsier.trainer.render;

import java.util.Arrays;

/**
 * The solids of a room as flat arrays, for the ray caster. Each has a centre, a rotation whose
 * columns are its own axes in the room, and three sizes:
 *
 * <ul>
 *   <li>BOX: half extents a, b, c; ROUND: a box with half extents a, b, c and edges rounded by r
 *   <li>ELLIPSOID: half axes a, b, c
 *   <li>CONE: along its own z from -c (radius a) to +c (radius b), capped; a = b is a cylinder
 * </ul>
 *
 * Built by one thread, then only read.
 */
final class Solids {
  static final byte ALIGNED_BOX = 0;
  static final byte BOX = 1;
  static final byte ROUND = 2;
  static final byte ELLIPSOID = 3;
  static final byte CONE = 4;

  /** Light passes: a window's pane or a lamp's shade. */
  static final byte CASTS_NO_SHADOW = 1;

  private static final int STRIDE = 16;

  int count;

  /** Per solid: centre 3, rotation by rows 9, half sizes 3, rounding 1. */
  double[] data = new double[STRIDE * 64];

  byte[] kind = new byte[64];
  byte[] flags = new byte[64];
  byte[] label = new byte[64];
  int[] material = new int[64];

  /** Adds a solid; {@code rotation} is read by rows and may be null for none. */
  int add(
      byte shape,
      double x,
      double y,
      double z,
      double[] rotation,
      double a,
      double b,
      double c,
      double r,
      int materialIndex,
      int labelId,
      int flag) {
    if (count == kind.length) {
      int larger = 2 * count;
      data = Arrays.copyOf(data, STRIDE * larger);
      kind = Arrays.copyOf(kind, larger);
      flags = Arrays.copyOf(flags, larger);
      label = Arrays.copyOf(label, larger);
      material = Arrays.copyOf(material, larger);
    }
    int i = count++;
    int at = STRIDE * i;
    data[at] = x;
    data[at + 1] = y;
    data[at + 2] = z;
    if (rotation == null) {
      data[at + 3] = 1;
      data[at + 7] = 1;
      data[at + 11] = 1;
    } else {
      System.arraycopy(rotation, 0, data, at + 3, 9);
    }
    data[at + 12] = a;
    data[at + 13] = b;
    data[at + 14] = c;
    data[at + 15] = r;
    kind[i] = shape == BOX && rotation == null ? ALIGNED_BOX : shape;
    flags[i] = (byte) flag;
    label[i] = (byte) labelId;
    material[i] = materialIndex;
    return i;
  }

  static int at(int solid) {
    return STRIDE * solid;
  }

  /** Half the size of the solid's axis-aligned bounds along one of the room's axes. */
  double halfBound(int solid, int axis) {
    int at = STRIDE * solid;
    int row = at + 3 + 3 * axis;
    double a = data[at + 12];
    double b = data[at + 13];
    double c = data[at + 14];
    double u = data[row];
    double v = data[row + 1];
    double w = data[row + 2];
    if (kind[solid] == ELLIPSOID) {
      return Math.sqrt(u * u * a * a + v * v * b * b + w * w * c * c);
    }
    if (kind[solid] == CONE) {
      double radius = Math.max(a, b);
      return radius * Math.sqrt(Math.max(0, 1 - w * w)) + Math.abs(w) * c;
    }
    return Math.abs(u) * a + Math.abs(v) * b + Math.abs(w) * c;
  }
}
