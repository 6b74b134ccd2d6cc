package dev.tarsier.trainer.pseudolabel;

import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * The scale and the shift that make metres of a map without a unit: {@code y = scale × value +
 * shift}, where y is depth if larger values are farther, and inverse depth if they are nearer
 * (Ranftl et al., "Towards Robust Monocular Depth Estimation", 2020, section 5). They are found
 * robustly, for a sensor has wrong pixels and a network wrong regions: of lines through two pixels
 * the one that most pixels agree with (Fischler and Bolles, "Random Sample Consensus", 1981), then
 * reweighted least squares over those. The same pixels and the same seed give the same fit.
 *
 * @param nearer whether larger values are nearer
 * @param scale positive: a map that says the opposite fits nothing
 * @param shift of metres, or of 1 / metres
 * @param pixels that were compared
 * @param inliers share of them that agree
 * @param nearest of the pixels that agree, metres by the sensor
 * @param farthest of them
 */
record DepthFit(
    boolean nearer,
    double scale,
    double shift,
    int pixels,
    double inliers,
    double nearest,
    double farthest) {
  /** A pixel agrees where its fitted depth is off by this share of the sensor's at most. */
  static final double MOST_OFF = 0.1;

  /** With fewer agreeing pixels the network sees something else than the sensor. */
  static final double LEAST_INLIERS = 0.6;

  /** With fewer pixels that agree by chance, a share says nothing. */
  static final int LEAST_PIXELS = 100;

  /** With 60 % of good pixels, 300 pairs hold about a hundred good ones. */
  private static final int HYPOTHESES = 300;

  /** Pixels on which a line is judged; so many tell 60 % from 58 %. */
  private static final int JUDGES = 2000;

  private static final int REFINEMENTS = 20;

  /** No sensor is better than one part in ten thousand. */
  private static final double LEAST_SPREAD = 1e-4;

  /** All that decides a fit beside the pixels; part of what labels are found by. */
  static Map<String, Object> constants() {
    return new TreeMap<>(
        Map.of(
            "most_off", MOST_OFF,
            "least_inliers", LEAST_INLIERS,
            "least_pixels", LEAST_PIXELS,
            "hypotheses", HYPOTHESES,
            "judges", JUDGES,
            "refinements", REFINEMENTS,
            "least_spread", LEAST_SPREAD,
            "version", 1));
  }

  /**
   * What a network and a sensor say of the same pixels.
   *
   * @param said values without a unit, finite
   * @param metres known
   */
  record Pixels(double[] said, double[] metres) {}

  /**
   * Fits.
   *
   * @param pixels of one frame. Not modified.
   * @param nearer whether larger values are nearer
   * @param seed of what is drawn
   * @return the fit; one without pixels or of which none agrees has scale 0
   */
  static DepthFit of(Pixels pixels, boolean nearer, long seed) {
    int count = pixels.said.length;
    DepthFit none = new DepthFit(nearer, 0, 0, count, 0, 0, 0);
    if (count < 2) {
      return none;
    }
    double[] y = new double[count];
    for (int i = 0; i < count; i++) {
      y[i] = nearer ? 1 / pixels.metres[i] : pixels.metres[i];
    }
    SplittableRandom random = new SplittableRandom(seed);
    int[] judges = judges(count, random);
    double scale = 0;
    double shift = 0;
    int most = 0;
    for (int k = 0; k < HYPOTHESES; k++) {
      int a = random.nextInt(count);
      int b = random.nextInt(count);
      double s = (y[a] - y[b]) / (pixels.said[a] - pixels.said[b]);
      if (!(s > 0 && s < Double.POSITIVE_INFINITY)) {
        continue;
      }
      double t = y[a] - s * pixels.said[a];
      int agreeing = 0;
      for (int i : judges) {
        agreeing += agrees(nearer, s * pixels.said[i] + t, y[i]) ? 1 : 0;
      }
      if (agreeing > most) {
        most = agreeing;
        scale = s;
        shift = t;
      }
    }
    return most == 0 ? none : refined(pixels, y, nearer, judges, scale, shift);
  }

  private static int[] judges(int count, SplittableRandom random) {
    int[] judges = new int[Math.min(count, JUDGES)];
    if (count <= JUDGES) {
      Arrays.setAll(judges, i -> i);
    } else {
      Arrays.setAll(judges, i -> random.nextInt(count));
    }
    return judges;
  }

  /** Whether a fitted value and a measured one are near each other, as depth. */
  private static boolean agrees(boolean nearer, double fitted, double y) {
    double ratio = nearer ? y / fitted : fitted / y; // of the fitted depth to the measured
    return fitted > 0 && Math.abs(ratio - 1) <= MOST_OFF;
  }

  /** A line's offset from a value, as a share of it. */
  private static double off(double fitted, double y) {
    return fitted / y - 1;
  }

  /**
   * Least squares of the relative error, which is the same in depth and inverse depth to first
   * order, over the pixels that agree; those that are far off for the spread of the others count
   * less and less (weights of Geman and McClure).
   */
  private static DepthFit refined(
      Pixels pixels, double[] y, boolean nearer, int[] judges, double scale, double shift) {
    double s = scale;
    double t = shift;
    for (int k = 0; k < REFINEMENTS; k++) {
      double spread = spread(pixels, y, nearer, judges, s, t);
      double weights = 0;
      double meanX = 0;
      double meanY = 0;
      double meanXX = 0;
      double meanXY = 0;
      for (int i = 0; i < y.length; i++) {
        double x = pixels.said[i];
        double fitted = s * x + t;
        if (agrees(nearer, fitted, y[i])) {
          double apart = off(fitted, y[i]) / spread;
          double w = 1 / ((1 + apart * apart) * (1 + apart * apart) * y[i] * y[i]);
          weights += w;
          meanX += w * x;
          meanY += w * y[i];
          meanXX += w * x * x;
          meanXY += w * x * y[i];
        }
      }
      meanX /= weights;
      meanY /= weights;
      double next = (meanXY / weights - meanX * meanY) / (meanXX / weights - meanX * meanX);
      if (!(next > 0 && next < Double.POSITIVE_INFINITY)) {
        break;
      }
      s = next;
      t = meanY - s * meanX;
    }
    return judged(pixels, y, nearer, s, t);
  }

  /** Twice the median offset of pixels that agree; a little where all lie on the line. */
  private static double spread(
      Pixels pixels, double[] y, boolean nearer, int[] judges, double s, double t) {
    double[] offs = new double[judges.length];
    int count = 0;
    for (int i : judges) {
      double fitted = s * pixels.said[i] + t;
      if (agrees(nearer, fitted, y[i])) {
        offs[count++] = Math.abs(off(fitted, y[i]));
      }
    }
    Arrays.sort(offs, 0, count);
    return Math.max(LEAST_SPREAD, count == 0 ? 0 : 2 * offs[count / 2]);
  }

  private static DepthFit judged(
      Pixels pixels, double[] y, boolean nearer, double scale, double shift) {
    int agreeing = 0;
    double nearest = Double.POSITIVE_INFINITY;
    double farthest = 0;
    for (int i = 0; i < y.length; i++) {
      if (agrees(nearer, scale * pixels.said[i] + shift, y[i])) {
        agreeing++;
        nearest = Math.min(nearest, pixels.metres[i]);
        farthest = Math.max(farthest, pixels.metres[i]);
      }
    }
    return new DepthFit(
        nearer, scale, shift, y.length, (double) agreeing / y.length, nearest, farthest);
  }

  /** Whether it can be relied on. */
  boolean holds() {
    return pixels >= LEAST_PIXELS && inliers >= LEAST_INLIERS;
  }

  /** Metres of a value; NaN where the fit says none. */
  double metres(double said) {
    double y = scale * said + shift;
    return !(y > 0 && y < Double.POSITIVE_INFINITY) ? Double.NaN : nearer ? 1 / y : y;
  }

  /** Whether a sensor agrees with a value. */
  boolean agrees(double said, double metres) {
    return agrees(nearer, scale * said + shift, nearer ? 1 / metres : metres);
  }

  /**
   * How far a fitted depth is supported: 1 between the nearest and the farthest pixel that agree;
   * beyond them the ratio of the two, such as a half at twice the farthest.
   */
  double support(double metres) {
    return Math.min(1, Math.min(metres / nearest, farthest / metres));
  }
}
