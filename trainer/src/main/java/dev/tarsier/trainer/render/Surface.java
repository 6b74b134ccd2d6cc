package dev.tarsier.trainer.render;

/**
 * A place on a solid: normal, face, and where on the face. Curved solids have the six faces of the
 * box around them, as a cube map has. One per thread, reused.
 */
final class Surface {
  int solid;

  /** 2 axis + (1 on the positive side), along the solid's own axes. */
  int face;

  double px;
  double py;
  double pz;
  double nx;
  double ny;
  double nz;

  /** Place on the face, -1 to 1 along its first and second axis. */
  double s;

  double t;

  /** Metres along the face's two axes from the middle. */
  double along;

  double across;

  private final double[] local = new double[3];
  private final double[] normal = new double[3];

  /** First axis of the faces across an axis: y for x, x for y and z. */
  static int firstAxis(int axis) {
    return axis == 0 ? 1 : 0;
  }

  /** Second axis: z for the upright faces, y for top and bottom. */
  static int secondAxis(int axis) {
    return axis == 2 ? 1 : 2;
  }

  /** Sets everything from a point on (or very near) a solid. */
  void locate(Solids solids, int which, double x, double y, double z) {
    solid = which;
    px = x;
    py = y;
    pz = z;
    double[] d = solids.data;
    int at = Solids.at(which);
    double rx = x - d[at];
    double ry = y - d[at + 1];
    double rz = z - d[at + 2];
    byte kind = solids.kind[which];
    double[] l = local;
    if (kind == Solids.ALIGNED_BOX) {
      l[0] = rx;
      l[1] = ry;
      l[2] = rz;
    } else {
      for (int i = 0; i < 3; i++) {
        l[i] = d[at + 3 + i] * rx + d[at + 6 + i] * ry + d[at + 9 + i] * rz;
      }
    }
    double[] n = normal;
    int axis;
    double a = d[at + 12];
    double b = d[at + 13];
    double c = d[at + 14];
    switch (kind) {
      case Solids.ELLIPSOID -> {
        double qx = l[0] / a;
        double qy = l[1] / b;
        double qz = l[2] / c;
        axis = dominant(qx, qy, qz);
        n[0] = qx / a;
        n[1] = qy / b;
        n[2] = qz / c;
        unit(n);
        double q = Math.abs(axis == 0 ? qx : axis == 1 ? qy : qz);
        s = (axis == 0 ? qy : qx) / q;
        t = (axis == 2 ? qy : qz) / q;
      }
      case Solids.CONE -> {
        double radius = Math.sqrt(l[0] * l[0] + l[1] * l[1]);
        double wall = a + (b - a) * (l[2] + c) / (2 * c);
        if (c - Math.abs(l[2]) < Math.abs(wall - radius)) {
          axis = 2;
          n[0] = 0;
          n[1] = 0;
          n[2] = l[2] > 0 ? 1 : -1;
          double rim = Math.max(a, b);
          s = l[0] / rim;
          t = l[1] / rim;
        } else {
          axis = Math.abs(l[0]) >= Math.abs(l[1]) ? 0 : 1;
          double inverse = radius > 0 ? 1 / radius : 0;
          n[0] = l[0] * inverse;
          n[1] = l[1] * inverse;
          n[2] = (a - b) / (2 * c);
          unit(n);
          s = axis == 0 ? l[1] / Math.abs(l[0]) : l[0] / Math.abs(l[1]);
          t = l[2] / c;
        }
      }
      case Solids.ROUND -> {
        double r = d[at + 15];
        n[0] = l[0] - clamp(l[0], a - r);
        n[1] = l[1] - clamp(l[1], b - r);
        n[2] = l[2] - clamp(l[2], c - r);
        unit(n);
        axis = dominant(n[0], n[1], n[2]);
        s = axis == 0 ? l[1] / b : l[0] / a;
        t = axis == 2 ? l[1] / b : l[2] / c;
      }
      default -> {
        double gx = Math.abs(Math.abs(l[0]) - a);
        double gy = Math.abs(Math.abs(l[1]) - b);
        double gz = Math.abs(Math.abs(l[2]) - c);
        axis = gx <= gy && gx <= gz ? 0 : gy <= gz ? 1 : 2;
        n[0] = 0;
        n[1] = 0;
        n[2] = 0;
        n[axis] = l[axis] > 0 ? 1 : -1;
        s = axis == 0 ? l[1] / b : l[0] / a;
        t = axis == 2 ? l[1] / b : l[2] / c;
      }
    }
    double side = kind == Solids.CONE && axis == 2 ? n[2] : l[axis];
    face = 2 * axis + (side > 0 ? 1 : 0);
    along = l[firstAxis(axis)];
    across = l[secondAxis(axis)];
    turn(d, at, n);
  }

  /** Sets point and normal from a place on a face: the inverse of {@link #locate}. */
  void place(Solids solids, int which, int whichFace, double faceS, double faceT) {
    solid = which;
    face = whichFace;
    s = faceS;
    t = faceT;
    double[] d = solids.data;
    int at = Solids.at(which);
    int axis = whichFace >> 1;
    double sign = (whichFace & 1) == 1 ? 1 : -1;
    double[] l = local;
    double[] n = normal;
    double a = d[at + 12];
    double b = d[at + 13];
    double c = d[at + 14];
    switch (solids.kind[which]) {
      case Solids.ELLIPSOID -> {
        l[axis] = sign;
        l[firstAxis(axis)] = faceS;
        l[secondAxis(axis)] = faceT;
        unit(l);
        n[0] = l[0] / a;
        n[1] = l[1] / b;
        n[2] = l[2] / c;
        unit(n);
        l[0] *= a;
        l[1] *= b;
        l[2] *= c;
      }
      case Solids.CONE -> {
        if (axis == 2) {
          double rim = Math.max(a, b);
          l[0] = faceS * rim;
          l[1] = faceT * rim;
          l[2] = sign * c;
          n[0] = 0;
          n[1] = 0;
          n[2] = sign;
        } else {
          n[axis] = sign;
          n[1 - axis] = faceS;
          n[2] = 0;
          unit(n);
          double wall = a + (b - a) * (faceT + 1) / 2;
          l[0] = n[0] * wall;
          l[1] = n[1] * wall;
          l[2] = faceT * c;
          n[2] = (a - b) / (2 * c);
          unit(n);
        }
      }
      default -> {
        l[axis] = sign * d[at + 12 + axis];
        l[firstAxis(axis)] = faceS * d[at + 12 + firstAxis(axis)];
        l[secondAxis(axis)] = faceT * d[at + 12 + secondAxis(axis)];
        if (solids.kind[which] == Solids.ROUND) {
          double r = d[at + 15];
          double qx = clamp(l[0], a - r);
          double qy = clamp(l[1], b - r);
          double qz = clamp(l[2], c - r);
          n[0] = l[0] - qx;
          n[1] = l[1] - qy;
          n[2] = l[2] - qz;
          unit(n);
          l[0] = qx + r * n[0];
          l[1] = qy + r * n[1];
          l[2] = qz + r * n[2];
        } else {
          n[0] = 0;
          n[1] = 0;
          n[2] = 0;
          n[axis] = sign;
        }
      }
    }
    px = d[at] + d[at + 3] * l[0] + d[at + 4] * l[1] + d[at + 5] * l[2];
    py = d[at + 1] + d[at + 6] * l[0] + d[at + 7] * l[1] + d[at + 8] * l[2];
    pz = d[at + 2] + d[at + 9] * l[0] + d[at + 10] * l[1] + d[at + 11] * l[2];
    turn(d, at, n);
  }

  private void turn(double[] d, int at, double[] n) {
    nx = d[at + 3] * n[0] + d[at + 4] * n[1] + d[at + 5] * n[2];
    ny = d[at + 6] * n[0] + d[at + 7] * n[1] + d[at + 8] * n[2];
    nz = d[at + 9] * n[0] + d[at + 10] * n[1] + d[at + 11] * n[2];
  }

  private static int dominant(double x, double y, double z) {
    double ax = Math.abs(x);
    double ay = Math.abs(y);
    double az = Math.abs(z);
    return ax >= ay && ax >= az ? 0 : ay >= az ? 1 : 2;
  }

  private static double clamp(double v, double limit) {
    return Math.max(-limit, Math.min(limit, v));
  }

  private static void unit(double[] v) {
    double length = Math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    double inverse = length > 0 ? 1 / length : 0;
    v[0] *= inverse;
    v[1] *= inverse;
    v[2] *= inverse;
  }
}
