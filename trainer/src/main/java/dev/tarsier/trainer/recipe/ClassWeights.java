package dev.tarsier.trainer.recipe;

import dev.tarsier.trainer.dataset.Sample;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Weights of classes in the loss, from how often they come in the training data. */
final class ClassWeights {
  private ClassWeights() {}

  /**
   * A class's weight is its share of the labelled pixels to the power of {@code −balance}, scaled
   * so that the mean over pixels is 1. Parts count by the frames that an epoch takes of them. A
   * class that never comes has the weight of the rarest.
   *
   * @param training the data. Not modified.
   * @param classes how many there are
   * @param balance 0 for equal weights, 1 for equal sums
   */
  static List<Float> of(List<OpenedData> training, int classes, double balance) {
    if (balance == 0) {
      return Collections.nCopies(classes, 1f);
    }
    double[] pixels = new double[classes];
    for (OpenedData data : training) {
      int perEpoch = data.said().perEpoch();
      double share = perEpoch == 0 ? 1 : (double) perEpoch / data.source().size();
      for (int i = 0; i < data.source().size(); i++) {
        Sample sample = data.source().get(i);
        if (sample.labels() != null) {
          for (byte label : sample.labels()) {
            int id = label & 0xff;
            if (id < classes) {
              pixels[id] += share;
            }
          }
        }
      }
    }
    return of(pixels, balance);
  }

  /** As above, from the number of pixels of each class. */
  static List<Float> of(double[] pixels, double balance) {
    double sum = 0;
    double rarest = Double.POSITIVE_INFINITY;
    for (double count : pixels) {
      sum += count;
      if (count > 0) {
        rarest = Math.min(rarest, count);
      }
    }
    double mean = 0;
    double[] weights = new double[pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      double share = (pixels[i] > 0 ? pixels[i] : rarest) / sum;
      weights[i] = sum == 0 ? 1 : Math.pow(share, -balance);
      mean += sum == 0 ? 1.0 / pixels.length : weights[i] * pixels[i] / sum;
    }
    List<Float> scaled = new ArrayList<>();
    for (double weight : weights) {
      scaled.add((float) (weight / mean));
    }
    return scaled;
  }
}
