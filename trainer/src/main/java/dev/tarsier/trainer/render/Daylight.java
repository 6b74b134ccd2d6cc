package dev.tarsier.trainer.render;

import java.util.List;

/**
 * Light at every place of a room. Sunless irradiance is worked out at the nodes of a lattice on
 * each face when it is first asked for, and kept: direct light of lamps and windows with their
 * shadows, and light bounced once from what the place sees. Neighbouring nodes are mixed, so
 * shadows are soft. A node's value depends on the node only, hence neither on the camera nor on the
 * thread that asked first.
 *
 * <p>Thread-safe: nodes are written whole, and two threads that work out the same node write the
 * same value.
 */
final class Daylight {
  private static final double STEP = 0.1;
  private static final double LIFT = 2e-3;
  private static final int BOUNCES = 16;
  private static final int LAMP_RAYS = 4;
  private static final int WINDOW_RAYS = 8;

  /** Directions over the upper half of a unit sphere, as dense as the cosine to z. */
  private static final double[] HEMISPHERE = hemisphere();

  private final Room room;
  private final Solids solids;
  private final RayCaster caster;
  private final int[] base;
  private final int[] across;
  private final int[] up;
  private final java.util.concurrent.atomic.AtomicLongArray nodes;
  private final float[] mean = new float[3];
  private final float[][] bounce;
  private final double scale;

  Daylight(Room room, RayCaster caster) {
    this.room = room;
    this.solids = room.solids();
    this.caster = caster;
    int faces = 6 * solids.count;
    base = new int[faces];
    across = new int[faces];
    up = new int[faces];
    int total = 0;
    for (int face = 0; face < faces; face++) {
      int at = Solids.at(face / 6);
      int axis = (face % 6) >> 1;
      double first = solids.data[at + 12 + Surface.firstAxis(axis)];
      double second = solids.data[at + 12 + Surface.secondAxis(axis)];
      if (solids.kind[face / 6] == Solids.CONE) {
        double rim = Math.max(solids.data[at + 12], solids.data[at + 13]);
        first = rim;
        second = axis == 2 ? rim : solids.data[at + 14];
      }
      base[face] = total;
      across[face] = steps(first);
      up[face] = steps(second);
      total += (across[face] + 1) * (up[face] + 1);
    }
    nodes = new java.util.concurrent.atomic.AtomicLongArray(total);
    spread();
    scale = (mean[0] + mean[1] + mean[2]) / 3 * 256;
    bounce = new float[room.materials().size()][];
    for (int i = 0; i < bounce.length; i++) {
      Material material = room.materials().get(i);
      float[] color = material.mean().clone();
      for (int k = 0; k < 3; k++) {
        // A source's own light is sampled directly; a second time would be too much.
        color[k] = material.emission() > 0 ? 0.3f * mean[k] : color[k] * mean[k];
      }
      bounce[i] = color;
    }
  }

  private static int steps(double half) {
    return Math.max(1, Math.min(160, (int) Math.ceil(2 * half / STEP)));
  }

  /** The mean irradiance on the room's surfaces after all bounces: flux / (area x absorption). */
  private void spread() {
    double[] flux = new double[3];
    for (Room.Lamp lamp : room.lamps()) {
      for (int k = 0; k < 3; k++) {
        flux[k] += 4 * Math.PI * lamp.intensity()[k];
      }
    }
    for (Room.Window window : room.windows()) {
      for (int k = 0; k < 3; k++) {
        flux[k] += Math.PI * window.radiance()[k] * 4 * window.halfWidth() * window.halfHeight();
      }
    }
    double area =
        2
            * (room.width() * room.depth()
                + room.width() * room.height()
                + room.depth() * room.height());
    for (int k = 0; k < 3; k++) {
      mean[k] = (float) (1.5 * flux[k] / (area * 0.6) + 1e-4);
    }
  }

  /** The mean irradiance of the room, three colours. Not to be modified. */
  float[] mean() {
    return mean;
  }

  /** Irradiance at a place, without the sun. */
  void at(Surface place, Tracer tracer, float[] rgb) {
    int face = 6 * place.solid + place.face;
    int columns = across[face];
    int rows = up[face];
    double x = (place.s + 1) / 2 * columns;
    double y = (place.t + 1) / 2 * rows;
    int x0 = Math.max(0, Math.min(columns - 1, (int) x));
    int y0 = Math.max(0, Math.min(rows - 1, (int) y));
    float fx = (float) Math.max(0, Math.min(1, x - x0));
    float fy = (float) Math.max(0, Math.min(1, y - y0));
    int at = base[face] + y0 * (columns + 1) + x0;
    long p = node(at, place, face, x0, y0, tracer);
    long q = node(at + 1, place, face, x0 + 1, y0, tracer);
    long r = node(at + columns + 1, place, face, x0, y0 + 1, tracer);
    long s = node(at + columns + 2, place, face, x0 + 1, y0 + 1, tracer);
    float wp = (1 - fx) * (1 - fy);
    float wq = fx * (1 - fy);
    float wr = (1 - fx) * fy;
    float ws = fx * fy;
    float unit = (float) (scale / (1 << 21));
    for (int k = 0, shift = 0; k < 3; k++, shift += 21) {
      rgb[k] =
          unit
              * (wp * ((p >> shift) & 0x1FFFFF)
                  + wq * ((q >> shift) & 0x1FFFFF)
                  + wr * ((r >> shift) & 0x1FFFFF)
                  + ws * ((s >> shift) & 0x1FFFFF));
    }
  }

  private long node(int index, Surface place, int face, int column, int row, Tracer tracer) {
    long known = nodes.getOpaque(index);
    if (known != 0) {
      return known;
    }
    Surface there = tracer.node;
    there.place(solids, place.solid, place.face, inset(column, across[face]), inset(row, up[face]));
    double[] sum = tracer.sum;
    gather(there, tracer, sum);
    long packed = 1L << 63;
    for (int k = 0; k < 3; k++) {
      long level = (long) (sum[k] / scale * (1 << 21));
      packed |= Math.max(0, Math.min(0x1FFFFF, level)) << (21 * k);
    }
    nodes.setOpaque(index, packed);
    return packed;
  }

  /** Nodes at the rim move in a little, out of the solids that touch there. */
  private static double inset(int index, int steps) {
    double rim = Math.min(0.5, 0.25 / steps);
    return Math.max(-1 + rim, Math.min(1 - rim, 2.0 * index / steps - 1));
  }

  private void gather(Surface p, Tracer tracer, double[] sum) {
    sum[0] = 0;
    sum[1] = 0;
    sum[2] = 0;
    RayCaster.Ray ray = tracer.shadow;
    double ox = p.px + LIFT * p.nx;
    double oy = p.py + LIFT * p.ny;
    double oz = p.pz + LIFT * p.nz;
    List<Room.Lamp> lamps = room.lamps();
    for (int i = 0; i < lamps.size(); i++) {
      Room.Lamp lamp = lamps.get(i);
      for (int j = 0; j < LAMP_RAYS; j++) {
        // corners of a tetrahedron inside the ball
        double sx = (j & 1) == 0 ? 0.5 : -0.5;
        double sy = (j & 2) == 0 ? 0.5 : -0.5;
        double sz = ((j & 1) ^ (j >> 1)) == 0 ? 0.5 : -0.5;
        double dx = lamp.x() + sx * lamp.radius() - ox;
        double dy = lamp.y() + sy * lamp.radius() - oy;
        double dz = lamp.z() + sz * lamp.radius() - oz;
        double square = dx * dx + dy * dy + dz * dz;
        double cosine = (dx * p.nx + dy * p.ny + dz * p.nz) / Math.sqrt(square);
        if (cosine <= 0 || !visible(ray, ox, oy, oz, dx, dy, dz)) {
          continue;
        }
        double share = cosine / (Math.max(square, 0.04) * LAMP_RAYS);
        for (int k = 0; k < 3; k++) {
          sum[k] += share * lamp.intensity()[k];
        }
      }
    }
    List<Room.Window> windows = room.windows();
    for (int i = 0; i < windows.size(); i++) {
      Room.Window window = windows.get(i);
      double area = 4 * window.halfWidth() * window.halfHeight();
      for (int j = 0; j < WINDOW_RAYS; j++) {
        double a = (2.0 * (j % 4) - 3) / 4 * window.halfWidth();
        double b = ((j < 4 ? -0.5 : 0.5) + ((j & 1) == 0 ? 0.2 : -0.2)) * window.halfHeight();
        double dx = window.x() + a * window.ux() - ox;
        double dy = window.y() + a * window.uy() - oy;
        double dz = window.z() + b - oz;
        double square = dx * dx + dy * dy + dz * dz;
        double inverse = 1 / Math.sqrt(square);
        double cosine = (dx * p.nx + dy * p.ny + dz * p.nz) * inverse;
        double facing = -(dx * window.nx() + dy * window.ny()) * inverse;
        if (cosine <= 0 || facing <= 0 || !visible(ray, ox, oy, oz, dx, dy, dz)) {
          continue;
        }
        double share = cosine * facing * area / (Math.max(square, 0.06) * WINDOW_RAYS);
        for (int k = 0; k < 3; k++) {
          sum[k] += share * window.radiance()[k];
        }
      }
    }
    bounced(p, ray, ox, oy, oz, sum);
  }

  private boolean visible(
      RayCaster.Ray ray, double ox, double oy, double oz, double dx, double dy, double dz) {
    ray.from(ox, oy, oz);
    ray.along(dx, dy, dz);
    ray.t = 0.999;
    return !caster.blocked(ray);
  }

  private void bounced(
      Surface p, RayCaster.Ray ray, double ox, double oy, double oz, double[] sum) {
    // an orthonormal basis around the normal (Duff et al., JCGT 2017)
    double sign = p.nz >= 0 ? 1 : -1;
    double a = -1 / (sign + p.nz);
    double b = p.nx * p.ny * a;
    double tx = 1 + sign * p.nx * p.nx * a;
    double ty = sign * b;
    double tz = -sign * p.nx;
    double ux = b;
    double uy = sign + p.ny * p.ny * a;
    double uz = -p.ny;
    ray.from(ox, oy, oz);
    for (int i = 0; i < BOUNCES; i++) {
      double x = HEMISPHERE[3 * i];
      double y = HEMISPHERE[3 * i + 1];
      double z = HEMISPHERE[3 * i + 2];
      ray.along(x * tx + y * ux + z * p.nx, x * ty + y * uy + z * p.ny, x * tz + y * uz + z * p.nz);
      ray.t = 30;
      if (caster.closest(ray)) {
        float[] light = bounce[solids.material[ray.solid]];
        // Something very near lies in the same corner and is as dark as it.
        double share = Math.min(1, 0.25 + ray.t * 1.5) / BOUNCES;
        for (int k = 0; k < 3; k++) {
          sum[k] += share * light[k];
        }
      }
    }
  }

  private static double[] hemisphere() {
    double[] directions = new double[3 * BOUNCES];
    for (int i = 0; i < BOUNCES; i++) {
      double r = Math.sqrt((i + 0.5) / BOUNCES);
      double angle = i * 2.399963229728653;
      directions[3 * i] = r * StrictMath.cos(angle);
      directions[3 * i + 1] = r * StrictMath.sin(angle);
      directions[3 * i + 2] = Math.sqrt(1 - r * r);
    }
    return directions;
  }
}
