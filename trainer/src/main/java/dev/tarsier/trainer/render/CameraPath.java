package dev.tarsier.trainer.render;

import java.util.ArrayList;
import java.util.List;

/**
 * A walk with a camera in the hand: a closed, smooth curve (Catmull-Rom) through free places of a
 * room, that looks at what is worth looking at and sways a little. A function of time alone.
 */
final class CameraPath {
  private static final double CLEARANCE = 0.35;

  private final double[] x;
  private final double[] y;
  private final double[] z;
  private final double[] yaw;
  private final double[] pitch;
  private final double turns;
  private final double legSeconds;
  private final double[] sway = new double[12];
  private final double swayRadians;
  private final double startSeconds;
  private final Room room;

  CameraPath(Room room, Dice dice) {
    this.room = room;
    int stops = 6;
    x = new double[stops];
    y = new double[stops];
    z = new double[stops];
    yaw = new double[stops];
    pitch = new double[stops];
    walk(dice, stops);
    double tallness = dice.between(1.1, 1.7);
    double previous = 0;
    for (int i = 0; i < stops; i++) {
      z[i] = Math.min(room.height() - 0.3, tallness + dice.between(-0.12, 0.12));
      Room.Sight sight = choose(dice, x[i], y[i], previous, i > 0);
      double dx = sight.x() - x[i];
      double dy = sight.y() - y[i];
      double flat = Math.sqrt(dx * dx + dy * dy);
      double bearing = StrictMath.atan2(dy, dx);
      yaw[i] = i == 0 ? bearing : previous + wrap(bearing - previous);
      previous = yaw[i];
      double down = StrictMath.atan2(sight.z() - z[i], Math.max(0.8, flat));
      double lift = dice.chance(0.15) ? dice.between(0.1, 0.35) : dice.between(-0.14, 0.1);
      pitch[i] = Math.max(-0.65, Math.min(0.2, down + lift));
    }
    turns = Math.rint((yaw[stops - 1] - yaw[0]) / (2 * Math.PI)) * 2 * Math.PI;
    legSeconds = dice.between(3.2, 5.2);
    startSeconds = dice.between(0, stops * legSeconds);
    for (int i = 0; i < sway.length; i++) {
      sway[i] = dice.between(0, 2 * Math.PI);
    }
    swayRadians = dice.between(0.004, 0.014);
  }

  /** The pose at a time. */
  CameraPose at(double seconds) {
    double place = (seconds + startSeconds) / legSeconds;
    double floor = Math.floor(place);
    int leg = Math.floorMod((long) floor, x.length);
    double f = place - floor;
    double round = Math.floor(floor / x.length) * turns;
    double wx = 0.012 * (swing(seconds, 1.9, 0) + 0.6 * swing(seconds, 0.63, 1));
    double wz = 0.014 * (swing(seconds, 3.7, 2) + 0.5 * swing(seconds, 0.9, 3));
    double turn = swayRadians * (swing(seconds, 1.3, 4) + 0.5 * swing(seconds, 4.1, 5));
    double nod = swayRadians * (swing(seconds, 1.7, 6) + 0.5 * swing(seconds, 5.3, 7));
    double roll = swayRadians * (1.6 * swing(seconds, 0.8, 8) + 0.6 * swing(seconds, 2.9, 9));
    return CameraPose.looking(
        spline(x, leg, f, 0) + wx,
        spline(y, leg, f, 0) + 0.012 * swing(seconds, 2.3, 10),
        spline(z, leg, f, 0) + wz,
        spline(yaw, leg, f, turns) + round + turn,
        spline(pitch, leg, f, 0) + nod,
        roll + 0.6 * swayRadians * swing(0, 1, 11));
  }

  private double swing(double seconds, double radiansPerSecond, int phase) {
    return StrictMath.sin(seconds * radiansPerSecond + sway[phase]);
  }

  private static double wrap(double radians) {
    return radians - 2 * Math.PI * Math.rint(radians / (2 * Math.PI));
  }

  /** Prefers what stands at a few metres and not behind the back. */
  private Room.Sight choose(Dice dice, double px, double py, double bearing, boolean turned) {
    Room.Sight best = null;
    double bestScore = -1;
    for (Room.Sight sight : room.sights()) {
      double dx = sight.x() - px;
      double dy = sight.y() - py;
      double distance = Math.sqrt(dx * dx + dy * dy);
      double score = sight.weight() * dice.between(0.2, 1);
      score *= distance < 1.2 ? 0.1 : distance < 1.9 ? 0.6 : distance > 5 ? 0.7 : 1;
      if (turned) {
        double swing = Math.abs(wrap(StrictMath.atan2(dy, dx) - bearing));
        score *= swing > 2 ? 0.15 : swing > 1.2 ? 0.6 : 1;
      }
      if (score > bestScore) {
        bestScore = score;
        best = sight;
      }
    }
    return best != null ? best : new Room.Sight(room.width() / 2, room.depth() / 2, 1, 1);
  }

  private void walk(Dice dice, int stops) {
    List<double[]> free = freePlaces();
    for (int attempt = 0; attempt < 200; attempt++) {
      double reach = attempt < 80 ? 10 : attempt < 140 ? 1.2 : 0.5;
      double[] first = free.get(dice.below(free.size()));
      for (int i = 0; i < stops; i++) {
        double[] place = first;
        for (int tries = 0; tries < 12; tries++) {
          double[] candidate = free.get(dice.below(free.size()));
          if (Math.abs(candidate[0] - first[0]) <= reach
              && Math.abs(candidate[1] - first[1]) <= reach) {
            place = candidate;
            break;
          }
        }
        x[i] = place[0];
        y[i] = place[1];
      }
      if (clear(stops)) {
        return;
      }
    }
    double[] still = free.get(dice.below(free.size()));
    for (int i = 0; i < stops; i++) {
      x[i] = still[0];
      y[i] = still[1];
    }
  }

  /** A grid of places with the most room around that the furniture leaves. */
  private List<double[]> freePlaces() {
    for (double clearance = CLEARANCE; ; clearance -= 0.05) {
      List<double[]> free = new ArrayList<>();
      for (double gx = 0.25; gx < room.width() - 0.2; gx += 0.1) {
        for (double gy = 0.25; gy < room.depth() - 0.2; gy += 0.1) {
          if (isFree(gx, gy, clearance)) {
            free.add(new double[] {gx, gy});
          }
        }
      }
      if (!free.isEmpty()) {
        return free;
      }
      if (clearance < 0) {
        return List.of(new double[] {room.width() / 2, room.depth() / 2});
      }
    }
  }

  private boolean clear(int stops) {
    for (int leg = 0; leg < stops; leg++) {
      for (int step = 0; step < 16; step++) {
        if (!isFree(
            spline(x, leg, step / 16.0, 0), spline(y, leg, step / 16.0, 0), CLEARANCE - 0.1)) {
          return false;
        }
      }
    }
    return true;
  }

  private boolean isFree(double px, double py, double clearance) {
    double wall = 0.7 * clearance;
    if (px < wall || py < wall || px > room.width() - wall || py > room.depth() - wall) {
      return false;
    }
    for (Room.Footprint f : room.obstacles()) {
      if (px > f.x0() - clearance
          && px < f.x1() + clearance
          && py > f.y0() - clearance
          && py < f.y1() + clearance) {
        return false;
      }
    }
    return true;
  }

  /** Catmull-Rom through a ring of values; each time round adds {@code perRound}. */
  private static double spline(double[] ring, int leg, double f, double perRound) {
    double a = knot(ring, leg - 1, perRound);
    double b = knot(ring, leg, perRound);
    double c = knot(ring, leg + 1, perRound);
    double d = knot(ring, leg + 2, perRound);
    return b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)));
  }

  private static double knot(double[] ring, int index, double perRound) {
    return ring[Math.floorMod(index, ring.length)] + Math.floorDiv(index, ring.length) * perRound;
  }
}
