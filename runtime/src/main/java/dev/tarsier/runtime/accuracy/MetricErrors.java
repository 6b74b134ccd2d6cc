package dev.tarsier.runtime.accuracy;

import dev.tarsier.runtime.task.MetricMap;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Errors of a metric map such as depth, pooled over all scored pixels of all images. A pixel is
 * scored when its true value is finite and positive, the {@link ScoredPixels} takes it, and the
 * prediction is not NaN; {@link #coverage} tells how many predictions were missing. Owned by one
 * thread.
 *
 * <p>Each image is also scored after its prediction was scaled so that its median is the truth's:
 * what remains is the error of shape, without that of scale, which a camera with another focal
 * length brings along.
 */
public final class MetricErrors {
  /**
   * Predictions are clamped to this before squaring and before taking the logarithm, as MTI-Net's
   * code does; it matters only for predictions that are no depth at all.
   */
  private static final double SMALLEST_METRES = 1e-9;

  private static final double DELTA = 1.25;

  private final ScoredPixels protocol;
  private final Sums raw = new Sums();
  private final AlignedSums aligned = new AlignedSums();
  private final Median median = new Median();
  private final Logarithms logarithms = new Logarithms();
  private float[] predictedScratch = new float[0];
  private float[] trueScratch = new float[0];
  private long images;
  private long truePixels;
  private double sumLogScale;
  private double sumLogScaleSquared;
  private long scaledImages;

  /**
   * No errors yet.
   *
   * @param protocol which pixels are scored
   */
  public MetricErrors(ScoredPixels protocol) {
    this.protocol = protocol;
  }

  /**
   * Adds an image.
   *
   * @param predicted float32 [height, width], metres, NaN unknown. Not modified.
   * @param truth float32 [height, width], metres; NaN, 0 and negative = unknown. Not modified.
   * @return the image's own error
   */
  public ImageError add(float[] predicted, float[] truth, int width, int height) {
    return add(FloatBuffer.wrap(predicted), width, height, FloatBuffer.wrap(truth), width, height);
  }

  /**
   * Adds an image, scored at the size of its truth; the prediction is taken at the nearest pixel.
   *
   * @param predicted float32 [height, width], from 0, metres, NaN unknown. Not modified.
   * @param truth float32 [truthHeight, truthWidth], from 0, metres; NaN, 0 and negative = unknown.
   *     Not modified.
   * @return the image's own error
   */
  public ImageError add(
      FloatBuffer predicted,
      int width,
      int height,
      FloatBuffer truth,
      int truthWidth,
      int truthHeight) {
    if (predicted.limit() != width * height || truth.limit() != truthWidth * truthHeight) {
      throw new IllegalArgumentException(
          "prediction must have %d values and truth %d, got %d and %d"
              .formatted(
                  width * height, truthWidth * truthHeight, predicted.limit(), truth.limit()));
    }
    double squaredBefore = raw.squared;
    double absoluteBefore = raw.absolute;
    int scored = raw(predicted, width, height, truth, truthWidth, truthHeight);
    images++;
    if (scored == 0) {
      return ImageError.NONE;
    }
    double medianPredicted = median.of(predictedScratch, scored);
    double scale = median.of(trueScratch, scored) / medianPredicted;
    if (medianPredicted > 0) {
      scaledImages++;
      sumLogScale += Math.log(scale);
      sumLogScaleSquared += Math.log(scale) * Math.log(scale);
      aligned.add(predictedScratch, trueScratch, scored, scale, protocol.capMetres());
    } else {
      scale = Double.NaN;
    }
    return new ImageError(
        scored,
        (raw.absolute - absoluteBefore) / scored,
        Math.sqrt((raw.squared - squaredBefore) / scored),
        scale);
  }

  /** Adds what is scored, and keeps it in the scratch arrays. */
  private int raw(
      FloatBuffer predicted,
      int width,
      int height,
      FloatBuffer truth,
      int truthWidth,
      int truthHeight) {
    if (trueScratch.length < truth.limit()) {
      predictedScratch = new float[truth.limit()];
      trueScratch = new float[truth.limit()];
    }
    int[] columns = Sampling.nearestOfEach(truthWidth, width);
    float[] trueRow = new float[truthWidth];
    PredictedRow row = new PredictedRow(predicted, width, protocol.capMetres());
    int scored = 0;
    for (int y = protocol.firstRow(truthHeight); y < protocol.endRow(truthHeight); y++) {
      truth.get(y * truthWidth, trueRow);
      row.read(Sampling.nearest(y, truthHeight, height));
      scored = add(row, columns, trueRow, scored);
    }
    return scored;
  }

  /** Adds a row, behind {@code before} pixels that were scored. */
  private int add(PredictedRow row, int[] columns, float[] truths, int before) {
    int end = protocol.endColumn(truths.length);
    double cap = protocol.capMetres();
    // Locals stay in registers over the loop.
    double absolute = raw.absolute;
    double relative = raw.relative;
    double squared = raw.squared;
    double logSquared = raw.logSquared;
    double signed = raw.signed;
    int scored = before;
    int known = 0;
    int within1 = 0;
    int within2 = 0;
    int within3 = 0;
    for (int x = protocol.firstColumn(truths.length); x < end; x++) {
      float t = truths[x];
      if (!(MetricMap.isKnown(t) && t <= cap)) {
        continue;
      }
      known++;
      int column = columns[x];
      float p = row.values[column];
      if (Float.isNaN(p)) {
        continue;
      }
      predictedScratch[scored] = p;
      trueScratch[scored] = t;
      scored++;
      double truth = t;
      double prediction = least(p, cap);
      double error = prediction - truth;
      signed += error;
      absolute += Math.abs(error);
      relative += Math.abs(error) / truth;
      double clamped = atLeastSmallest(prediction);
      squared += (clamped - truth) * (clamped - truth);
      double log = logarithms.of(truth) - row.log(column);
      logSquared += log * log;
      if (prediction > 0) {
        double ratio = ratio(prediction, truth);
        within1 += ratio < DELTA ? 1 : 0;
        within2 += ratio < DELTA * DELTA ? 1 : 0;
        within3 += ratio < DELTA * DELTA * DELTA ? 1 : 0;
      }
    }
    truePixels += known;
    raw.count += scored - before;
    raw.absolute = absolute;
    raw.relative = relative;
    raw.squared = squared;
    raw.logSquared = logSquared;
    raw.signed = signed;
    raw.within1 += within1;
    raw.within2 += within2;
    raw.within3 += within3;
    return scored;
  }

  /** Errors of the predictions as they are. */
  public Summary summary() {
    return raw.summary();
  }

  /** Errors after each image's prediction was scaled to the median of its truth. */
  public Aligned medianAligned() {
    return aligned.summary();
  }

  /**
   * By how much predictions are to be multiplied to fit the truth: the geometric mean over images
   * of median(truth) / median(prediction). 1 is perfect; NaN when nothing was scored.
   */
  public double scale() {
    return Math.exp(sumLogScale / scaledImages);
  }

  /** Standard deviation of the images' scales, as a factor's natural logarithm. */
  public double scaleSpread() {
    double mean = sumLogScale / scaledImages;
    return Math.sqrt(Math.max(0, sumLogScaleSquared / scaledImages - mean * mean));
  }

  /** How wrong the scale is: |scale - 1|. */
  public double scaleError() {
    return Math.abs(scale() - 1);
  }

  /** Share of the pixels with a true depth that had a prediction; NaN when there were none. */
  public double coverage() {
    return (double) raw.count / truePixels;
  }

  /** Images that were added, with or without a scored pixel. */
  public long images() {
    return images;
  }

  /** Which pixels are scored. */
  public ScoredPixels protocol() {
    return protocol;
  }

  /**
   * Errors pooled over pixels. All NaN when no pixel was scored.
   *
   * @param pixels that were scored
   * @param abs mean |p - t|, metres
   * @param rel mean |p - t| / t
   * @param rmse root of the mean (max(p, 1e-9) - t)², metres
   * @param logRmse root of the mean (ln t - ln max(p, 1e-9))²
   * @param delta1 share of pixels with max(p/t, t/p) &lt; 1.25
   * @param delta2 the same with 1.25²
   * @param delta3 the same with 1.25³
   * @param bias mean p - t, metres
   */
  public record Summary(
      long pixels,
      double abs,
      double rel,
      double rmse,
      double logRmse,
      double delta1,
      double delta2,
      double delta3,
      double bias) {}

  /**
   * Errors that remain without those of scale. All NaN when nothing was scored.
   *
   * @param pixels that were scored
   * @param abs as in {@link Summary}
   * @param rel as in {@link Summary}
   * @param rmse as in {@link Summary}
   * @param delta1 as in {@link Summary}
   */
  public record Aligned(long pixels, double abs, double rel, double rmse, double delta1) {}

  /**
   * The error of one image.
   *
   * @param pixels that were scored
   * @param abs mean |p - t|, metres; NaN without pixels
   * @param rmse metres; NaN without pixels
   * @param scale median(truth) / median(prediction); NaN when there is none
   */
  public record ImageError(long pixels, double abs, double rmse, double scale) {
    static final ImageError NONE = new ImageError(0, Double.NaN, Double.NaN, Double.NaN);
  }

  /**
   * Sums over pixels, each in the order of the pixels, so that a figure is the same to the last bit
   * however the work is shared out.
   */
  private static final class Sums {
    long count;
    double absolute;
    double relative;
    double squared;
    double logSquared;
    double signed;
    long within1;
    long within2;
    long within3;

    Summary summary() {
      double n = count;
      return new Summary(
          count,
          absolute / n,
          relative / n,
          Math.sqrt(squared / n),
          Math.sqrt(logSquared / n),
          within1 / n,
          within2 / n,
          within3 / n,
          signed / n);
    }
  }

  /** The same of the figures that tell of shape. */
  private static final class AlignedSums {
    long count;
    double absolute;
    double relative;
    double squared;
    long within1;

    void add(float[] predictions, float[] truths, int length, double scale, double cap) {
      double absoluteSum = absolute;
      double relativeSum = relative;
      double squaredSum = squared;
      int one = 0;
      for (int i = 0; i < length; i++) {
        double predicted = least(predictions[i] * scale, cap);
        double truth = truths[i];
        double error = Math.abs(predicted - truth);
        absoluteSum += error;
        relativeSum += error / truth;
        double clamped = atLeastSmallest(predicted);
        squaredSum += (clamped - truth) * (clamped - truth);
        one += predicted > 0 && ratio(predicted, truth) < DELTA ? 1 : 0;
      }
      count += length;
      absolute = absoluteSum;
      relative = relativeSum;
      squared = squaredSum;
      within1 += one;
    }

    Aligned summary() {
      double n = count;
      return new Aligned(count, absolute / n, relative / n, Math.sqrt(squared / n), within1 / n);
    }
  }

  /** {@code Math.min}, which takes longer for telling zeros of two signs apart. */
  private static double least(double predicted, double cap) {
    return predicted > cap ? cap : predicted;
  }

  private static double atLeastSmallest(double predicted) {
    return predicted < SMALLEST_METRES ? SMALLEST_METRES : predicted;
  }

  /** The larger of p/t and t/p, both positive: rounding keeps their order, so one is enough. */
  private static double ratio(double predicted, double truth) {
    return predicted > truth ? predicted / truth : truth / predicted;
  }

  /** A row of a prediction, with each logarithm taken once, for all pixels of the truth in it. */
  private static final class PredictedRow {
    final float[] values;
    private final FloatBuffer plane;
    private final double cap;
    private final double[] logs;
    private int at = -1;

    PredictedRow(FloatBuffer plane, int width, double cap) {
      this.plane = plane;
      this.cap = cap;
      values = new float[width];
      logs = new double[width];
    }

    void read(int row) {
      if (row != at) {
        plane.get(row * values.length, values);
        Arrays.fill(logs, Double.NaN);
        at = row;
      }
    }

    double log(int column) {
      double log = logs[column];
      if (Double.isNaN(log)) {
        log = Math.log(atLeastSmallest(least(values[column], cap)));
        logs[column] = log;
      }
      return log;
    }
  }

  /**
   * {@code Math.log}, remembered: most depth is counted in millimetres, so that few values of an
   * image are new. Gives what {@code Math.log} gives.
   */
  private static final class Logarithms {
    private static final int BITS = 13;

    private final double[] values = new double[1 << BITS];
    private final double[] results = new double[1 << BITS];

    Logarithms() {
      Arrays.fill(values, 1); // whose logarithm is the 0 that stands there
    }

    double of(double value) {
      long mixed = Double.doubleToRawLongBits(value) * 0x9E3779B97F4A7C15L;
      int at = (int) (mixed >>> (Long.SIZE - BITS));
      if (values[at] != value) {
        values[at] = value;
        results[at] = Math.log(value);
      }
      return results[at];
    }
  }
}
