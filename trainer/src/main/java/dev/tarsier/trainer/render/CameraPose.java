package dev.tarsier.trainer.render;

/**
 * Where the camera is in the room. The room's frame is x forward, y left, z up (REP 103), its
 * origin on the floor; the camera's is the optical frame, x right, y down, z forward. A point of
 * the camera frame goes to the room by {@code R p + (x, y, z)}.
 *
 * @param x metres
 * @param y metres
 * @param z metres above the floor
 * @param rotation R, 9 values by rows; its columns are the camera's right, down and forward
 *     directions in the room. Not copied.
 */
public record CameraPose(double x, double y, double z, double[] rotation) {
  /** Checks the size of the rotation. */
  public CameraPose {
    if (rotation.length != 9) {
      throw new IllegalArgumentException("rotation must have 9 values, got " + rotation.length);
    }
  }

  /**
   * A camera that looks along a direction.
   *
   * @param yawRadians of the optical axis about z, 0 along +x, positive to the left (+y)
   * @param pitchRadians positive looks up
   * @param rollRadians positive turns the camera clockwise as seen from behind it
   */
  public static CameraPose looking(
      double x, double y, double z, double yawRadians, double pitchRadians, double rollRadians) {
    double cy = StrictMath.cos(yawRadians);
    double sy = StrictMath.sin(yawRadians);
    double cp = StrictMath.cos(pitchRadians);
    double sp = StrictMath.sin(pitchRadians);
    double cr = StrictMath.cos(rollRadians);
    double sr = StrictMath.sin(rollRadians);
    double[] forward = {cy * cp, sy * cp, sp};
    double[] right = {sy, -cy, 0};
    // down = forward x right
    double[] down = {
      forward[1] * right[2] - forward[2] * right[1],
      forward[2] * right[0] - forward[0] * right[2],
      forward[0] * right[1] - forward[1] * right[0]
    };
    double[] rotation = new double[9];
    for (int i = 0; i < 3; i++) {
      rotation[3 * i] = cr * right[i] + sr * down[i];
      rotation[3 * i + 1] = cr * down[i] - sr * right[i];
      rotation[3 * i + 2] = forward[i];
    }
    return new CameraPose(x, y, z, rotation);
  }
}
