package dev.tarsier.runtime.accuracy;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Counts how pixels of each true class were predicted, image by image, and gives pixel accuracy and
 * the mean intersection over union in each {@link MiouProtocol}. Owned by one thread.
 *
 * <p>A true id that is no class (such as 255) is ignored. A predicted id that is no class counts as
 * wrong.
 */
public final class ConfusionMatrix {
  private final int classes;

  /** By true class, then by predicted class; the last column holds predictions of no class. */
  private final long[][] counts;

  private final long[] imageTrue;
  private final long[] imagePredicted;
  private final long[] imagePredictedOnVoid;
  private final long[] imageHits;
  private long images;
  private long scoredImages;
  private double sumPerImage;
  private long scoredImagesWithVoid;
  private double sumPerImageVoidInUnion;
  private double sumPixelAccuracy;

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
    this.imageTrue = new long[classes];
    this.imagePredicted = new long[classes];
    this.imagePredictedOnVoid = new long[classes];
    this.imageHits = new long[classes];
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
    clearImage();
    byte[] truthRow = new byte[truthWidth];
    byte[] predictedRow = new byte[width];
    int[] columns = Sampling.nearestOfEach(truthWidth, width);
    long valid = 0;
    long hits = 0;
    for (int row = 0; row < truthHeight; row++) {
      truth.get(row * truthWidth, truthRow);
      predicted.get(Sampling.nearest(row, truthHeight, height) * width, predictedRow);
      for (int column = 0; column < truthWidth; column++) {
        int t = Byte.toUnsignedInt(truthRow[column]);
        int p = Byte.toUnsignedInt(predictedRow[columns[column]]);
        if (t >= classes) {
          if (p < classes) {
            imagePredictedOnVoid[p]++;
          }
          continue;
        }
        valid++;
        imageTrue[t]++;
        if (p < classes) {
          imagePredicted[p]++;
        }
        counts[t][Math.min(p, classes)]++;
        if (p == t) {
          imageHits[t]++;
          hits++;
        }
      }
    }
    images++;
    if (valid > 0) {
      sumPixelAccuracy += (double) hits / valid;
      scoredImages++;
      sumPerImage += imageMean(false);
    }
    double withVoid = imageMean(true);
    if (!Double.isNaN(withVoid)) {
      scoredImagesWithVoid++;
      sumPerImageVoidInUnion += withVoid;
    }
  }

  /** Adds what another matrix of as many classes has counted. Not modified. */
  public void add(ConfusionMatrix other) {
    for (int t = 0; t < classes; t++) {
      for (int p = 0; p <= classes; p++) {
        counts[t][p] += other.counts[t][p];
      }
    }
    images += other.images;
    scoredImages += other.scoredImages;
    sumPerImage += other.sumPerImage;
    scoredImagesWithVoid += other.scoredImagesWithVoid;
    sumPerImageVoidInUnion += other.sumPerImageVoidInUnion;
    sumPixelAccuracy += other.sumPixelAccuracy;
  }

  private void clearImage() {
    Arrays.fill(imageTrue, 0);
    Arrays.fill(imagePredicted, 0);
    Arrays.fill(imagePredictedOnVoid, 0);
    Arrays.fill(imageHits, 0);
  }

  private double imageMean(boolean voidInUnion) {
    double sum = 0;
    int present = 0;
    for (int c = 0; c < classes; c++) {
      long union = imageTrue[c] + imagePredicted[c] - imageHits[c];
      if (voidInUnion) {
        union += imagePredictedOnVoid[c];
      }
      if (union > 0) {
        sum += (double) imageHits[c] / union;
        present++;
      }
    }
    return present == 0 ? Double.NaN : sum / present;
  }

  /**
   * The mean intersection over union.
   *
   * @return 0 to 1; NaN when no pixel was scored
   */
  public double meanIou(MiouProtocol protocol) {
    return switch (protocol) {
      case PER_IMAGE -> sumPerImage / scoredImages;
      case PER_IMAGE_VOID_IN_UNION -> sumPerImageVoidInUnion / scoredImagesWithVoid;
      case DATASET -> datasetMean(false);
      case DATASET_ABSENT_AS_ZERO -> datasetMean(true);
    };
  }

  /** Ours: {@link MiouProtocol#DATASET}. */
  public double meanIou() {
    return meanIou(MiouProtocol.DATASET);
  }

  private double datasetMean(boolean absentAsZero) {
    double sum = 0;
    int present = 0;
    for (double iou : iouPerClass()) {
      if (!Double.isNaN(iou)) {
        sum += iou;
        present++;
      }
    }
    if (present == 0) {
      return Double.NaN;
    }
    return sum / (absentAsZero ? classes : present);
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

  /** Mean over images of the share of pixels that are right (some papers' pixel accuracy). */
  public double pixelAccuracyPerImage() {
    return sumPixelAccuracy / scoredImages;
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
