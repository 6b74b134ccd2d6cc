package dev.tarsier.runtime.accuracy;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Counts how pixels of each true class were predicted, and gives pixel accuracy and the mean
 * intersection over union: one matrix over the data set, ignored pixels removed. Owned by one
 * thread.
 *
 * <p>A true id that is no class (such as 255) is ignored. A predicted id that is no class counts as
 * wrong.
 */
public final class ConfusionMatrix {
  /** The definition's name in reports. */
  public static final String PROTOCOL = "dataset";

  private final int classes;

  /** By true class, then by predicted class; the last column holds predictions of no class. */
  private final long[][] counts;

  private long images;

  /**
   * An empty matrix.
   *
   * @param classes how many; ids are 0 to {@code classes - 1}
   */
  public ConfusionMatrix(int classes) {
    if (classes < 1 || classes > 255) {
      throw new IllegalArgumentException("classes must be 1 to 255, got " + classes);
    }
    this.classes = classes;
    this.counts = new long[classes][classes + 1];
  }

  /**
   * Adds an image.
   *
   * @param truth class ids uint8 [h,w], 255 or any other id that is no class = ignored. Not
   *     modified.
   * @param predicted class ids uint8 [h,w]. Not modified.
   */
  public void add(byte[] truth, byte[] predicted) {
    add(ByteBuffer.wrap(truth), truth.length, 1, ByteBuffer.wrap(predicted), truth.length, 1);
  }

  /**
   * Adds an image, scored at the size of its truth; the prediction is taken at the nearest pixel.
   *
   * @param truth class ids uint8 [truthHeight, truthWidth], from 0; any id that is no class =
   *     ignored. Not modified.
   * @param predicted class ids uint8 [height, width], from 0. Not modified.
   */
  public void add(
      ByteBuffer truth,
      int truthWidth,
      int truthHeight,
      ByteBuffer predicted,
      int width,
      int height) {
    if (truth.limit() != truthWidth * truthHeight || predicted.limit() != width * height) {
      throw new IllegalArgumentException(
          "truth must have %d pixels and prediction %d, got %d and %d"
              .formatted(
                  truthWidth * truthHeight, width * height, truth.limit(), predicted.limit()));
    }
    for (int row = 0; row < truthHeight; row++) {
      int from = Sampling.nearest(row, truthHeight, height) * width;
      for (int column = 0; column < truthWidth; column++) {
        int t = Byte.toUnsignedInt(truth.get(row * truthWidth + column));
        int p =
            Byte.toUnsignedInt(predicted.get(from + Sampling.nearest(column, truthWidth, width)));
        if (t < classes) {
          counts[t][Math.min(p, classes)]++;
        }
      }
    }
    images++;
  }

  /** Adds what another matrix of as many classes has counted. Not modified. */
  public void add(ConfusionMatrix other) {
    for (int t = 0; t < classes; t++) {
      for (int p = 0; p <= classes; p++) {
        counts[t][p] += other.counts[t][p];
      }
    }
    images += other.images;
  }

  /**
   * The mean intersection over union, over the classes that are in the truth or in the prediction.
   *
   * @return 0 to 1; NaN when no pixel was scored
   */
  public double meanIou() {
    double sum = 0;
    int present = 0;
    for (double iou : iouPerClass()) {
      if (!Double.isNaN(iou)) {
        sum += iou;
        present++;
      }
    }
    return present == 0 ? Double.NaN : sum / present;
  }

  /** Intersection over union of each class over the data set; NaN for a class in neither. */
  public double[] iouPerClass() {
    double[] iou = new double[classes];
    for (int c = 0; c < classes; c++) {
      long truth = Arrays.stream(counts[c]).sum();
      long predicted = 0;
      for (int t = 0; t < classes; t++) {
        predicted += counts[t][c];
      }
      long union = truth + predicted - counts[c][c];
      iou[c] = union == 0 ? Double.NaN : (double) counts[c][c] / union;
    }
    return iou;
  }

  /** Share of scored pixels that are right, pooled over the data set; NaN when none was scored. */
  public double pixelAccuracy() {
    long hits = 0;
    for (int c = 0; c < classes; c++) {
      hits += counts[c][c];
    }
    return (double) hits / scoredPixels();
  }

  /** How many pixels of a true class were predicted as another. */
  public long count(int truth, int predicted) {
    return counts[truth][predicted];
  }

  /** Pixels of a true class. */
  public long scoredPixels() {
    long sum = 0;
    for (long[] row : counts) {
      sum += Arrays.stream(row).sum();
    }
    return sum;
  }

  /** Images that were added. */
  public long images() {
    return images;
  }

  /** How many classes there are. */
  public int classes() {
    return classes;
  }
}
