package dev.tarsier.trainer.render;

/**
 * Puts solids into a room in the frame of the piece of furniture at hand: x along its width, y from
 * its back to its front, z up, metres. Used by one thread.
 */
final class Carpenter {
  final Solids solids = new Solids();

  private double originX;
  private double originY;
  private double originZ;
  private double cos = 1;
  private double sin;

  /** Moves to a place in the room; quarter turns are exact, so that boxes stay aligned. */
  void stand(double x, double y, double z, double yawRadians) {
    originX = x;
    originY = y;
    originZ = z;
    double quarters = yawRadians / (Math.PI / 2);
    double rounded = Math.rint(quarters);
    if (Math.abs(quarters - rounded) < 1e-9) {
      int quarter = Math.floorMod((int) rounded, 4);
      cos = quarter == 0 ? 1 : quarter == 2 ? -1 : 0;
      sin = quarter == 1 ? 1 : quarter == 3 ? -1 : 0;
    } else {
      cos = StrictMath.cos(yawRadians);
      sin = StrictMath.sin(yawRadians);
    }
  }

  double roomX(double x, double y) {
    return originX + cos * x - sin * y;
  }

  double roomY(double x, double y) {
    return originY + sin * x + cos * y;
  }

  double roomZ(double z) {
    return originZ + z;
  }

  /** A box by its extents. */
  void box(
      int label, int material, double x0, double x1, double y0, double y1, double z0, double z1) {
    between(Solids.BOX, label, material, x0, x1, y0, y1, z0, z1).upright();
  }

  /** A box as far to the left as to the right. */
  void wide(int label, int material, double x, double y0, double y1, double z0, double z1) {
    box(label, material, -x, x, y0, y1, z0, z1);
  }

  /** A box by its extents, with rounded edges. */
  void round(
      int label,
      int material,
      double x0,
      double x1,
      double y0,
      double y1,
      double z0,
      double z1,
      double radius) {
    double smallest = Math.min(Math.min(x1 - x0, y1 - y0), z1 - z0) / 2;
    between(Solids.ROUND, label, material, x0, x1, y0, y1, z0, z1)
        .rounded(Math.min(radius, 0.98 * smallest))
        .upright();
  }

  private Part between(
      byte shape,
      int label,
      int material,
      double x0,
      double x1,
      double y0,
      double y1,
      double z0,
      double z1) {
    return solid(shape, label, material)
        .at((x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2)
        .size((x1 - x0) / 2, (y1 - y0) / 2, (z1 - z0) / 2);
  }

  /** An upright cylinder or cone from z0 (radius low) to z1 (radius high). */
  void cone(
      int label, int material, double x, double y, double z0, double z1, double low, double high) {
    solid(Solids.CONE, label, material)
        .at(x, y, (z0 + z1) / 2)
        .size(low, high, (z1 - z0) / 2)
        .upright();
  }

  void ball(int label, int material, double x, double y, double z, double a, double b, double c) {
    solid(Solids.ELLIPSOID, label, material).at(x, y, z).size(a, b, c).upright();
  }

  /** Begins any solid; the last of {@link Part}'s methods puts it there. */
  Part solid(byte shape, int label, int material) {
    return new Part(shape, label, material);
  }

  /** A solid in the making. */
  final class Part {
    private final byte shape;
    private final int label;
    private final int material;
    private double x;
    private double y;
    private double z;
    private double a;
    private double b;
    private double c;
    private double rounding;

    private Part(byte shape, int label, int material) {
      this.shape = shape;
      this.label = label;
      this.material = material;
    }

    /** Its centre. */
    Part at(double centreX, double centreY, double centreZ) {
      x = centreX;
      y = centreY;
      z = centreZ;
      return this;
    }

    /** Its sizes as in {@link Solids}. */
    Part size(double first, double second, double third) {
      a = first;
      b = second;
      c = third;
      return this;
    }

    /** The radius of its edges. */
    Part rounded(double radius) {
      rounding = radius;
      return this;
    }

    /** Puts it there as it stands. */
    void upright() {
      turned(0, 0, 0);
    }

    /** Puts it there as it stands; light passes it. */
    void withoutShadow() {
      put(0, 0, 0, Solids.CASTS_NO_SHADOW);
    }

    /** Puts it there turned about its own x by {@code tilt}, then y, then z. */
    void turned(double tilt, double lean, double spin) {
      put(tilt, lean, spin, 0);
    }

    private void put(double tilt, double lean, double spin, int flags) {
      double cs = spin == 0 ? cos : cos * StrictMath.cos(spin) - sin * StrictMath.sin(spin);
      double sn = spin == 0 ? sin : sin * StrictMath.cos(spin) + cos * StrictMath.sin(spin);
      double[] rotation = null;
      boolean swap = false;
      if (tilt == 0 && lean == 0 && shape == Solids.BOX && (cs == 0 || sn == 0)) {
        swap = cs == 0;
      } else {
        double ct = tilt == 0 ? 1 : StrictMath.cos(tilt);
        double st = tilt == 0 ? 0 : StrictMath.sin(tilt);
        double cl = lean == 0 ? 1 : StrictMath.cos(lean);
        double sl = lean == 0 ? 0 : StrictMath.sin(lean);
        // Rz Ry Rx
        rotation =
            new double[] {
              cs * cl,
              cs * sl * st - sn * ct,
              cs * sl * ct + sn * st,
              sn * cl,
              sn * sl * st + cs * ct,
              sn * sl * ct - cs * st,
              -sl,
              cl * st,
              cl * ct
            };
      }
      solids.add(
          shape,
          roomX(x, y),
          roomY(x, y),
          roomZ(z),
          rotation,
          swap ? b : a,
          swap ? a : b,
          c,
          rounding,
          material,
          label,
          flags);
    }
  }
}
