package dev.tarsier.trainer.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RayCasterTest {
  private final Solids solids = new Solids();

  @Test
  void meetsABoxWhereItsNearFaceIs() {
    solids.add(Solids.BOX, 3, 0, 0, null, 0.5, 1, 1, 0, 0, 0, 0);
    assertThat(cast(0, 0.2, -0.3, 1, 0, 0)).isCloseTo(2.5, within(1e-12));
    assertThat(cast(0, 1.2, 0, 1, 0, 0)).isInfinite();
    assertThat(cast(0, 0, 0, -1, 0, 0)).isInfinite();
  }

  @Test
  void meetsATurnedBoxAtItsEdge() {
    double s = Math.sqrt(0.5);
    double[] eighthTurn = {s, -s, 0, s, s, 0, 0, 0, 1};
    solids.add(Solids.BOX, 4, 0, 0, eighthTurn, 1, 1, 1, 0, 0, 0, 0);
    assertThat(cast(0, 0, 0, 1, 0, 0)).isCloseTo(4 - Math.sqrt(2), within(1e-9));
  }

  @Test
  void meetsABallACylinderAndAConeWhereGeometrySays() {
    solids.add(Solids.ELLIPSOID, 5, 0, 0, null, 1, 2, 3, 0, 0, 0, 0);
    solids.add(Solids.CONE, 5, 10, 0, null, 0.7, 0.7, 1, 0, 0, 0, 0);
    solids.add(Solids.CONE, 5, 20, 0, null, 2, 0, 1, 0, 0, 0, 0);
    assertThat(cast(0, 0, 0, 1, 0, 0)).isCloseTo(4, within(1e-12));
    assertThat(cast(0, 10, 0.5, 1, 0, 0)).isCloseTo(4.3, within(1e-12));
    assertThat(cast(5, 10, 4, 0, 0, -1)).as("the cap").isCloseTo(3, within(1e-12));
    // radius 2 at z = -1 down to 0 at z = 1: half way up it is 1
    assertThat(cast(0, 20, 0, 1, 0, 0)).isCloseTo(4, within(1e-9));
    assertThat(cast(5.5, 20, 4, 0, 0, -1)).isCloseTo(3.5, within(1e-9));
  }

  @Test
  void meetsARoundedBoxWhereASlowMarchDoes() {
    double a = 0.6;
    double b = 0.4;
    double c = 0.3;
    double r = 0.12;
    solids.add(Solids.ROUND, 0, 0, 0, null, a, b, c, r, 0, 0, 0);
    Dice dice = new Dice(5);
    int hits = 0;
    for (int i = 0; i < 400; i++) {
      double ox = dice.between(-2, 2);
      double oy = dice.between(-2, 2);
      double oz = 2.5;
      double dx = dice.between(-0.5, 0.5) - ox;
      double dy = dice.between(-0.5, 0.5) - oy;
      double dz = dice.between(-0.35, 0.35) - oz;
      double length = Math.sqrt(dx * dx + dy * dy + dz * dz);
      double met = cast(ox, oy, oz, dx / length, dy / length, dz / length);
      double marched = 0;
      double distance = 1;
      for (int step = 0; step < 500 && distance > 1e-10 && marched < 9; step++) {
        distance =
            roundedDistance(
                ox + marched * dx / length,
                oy + marched * dy / length,
                oz + marched * dz / length,
                a - r,
                b - r,
                c - r,
                r);
        marched += distance;
      }
      if (marched < 9 && distance < 1e-9) {
        hits++;
        assertThat(met).isCloseTo(marched, within(1e-5));
      } else {
        assertThat(met).isInfinite();
      }
    }
    assertThat(hits).isBetween(100, 399);
  }

  @Test
  void findsWithTheTreeWhatAllSolidsOneByOneGive() {
    Dice dice = new Dice(11);
    Solids[] alone = new Solids[200];
    for (int i = 0; i < alone.length; i++) {
      byte kind = (byte) (1 + dice.below(4));
      double[] rotation = CameraPose.looking(0, 0, 0, dice.next() * 6, dice.next(), 1).rotation();
      double x = dice.between(-5, 5);
      double y = dice.between(-5, 5);
      double z = dice.between(-5, 5);
      double size = dice.between(0.1, 0.6);
      alone[i] = new Solids();
      for (Solids to : new Solids[] {solids, alone[i]}) {
        to.add(kind, x, y, z, rotation, size, 0.5 * size, 0.7 * size, 0.1 * size, 0, 0, 0);
      }
    }
    RayCaster all = new RayCaster(solids);
    int hits = 0;
    for (int i = 0; i < 300; i++) {
      RayCaster.Ray ray = new RayCaster.Ray();
      ray.from(-8, dice.between(-3, 3), dice.between(-3, 3));
      ray.along(1, dice.between(-0.4, 0.4), dice.between(-0.4, 0.4));
      double nearest = Double.POSITIVE_INFINITY;
      for (Solids one : alone) {
        ray.t = 1e6;
        if (new RayCaster(one).closest(ray)) {
          nearest = Math.min(nearest, ray.t);
        }
      }
      ray.t = 1e6;
      boolean met = all.closest(ray);
      assertThat(met ? ray.t : Double.POSITIVE_INFINITY).isEqualTo(nearest);
      ray.t = 1e6;
      assertThat(all.blocked(ray)).isEqualTo(met);
      hits += met ? 1 : 0;
    }
    assertThat(hits).isGreaterThan(50);
  }

  private double cast(double ox, double oy, double oz, double dx, double dy, double dz) {
    RayCaster.Ray ray = new RayCaster.Ray();
    ray.from(ox, oy, oz);
    ray.along(dx, dy, dz);
    ray.t = 1e6;
    return new RayCaster(solids).closest(ray) ? ray.t : Double.POSITIVE_INFINITY;
  }

  private static double roundedDistance(
      double x, double y, double z, double a, double b, double c, double r) {
    double qx = Math.abs(x) - a;
    double qy = Math.abs(y) - b;
    double qz = Math.abs(z) - c;
    double ox = Math.max(qx, 0);
    double oy = Math.max(qy, 0);
    double oz = Math.max(qz, 0);
    return Math.sqrt(ox * ox + oy * oy + oz * oz) + Math.min(0, Math.max(qx, Math.max(qy, qz))) - r;
  }
}
