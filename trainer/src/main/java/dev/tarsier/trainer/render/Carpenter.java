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
    put(
        Solids.BOX,
        label,
        material,
        (x0 + x1) / 2,
        (y0 + y1) / 2,
        (z0 + z1) / 2,
        (x1 - x0) / 2,
        (y1 - y0) / 2,
        (z1 - z0) / 2,
        0,
        0,
        0,
        0,
        0);
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
    put(
        Solids.ROUND,
        label,
        material,
        (x0 + x1) / 2,
        (y0 + y1) / 2,
        (z0 + z1) / 2,
        (x1 - x0) / 2,
        (y1 - y0) / 2,
        (z1 - z0) / 2,
        Math.min(radius, 0.98 * smallest),
        0,
        0,
        0,
        0);
  }

  /** An upright cylinder or cone from z0 (radius low) to z1 (radius high). */
  void cone(
      int label, int material, double x, double y, double z0, double z1, double low, double high) {
    put(Solids.CONE, label, material, x, y, (z0 + z1) / 2, low, high, (z1 - z0) / 2, 0, 0, 0, 0, 0);
  }

  void ball(int label, int material, double x, double y, double z, double a, double b, double c) {
    put(Solids.ELLIPSOID, label, material, x, y, z, a, b, c, 0, 0, 0, 0, 0);
  }

  /**
   * Any solid: centre, sizes as in {@link Solids}, turned about its own x by {@code tilt}, then
   * about y by {@code lean}, then about z by {@code spin}.
   */
  void put(
      byte shape,
      int label,
      int material,
      double x,
      double y,
      double z,
      double a,
      double b,
      double c,
      double rounding,
      double tilt,
      double lean,
      double spin,
      int flags) {
    double cs = spin == 0 ? cos : cos * StrictMath.cos(spin) - sin * StrictMath.sin(spin);
    double sn = spin == 0 ? sin : sin * StrictMath.cos(spin) + cos * StrictMath.sin(spin);
    double roomX = roomX(x, y);
    double roomY = roomY(x, y);
    double roomZ = originZ + z;
    if (tilt == 0 && lean == 0 && shape == Solids.BOX && (cs == 0 || sn == 0)) {
      boolean swap = cs == 0;
      solids.add(
          shape,
          roomX,
          roomY,
          roomZ,
          null,
          swap ? b : a,
          swap ? a : b,
          c,
          0,
          material,
          label,
          flags);
      return;
    }
    double ct = tilt == 0 ? 1 : StrictMath.cos(tilt);
    double st = tilt == 0 ? 0 : StrictMath.sin(tilt);
    double cl = lean == 0 ? 1 : StrictMath.cos(lean);
    double sl = lean == 0 ? 0 : StrictMath.sin(lean);
    // Rz Ry Rx
    double[] rotation = {
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
    solids.add(shape, roomX, roomY, roomZ, rotation, a, b, c, rounding, material, label, flags);
  }
}
