package dev.tarsier.trainer.recipe;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Weights of classes in the loss, from how often they come in the training data. */
final class ClassWeights {
  private ClassWeights() {}

  /**
   * A class's weight is its share of the labelled pixels to the power of {@code −balance}, scaled
   * so that the mean over pixels is 1. A class that never comes has the weight of the rarest.
   *
   * @param pixels of each class, by id. Not modified.
   * @param balance 0 for equal weights, 1 for equal sums
   */
  static List<Float> of(double[] pixels, double balance) {
    if (balance == 0) {
      return Collections.nCopies(pixels.length, 1f);
    }
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
