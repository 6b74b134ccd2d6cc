package dev.tarsier.runtime.accuracy;

import dev.tarsier.runtime.task.MetricMap;
import java.nio.FloatBuffer;

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

  private final ScoredPixels protocol;
  private final Sums raw = new Sums();
  private final Sums aligned = new Sums();
  private float[] predictedScratch = new float[0];
  private float[] trueScratch = new float[0];
  private float[] medianScratch = new float[0];
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
    int scored = gather(predicted, width, height, truth, truthWidth, truthHeight);
    images++;
    if (scored == 0) {
      return ImageError.NONE;
    }
    double squaredBefore = raw.squared;
    double absoluteBefore = raw.absolute;
    for (int i = 0; i < scored; i++) {
      raw.add(clamp(predictedScratch[i]), trueScratch[i]);
    }
    double medianPredicted = median(predictedScratch, scored);
    double scale = median(trueScratch, scored) / medianPredicted;
    if (medianPredicted > 0) {
      scaledImages++;
      sumLogScale += Math.log(scale);
      sumLogScaleSquared += Math.log(scale) * Math.log(scale);
      for (int i = 0; i < scored; i++) {
        aligned.add(clamp(predictedScratch[i] * scale), trueScratch[i]);
      }
    } else {
      scale = Double.NaN;
    }
    return new ImageError(
        scored,
        (raw.absolute - absoluteBefore) / scored,
        Math.sqrt((raw.squared - squaredBefore) / scored),
        scale);
  }

  private double clamp(double predicted) {
    return Math.min(predicted, protocol.capMetres());
  }

  private int gather(
      FloatBuffer predicted,
      int width,
      int height,
      FloatBuffer truth,
      int truthWidth,
      int truthHeight) {
    if (trueScratch.length < truth.limit()) {
      predictedScratch = new float[truth.limit()];
      trueScratch = new float[truth.limit()];
      medianScratch = new float[truth.limit()];
    }
    int scored = 0;
    for (int row = protocol.firstRow(truthHeight); row < protocol.endRow(truthHeight); row++) {
      int from = Sampling.nearest(row, truthHeight, height) * width;
      int end = protocol.endColumn(truthWidth);
      for (int column = protocol.firstColumn(truthWidth); column < end; column++) {
        float t = truth.get(row * truthWidth + column);
        if (!(MetricMap.isKnown(t) && t <= protocol.capMetres())) {
          continue;
        }
        truePixels++;
        float p = predicted.get(from + Sampling.nearest(column, truthWidth, width));
        if (Float.isNaN(p)) {
          continue;
        }
        predictedScratch[scored] = p;
        trueScratch[scored] = t;
        scored++;
      }
    }
    return scored;
  }

  /** The middle value; the mean of the two middle ones when there are two. */
  private double median(float[] values, int length) {
    System.arraycopy(values, 0, medianScratch, 0, length);
    int middle = length / 2;
    float upper = select(medianScratch, length, middle);
    if (length % 2 == 1) {
      return upper;
    }
    float lower = medianScratch[0];
    for (int i = 1; i < middle; i++) {
      lower = Math.max(lower, medianScratch[i]);
    }
    return 0.5 * ((double) lower + upper);
  }

  /**
   * The value that sorting would put at {@code index}, in linear time: Hoare's FIND (CACM 4(7),
   * 1961, algorithm 65), with the median of three as pivot.
   *
   * @param values without NaN. Modified: none before {@code index} is larger than it.
   */
  private static float select(float[] values, int length, int index) {
    int first = 0;
    int last = length - 1;
    while (first < last) {
      float pivot = middle(values[first], values[(first + last) >>> 1], values[last]);
      int up = first;
      int down = last;
      while (up <= down) {
        while (values[up] < pivot) {
          up++;
        }
        while (values[down] > pivot) {
          down--;
        }
        if (up <= down) {
          float swapped = values[up];
          values[up++] = values[down];
          values[down--] = swapped;
        }
      }
      if (index <= down) {
        last = down;
      } else if (index >= up) {
        first = up;
      } else {
        break;
      }
    }
    return values[index];
  }

  private static float middle(float a, float b, float c) {
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }

  /** Errors of the predictions as they are. */
  public Summary summary() {
    return raw.summary();
  }

  /** Errors after each image's prediction was scaled to the median of its truth. */
  public Summary medianAligned() {
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

  private static final class Sums {
    private static final double DELTA = 1.25;

    long count;
    double absolute;
    double relative;
    double squared;
    double logSquared;
    double signed;
    long within1;
    long within2;
    long within3;

    void add(double predicted, double truth) {
      double error = predicted - truth;
      count++;
      signed += error;
      absolute += Math.abs(error);
      relative += Math.abs(error) / truth;
      double clamped = Math.max(predicted, SMALLEST_METRES);
      squared += (clamped - truth) * (clamped - truth);
      double log = Math.log(truth) - Math.log(clamped);
      logSquared += log * log;
      if (predicted > 0) {
        double ratio = Math.max(predicted / truth, truth / predicted);
        within1 += ratio < DELTA ? 1 : 0;
        within2 += ratio < DELTA * DELTA ? 1 : 0;
        within3 += ratio < DELTA * DELTA * DELTA ? 1 : 0;
      }
    }

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
}
