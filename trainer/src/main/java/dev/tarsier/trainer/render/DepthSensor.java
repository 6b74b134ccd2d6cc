package dev.tarsier.trainer.render;

/**
 * What a structured-light camera (Kinect v1) makes of exact depth: steps that grow with the square
 * of the distance, jitter at edges, and holes where it sees nothing: too near, too far, at grazing
 * surfaces, beside silhouettes where the projector's light does not reach, on dark screens.
 */
final class DepthSensor {
  private static final double NEAREST = 0.5;
  private static final double FARTHEST = 8.0;

  /** Baseline times focal length of the sensor, metre pixels: disparity = this / depth. */
  private static final double BASELINE_FOCAL = 0.075 * 580;

  private DepthSensor() {}

  /**
   * Measures.
   *
   * @param exact metres, [h,w]. Not modified.
   * @param slant cosine between ray and surface, [h,w]. Not modified.
   * @param salt of the frame's noise
   * @return new array; NaN where the sensor sees nothing
   */
  static float[] measure(float[] exact, float[] slant, PinholeCamera camera, long salt) {
    int width = camera.width();
    int height = camera.height();
    float[] seen = new float[exact.length];
    long stream = Dice.mix(salt ^ 0x5EED_DE97L);
    double pixel = camera.fx() * 0.075;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int i = y * width + x;
        long bits = Dice.mix(stream + i);
        // Matching looks at a patch: near an edge it may take the neighbour's depth.
        int nx = Math.max(0, Math.min(width - 1, x + (int) (bits & 3) % 3 - 1));
        int ny = Math.max(0, Math.min(height - 1, y + (int) ((bits >> 2) & 3) % 3 - 1));
        double z = exact[ny * width + nx];
        double noise = ((bits >> 8 & 0xFFFF) + (bits >> 24 & 0xFFFF)) / 65535.0 - 1;
        double disparity = BASELINE_FOCAL / z + 0.22 * noise;
        double steps = Math.rint(disparity * 8) / 8;
        boolean grazing = slant[i] < 0.08 + 0.1 * ((bits >> 40 & 255) / 255.0);
        boolean farLoss = z > 4.5 && (bits >> 48 & 1023) < (z - 4.5) * 90;
        boolean out = !(z > NEAREST && z < FARTHEST);
        seen[i] =
            out || grazing || farLoss || shadowed(exact, width, x, y, pixel)
                ? Float.NaN
                : (float) (BASELINE_FOCAL / Math.max(0.5, steps));
      }
    }
    return seen;
  }

  /**
   * Whether something nearer, to the left, keeps the projector's light from the place: the
   * projector is a baseline to the camera's left, so a shadow falls on the right of what stands in
   * front.
   */
  private static boolean shadowed(float[] exact, int width, int x, int y, double pixel) {
    double z = exact[y * width + x];
    int reach = (int) Math.min(40, pixel / 0.5);
    int row = y * width;
    for (int k = 1; k <= reach && x - k >= 0; k++) {
      double other = exact[row + x - k];
      if (other < z - 0.02 && pixel / other - pixel / z >= k) {
        return true;
      }
    }
    return false;
  }
}
