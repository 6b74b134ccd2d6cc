package dev.tarsier.runtime.task;

import com.fasterxml.jackson.annotation.JsonIgnore;

/**
 * A direction for each pixel, such as the normal of a surface: float32 [1, height, width, 3], x to
 * the right, y down, z away from the camera, length 1; 0 or NaN where it is unknown.
 */
public record UnitVectorMap() implements HeadKind {
  /** As it is called in a bundle. */
  public static final String NAME = "unit_vector_map";

  /** Half of a vector's length may be lost to blending over an edge; less is no direction. */
  private static final double LEAST_LENGTH = 1e-3;

  @Override
  @JsonIgnore
  public int channels() {
    return 3;
  }

  /** Whether a vector has a direction: finite, and not of length 0. */
  public static boolean isKnown(float x, float y, float z) {
    double squared = (double) x * x + (double) y * y + (double) z * z;
    return squared > LEAST_LENGTH * LEAST_LENGTH && squared < Double.POSITIVE_INFINITY;
  }

  /**
   * The angle between two directions, radians, 0 to π. From the cross product, since the cosine of
   * a small angle says little in floating point.
   */
  public static double angle(double ax, double ay, double az, double bx, double by, double bz) {
    double cx = ay * bz - az * by;
    double cy = az * bx - ax * bz;
    double cz = ax * by - ay * bx;
    return Math.atan2(Math.sqrt(cx * cx + cy * cy + cz * cz), ax * bx + ay * by + az * bz);
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.unitVectorMap(this);
  }

  /**
   * A direction's colour, RGB: a component of −1 to 1 is a channel's 0 to 255; right is red, down
   * green, away blue.
   */
  public static int rgb(float right, float down, float away) {
    return channel(right) << 16 | channel(down) << 8 | channel(away);
  }

  private static int channel(float component) {
    return Math.max(0, Math.min(255, Math.round(127.5f * (component + 1))));
  }
}
