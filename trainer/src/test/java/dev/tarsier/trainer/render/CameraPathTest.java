package dev.tarsier.trainer.render;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CameraPathTest {
  private static final double TICK_SECONDS = 1.0 / 15;

  @Test
  void movesSmoothlyAndKeepsOutOfTheFurniture() {
    for (long seed = 0; seed < 40; seed++) {
      Room room = new RoomBuilder(new Dice(seed)).build();
      CameraPath path = new CameraPath(room, new Dice(seed + 1000));
      CameraPose before = path.at(0);
      for (int i = 1; i < 600; i++) {
        CameraPose pose = path.at(i * TICK_SECONDS);
        double dx = pose.x() - before.x();
        double dy = pose.y() - before.y();
        double dz = pose.z() - before.z();
        assertThat(Math.sqrt(dx * dx + dy * dy + dz * dz)).as("metres a tick").isLessThan(0.25);
        assertThat(alike(pose, before)).as("turn in a tick").isGreaterThan(StrictMath.cos(0.2));
        assertThat(pose.x()).isBetween(0.05, room.width() - 0.05);
        assertThat(pose.y()).isBetween(0.05, room.depth() - 0.05);
        assertThat(pose.z()).isBetween(0.8, 2.0);
        for (Room.Footprint f : room.obstacles()) {
          boolean inside =
              pose.x() > f.x0() && pose.x() < f.x1() && pose.y() > f.y0() && pose.y() < f.y1();
          assertThat(inside).as("in furniture, seed %d, tick %d", seed, i).isFalse();
        }
        before = pose;
      }
    }
  }

  /** The cosine between two optical axes. */
  private static double alike(CameraPose one, CameraPose other) {
    double sum = 0;
    for (int k = 2; k < 9; k += 3) {
      sum += one.rotation()[k] * other.rotation()[k];
    }
    return sum;
  }
}
