package dev.tarsier.trainer.render;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Finds what a ray meets, with a tree of bounding boxes over the solids. Immutable once built; each
 * thread brings its own {@link Ray}.
 */
final class RayCaster {
  private static final int LEAF = 3;
  private static final double NEAR = 1e-6;

  /** One ray with what it has met; the room's frame, metres. */
  static final class Ray {
    double ox;
    double oy;
    double oz;
    double dx;
    double dy;
    double dz;

    /** In units of the direction's length; the search's limit before, the hit after. */
    double t;

    /** The solid that was met, or -1. */
    int solid;

    private final int[] stack = new int[96];
    private final double[] entries = new double[96];
    private double ix;
    private double iy;
    private double iz;

    /** Which of a node's six bounds the ray passes first and last along each axis. */
    private int nearX;

    private int farX;
    private int nearY;
    private int farY;
    private int nearZ;
    private int farZ;

    void from(double x, double y, double z) {
      ox = x;
      oy = y;
      oz = z;
    }

    void along(double x, double y, double z) {
      dx = x;
      dy = y;
      dz = z;
    }

    private void invert() {
      ix = inverse(dx);
      iy = inverse(dy);
      iz = inverse(dz);
      nearX = ix < 0 ? 3 : 0;
      farX = 3 - nearX;
      nearY = iy < 0 ? 4 : 1;
      farY = 5 - nearY;
      nearZ = iz < 0 ? 5 : 2;
      farZ = 7 - nearZ;
    }
  }

  private final Solids solids;
  private final double[] data;
  private final byte[] kind;
  private final int[] order;

  /** Six values per node: low x, y, z, high x, y, z. */
  private double[] bounds = new double[6 * 64];

  /** Inner node: index of the left child (the right one follows it); leaf: -1 - first. */
  private int[] link = new int[64];

  private int[] size = new int[64];
  private int nodes;

  RayCaster(Solids solids) {
    this.solids = solids;
    this.data = solids.data;
    this.kind = solids.kind;
    this.order = IntStream.range(0, solids.count).toArray();
    double[] centre = new double[3 * order.length];
    double[] half = new double[3 * order.length];
    for (int i = 0; i < order.length; i++) {
      for (int axis = 0; axis < 3; axis++) {
        centre[3 * i + axis] = data[Solids.at(i) + axis];
        half[3 * i + axis] = solids.halfBound(i, axis) + 1e-9;
      }
    }
    if (order.length > 0) {
      build(newNode(), 0, order.length, centre, half);
    }
  }

  private int newNode() {
    if (nodes == link.length) {
      bounds = Arrays.copyOf(bounds, 12 * nodes);
      link = Arrays.copyOf(link, 2 * nodes);
      size = Arrays.copyOf(size, 2 * nodes);
    }
    return nodes++;
  }

  private void build(int node, int from, int to, double[] centre, double[] half) {
    double[] box = enclose(from, to, centre, half);
    System.arraycopy(box, 0, bounds, 6 * node, 6);
    int count = to - from;
    int split = count <= LEAF ? -1 : bestSplit(from, to, box, centre, half);
    if (split < 0) {
      link[node] = -1 - from;
      size[node] = count;
      return;
    }
    int left = newNode();
    int right = newNode();
    link[node] = left;
    build(left, from, split, centre, half);
    build(right, split, to, centre, half);
  }

  private double[] enclose(int from, int to, double[] centre, double[] half) {
    double[] box = new double[6];
    Arrays.fill(box, 0, 3, Double.POSITIVE_INFINITY);
    Arrays.fill(box, 3, 6, Double.NEGATIVE_INFINITY);
    for (int i = from; i < to; i++) {
      merge(box, order[i], centre, half);
    }
    return box;
  }

  /** Sorts along each axis and takes the cut with the least expected cost, if it beats a leaf. */
  private int bestSplit(int from, int to, double[] box, double[] centre, double[] half) {
    int count = to - from;
    double bestCost = count * area(box);
    int bestAxis = -1;
    int bestAt = -1;
    for (int axis = 0; axis < 3; axis++) {
      sort(from, to, axis, centre);
      double[] leftArea = new double[count];
      double[] grow = enclose(from, from + 1, centre, half);
      for (int i = 0; i < count; i++) {
        merge(grow, order[from + i], centre, half);
        leftArea[i] = area(grow);
      }
      grow = enclose(to - 1, to, centre, half);
      for (int i = count - 1; i > 0; i--) {
        merge(grow, order[from + i], centre, half);
        double cost = leftArea[i - 1] * i + area(grow) * (count - i) + 0.7 * area(box);
        if (cost < bestCost) {
          bestCost = cost;
          bestAxis = axis;
          bestAt = from + i;
        }
      }
    }
    if (bestAxis >= 0) {
      sort(from, to, bestAxis, centre);
    }
    return bestAt;
  }

  private void sort(int from, int to, int axis, double[] centre) {
    int[] sorted =
        Arrays.stream(order, from, to)
            .boxed()
            .sorted(
                Comparator.comparingDouble((Integer solid) -> centre[3 * solid + axis])
                    .thenComparing(Comparator.naturalOrder()))
            .mapToInt(Integer::intValue)
            .toArray();
    System.arraycopy(sorted, 0, order, from, sorted.length);
  }

  private static void merge(double[] box, int solid, double[] centre, double[] half) {
    for (int axis = 0; axis < 3; axis++) {
      int at = 3 * solid + axis;
      box[axis] = Math.min(box[axis], centre[at] - half[at]);
      box[3 + axis] = Math.max(box[3 + axis], centre[at] + half[at]);
    }
  }

  private static double area(double[] box) {
    double x = box[3] - box[0];
    double y = box[4] - box[1];
    double z = box[5] - box[2];
    return x * y + y * z + z * x;
  }

  /**
   * The nearest solid before {@code ray.t}. Solids that contain the origin are not seen.
   *
   * @param ray its origin, direction and limit are read, its hit is written
   * @return whether there is one
   */
  boolean closest(Ray ray) {
    ray.solid = -1;
    ray.invert();
    int[] stack = ray.stack;
    double[] entries = ray.entries;
    int depth = 0;
    int node = 0;
    if (nodes == 0 || enter(0, ray) >= ray.t) {
      return false;
    }
    while (true) {
      int next = link[node];
      if (next < 0) {
        int first = -1 - next;
        for (int i = first, end = first + size[node]; i < end; i++) {
          double t = meet(order[i], ray, false);
          if (t < ray.t) {
            ray.t = t;
            ray.solid = order[i];
          }
        }
      } else {
        double left = enter(next, ray);
        double right = enter(next + 1, ray);
        boolean leftFirst = left <= right;
        double near = leftFirst ? left : right;
        double far = leftFirst ? right : left;
        if (far < ray.t) {
          entries[depth] = far;
          stack[depth++] = leftFirst ? next + 1 : next;
        }
        if (near < ray.t) {
          node = leftFirst ? next : next + 1;
          continue;
        }
      }
      // What lies behind the hit found meanwhile need not be opened.
      do {
        if (depth == 0) {
          return ray.solid >= 0;
        }
        node = stack[--depth];
      } while (entries[depth] >= ray.t);
    }
  }

  /** Whether anything that casts shadows lies before {@code ray.t}, or contains the origin. */
  boolean blocked(Ray ray) {
    ray.invert();
    int[] stack = ray.stack;
    int depth = 0;
    int node = 0;
    if (nodes == 0 || enter(0, ray) >= ray.t) {
      return false;
    }
    while (true) {
      int next = link[node];
      if (next < 0) {
        int first = -1 - next;
        for (int i = first, end = first + size[node]; i < end; i++) {
          int solid = order[i];
          if ((solids.flags[solid] & Solids.CASTS_NO_SHADOW) == 0
              && meet(solid, ray, true) < ray.t) {
            return true;
          }
        }
      } else {
        if (enter(next + 1, ray) < ray.t) {
          stack[depth++] = next + 1;
        }
        if (enter(next, ray) < ray.t) {
          node = next;
          continue;
        }
      }
      if (depth == 0) {
        return false;
      }
      node = stack[--depth];
    }
  }

  /** Where the ray enters a node's box, infinite when it misses it. */
  private double enter(int node, Ray r) {
    // Comparisons instead of Math.min and max, whose care for NaN and -0 costs a third of the time.
    double[] box = bounds;
    int at = 6 * node;
    double near = (box[at + r.nearX] - r.ox) * r.ix;
    double far = (box[at + r.farX] - r.ox) * r.ix;
    double y0 = (box[at + r.nearY] - r.oy) * r.iy;
    double y1 = (box[at + r.farY] - r.oy) * r.iy;
    near = y0 > near ? y0 : near;
    far = y1 < far ? y1 : far;
    double z0 = (box[at + r.nearZ] - r.oz) * r.iz;
    double z1 = (box[at + r.farZ] - r.oz) * r.iz;
    near = z0 > near ? z0 : near;
    far = z1 < far ? z1 : far;
    return far < 0 || near > far ? Double.POSITIVE_INFINITY : near;
  }

  /** Distance to one solid in units of the direction, infinite when missed. */
  private double meet(int solid, Ray r, boolean seenFromInside) {
    int at = Solids.at(solid);
    double px = r.ox - data[at];
    double py = r.oy - data[at + 1];
    double pz = r.oz - data[at + 2];
    double a = data[at + 12];
    double b = data[at + 13];
    double c = data[at + 14];
    byte shape = kind[solid];
    if (shape == Solids.ALIGNED_BOX) {
      double mx = px * r.ix;
      double my = py * r.iy;
      double mz = pz * r.iz;
      double kx = Math.abs(r.ix) * a;
      double ky = Math.abs(r.iy) * b;
      double kz = Math.abs(r.iz) * c;
      double near = -mx - kx;
      double far = kx - mx;
      near = -my - ky > near ? -my - ky : near;
      far = ky - my < far ? ky - my : far;
      near = -mz - kz > near ? -mz - kz : near;
      far = kz - mz < far ? kz - mz : far;
      return span(near, far, seenFromInside);
    }
    double x = data[at + 3] * px + data[at + 6] * py + data[at + 9] * pz;
    double y = data[at + 4] * px + data[at + 7] * py + data[at + 10] * pz;
    double z = data[at + 5] * px + data[at + 8] * py + data[at + 11] * pz;
    double dx = data[at + 3] * r.dx + data[at + 6] * r.dy + data[at + 9] * r.dz;
    double dy = data[at + 4] * r.dx + data[at + 7] * r.dy + data[at + 10] * r.dz;
    double dz = data[at + 5] * r.dx + data[at + 8] * r.dy + data[at + 11] * r.dz;
    return switch (shape) {
      case Solids.ELLIPSOID ->
          meetEllipsoid(x / a, y / b, z / c, dx / a, dy / b, dz / c, seenFromInside);
      case Solids.CONE -> meetCone(x, y, z, dx, dy, dz, a, b, c, seenFromInside);
      case Solids.ROUND -> meetBox(x, y, z, dx, dy, dz, a, b, c, data[at + 15], seenFromInside);
      default -> meetBox(x, y, z, dx, dy, dz, a, b, c, 0, seenFromInside);
    };
  }

  private static double inverse(double along) {
    return 1 / (Math.abs(along) < 1e-12 ? 1e-12 : along);
  }

  private static double span(double near, double far, boolean seenFromInside) {
    if (near > far || far < NEAR) {
      return Double.POSITIVE_INFINITY;
    }
    if (near > NEAR) {
      return near;
    }
    return seenFromInside ? 0 : Double.POSITIVE_INFINITY;
  }

  private static double meetEllipsoid(
      double x, double y, double z, double dx, double dy, double dz, boolean seenFromInside) {
    double qa = dx * dx + dy * dy + dz * dz;
    double qb = x * dx + y * dy + z * dz;
    double qc = x * x + y * y + z * z - 1;
    double h = qb * qb - qa * qc;
    if (h < 0) {
      return Double.POSITIVE_INFINITY;
    }
    double root = Math.sqrt(h);
    return span((-qb - root) / qa, (-qb + root) / qa, seenFromInside);
  }

  private static double meetCone(
      double x,
      double y,
      double z,
      double dx,
      double dy,
      double dz,
      double low,
      double high,
      double half,
      boolean seenFromInside) {
    double iz = inverse(dz);
    double near = -z * iz - Math.abs(iz) * half;
    double far = -z * iz + Math.abs(iz) * half;
    // radius(z) = m + k z; x^2 + y^2 <= radius^2 inside
    double m = (low + high) / 2;
    double k = (high - low) / (2 * half);
    double rz = m + k * z;
    double qa = dx * dx + dy * dy - k * k * dz * dz;
    double qb = x * dx + y * dy - k * rz * dz;
    double qc = x * x + y * y - rz * rz;
    if (Math.abs(qa) < 1e-14) {
      qa = qa < 0 ? -1e-14 : 1e-14;
    }
    double h = qb * qb - qa * qc;
    if (h < 0) {
      return qa > 0 ? Double.POSITIVE_INFINITY : span(near, far, seenFromInside);
    }
    double root = Math.sqrt(h);
    double t0 = (-qb - root) / qa;
    double t1 = (-qb + root) / qa;
    if (qa > 0) {
      return span(Math.max(near, t0), Math.min(far, t1), seenFromInside);
    }
    // Steeper than the cone: inside before the smaller root and after the larger, of the right
    // nappe.
    double first = Math.min(t0, t1);
    double last = Math.max(t0, t1);
    double before = span(near, Math.min(far, first), seenFromInside);
    double after = span(Math.max(near, last), far, seenFromInside);
    return Math.min(before, after);
  }

  private static double meetBox(
      double x,
      double y,
      double z,
      double dx,
      double dy,
      double dz,
      double a,
      double b,
      double c,
      double r,
      boolean seenFromInside) {
    double ix = inverse(dx);
    double iy = inverse(dy);
    double iz = inverse(dz);
    double near =
        Math.max(
            Math.max(-x * ix - Math.abs(ix) * a, -y * iy - Math.abs(iy) * b),
            -z * iz - Math.abs(iz) * c);
    double far =
        Math.min(
            Math.min(-x * ix + Math.abs(ix) * a, -y * iy + Math.abs(iy) * b),
            -z * iz + Math.abs(iz) * c);
    double t = span(near, far, seenFromInside);
    if (r == 0 || t == Double.POSITIVE_INFINITY || t == 0) {
      return t;
    }
    // Fold the point of entry into the first octant: only that octant's faces, edges and corner can
    // be met first.
    double sx = x + t * dx < 0 ? -1 : 1;
    double sy = y + t * dy < 0 ? -1 : 1;
    double sz = z + t * dz < 0 ? -1 : 1;
    double ox = x * sx - (a - r);
    double oy = y * sy - (b - r);
    double oz = z * sz - (c - r);
    double vx = dx * sx;
    double vy = dy * sy;
    double vz = dz * sz;
    int beyond = (ox + t * vx > 0 ? 1 : 0) + (oy + t * vy > 0 ? 1 : 0) + (oz + t * vz > 0 ? 1 : 0);
    if (beyond <= 1) {
      return t;
    }
    double best = Double.POSITIVE_INFINITY;
    double all = vx * vx + vy * vy + vz * vz;
    double corner = root(all, ox * vx + oy * vy + oz * vz, ox * ox + oy * oy + oz * oz - r * r);
    if (corner > NEAR) {
      best = corner;
    }
    double ex = root(vy * vy + vz * vz, oy * vy + oz * vz, oy * oy + oz * oz - r * r);
    if (ex > NEAR && ex < best && inEdge(ox + ex * vx, a - r)) {
      best = ex;
    }
    double ey = root(vz * vz + vx * vx, oz * vz + ox * vx, oz * oz + ox * ox - r * r);
    if (ey > NEAR && ey < best && inEdge(oy + ey * vy, b - r)) {
      best = ey;
    }
    double ez = root(vx * vx + vy * vy, ox * vx + oy * vy, ox * ox + oy * oy - r * r);
    if (ez > NEAR && ez < best && inEdge(oz + ez * vz, c - r)) {
      best = ez;
    }
    return best;
  }

  /** Whether a place along an edge, counted from the corner's centre, lies between its two ends. */
  private static boolean inEdge(double fromCorner, double halfLength) {
    return fromCorner <= 0 && fromCorner >= -2 * halfLength;
  }

  private static double root(double qa, double qb, double qc) {
    double h = qb * qb - qa * qc;
    return h < 0 || qa < 1e-14 ? Double.POSITIVE_INFINITY : (-qb - Math.sqrt(h)) / qa;
  }
}
