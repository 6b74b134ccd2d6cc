package dev.tarsier.trainer.render;

/**
 * Turns radiance into the bytes of a consumer camera: automatic exposure, imperfect white balance,
 * vignette, response curve, blur and noise. One per scene; immutable.
 */
final class ColorCamera {
  private static final int CURVE = 8192;
  private static final double CURVE_TOP = 4;

  /** Response over the square root of exposure, 0 to 255. */
  private final float[] curve = new float[CURVE + 1];

  private final float[] balance = new float[3];
  private final double key;
  private final double vignette;
  private final double blur;
  private final double noise;
  private final boolean imperfect;

  ColorCamera(Dice dice, boolean imperfect) {
    this.imperfect = imperfect;
    key = dice.between(0.17, 0.34);
    double warm = dice.bell() * 0.07;
    double green = dice.bell() * 0.025;
    balance[0] = (float) (1 + warm);
    balance[1] = (float) (1 + green);
    balance[2] = (float) (1 - warm);
    vignette = imperfect ? dice.between(0, 0.35) : 0;
    blur = imperfect ? dice.between(0.02, 0.16) : 0;
    noise = imperfect ? dice.between(1.2, 4.5) : 0;
    double shoulder = dice.between(0.55, 0.8);
    double contrast = dice.between(0.95, 1.18);
    for (int i = 0; i <= CURVE; i++) {
      double root = CURVE_TOP * i / CURVE;
      double v = root * root;
      double soft =
          v <= shoulder
              ? v
              : shoulder + (1 - shoulder) * StrictMath.tanh((v - shoulder) / (1 - shoulder));
      double code =
          soft <= 0.0031308 ? 12.92 * soft : 1.055 * StrictMath.pow(soft, 1 / 2.4) - 0.055;
      double curved = StrictMath.pow(code, contrast);
      curve[i] = (float) (255 * curved);
    }
  }

  /**
   * Develops one image.
   *
   * @param radiance linear, [h,w,3]. Not modified.
   * @param salt of the frame's noise
   * @return new bytes, [h,w,3], RGB
   */
  byte[] develop(float[] radiance, int width, int height, long salt) {
    double gain = exposure(radiance, width, height);
    float[] image = new float[radiance.length];
    double cx = (width - 1) / 2.0;
    double cy = (height - 1) / 2.0;
    double inverse = 1 / (cx * cx + cy * cy);
    for (int y = 0, i = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double r2 = ((x - cx) * (x - cx) + (y - cy) * (y - cy)) * inverse;
        double local = gain * (1 - vignette * r2 * r2 - 0.3 * vignette * r2);
        for (int k = 0; k < 3; k++, i++) {
          image[i] = respond(local * balance[k] * radiance[i]);
        }
      }
    }
    if (imperfect) {
      addNoise(image, salt, noise);
      blur(image, width, height);
      addNoise(image, salt + 1, 0.35 * noise);
    }
    byte[] bytes = new byte[image.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Math.max(0, Math.min(255, Math.round(image[i])));
    }
    return bytes;
  }

  private float respond(double exposure) {
    double at = Math.sqrt(Math.max(0, exposure)) * (CURVE / CURVE_TOP);
    return curve[(int) Math.min(CURVE, at + 0.5)];
  }

  /** Brings the mean of the image, bright spots held down, to the key. */
  private double exposure(float[] radiance, int width, int height) {
    double mean = 0;
    int count = 0;
    for (int y = 4; y < height; y += 8) {
      for (int x = 4; x < width; x += 8, count++) {
        int i = 3 * (y * width + x);
        mean += 0.3 * radiance[i] + 0.6 * radiance[i + 1] + 0.1 * radiance[i + 2];
      }
    }
    mean = Math.max(mean / Math.max(1, count), 1e-9);
    double held = 0;
    count = 0;
    for (int y = 4; y < height; y += 8) {
      for (int x = 4; x < width; x += 8, count++) {
        int i = 3 * (y * width + x);
        double l = 0.3 * radiance[i] + 0.6 * radiance[i + 1] + 0.1 * radiance[i + 2];
        held += Math.min(l, 2 * mean);
      }
    }
    return key / Math.max(held / Math.max(1, count), 1e-9);
  }

  /** Twice as strong in the dark as in the light, where the response curve is flat. */
  private static void addNoise(float[] image, long salt, double strength) {
    long stream = Dice.mix(salt);
    for (int i = 0; i + 2 < image.length; i += 3) {
      long bits = Dice.mix(stream + i);
      // sums of two uniforms; a third of it is common to the three colours
      double common = ((bits & 1023) + ((bits >> 10) & 1023) - 1023) * (1.0 / 512);
      for (int k = 0; k < 3; k++) {
        double own =
            (((bits >> (20 + 14 * k)) & 127) + ((bits >> (27 + 14 * k)) & 127) - 127) * (1.0 / 64);
        double level = 1.2 - 0.6 * image[i + k] / 255;
        image[i + k] += (float) (strength * level * (0.6 * common + 0.8 * own));
      }
    }
  }

  /** A 3x3 binomial-like kernel, separable, with the scene's own weight. */
  private void blur(float[] image, int width, int height) {
    float side = (float) blur;
    float middle = 1 - 2 * side;
    float[] line = new float[3 * Math.max(width, height)];
    for (int y = 0; y < height; y++) {
      int row = 3 * y * width;
      System.arraycopy(image, row, line, 0, 3 * width);
      for (int i = 3; i < 3 * width - 3; i++) {
        image[row + i] = middle * line[i] + side * (line[i - 3] + line[i + 3]);
      }
    }
    float[] above = new float[3 * width];
    float[] here = new float[3 * width];
    System.arraycopy(image, 0, above, 0, 3 * width);
    for (int y = 1; y < height - 1; y++) {
      int row = 3 * y * width;
      System.arraycopy(image, row, here, 0, 3 * width);
      for (int i = 0; i < 3 * width; i++) {
        image[row + i] = middle * here[i] + side * (above[i] + image[row + 3 * width + i]);
      }
      float[] swap = above;
      above = here;
      here = swap;
    }
  }
}
