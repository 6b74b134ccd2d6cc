package dev.tarsier.trainer.onnx;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a network's input is made of pixels by: (pixel × scale − mean) / deviation, channel by
 * channel in the order that the network sees, computed in float32 in that order.
 *
 * @param scale of pixels of 0 to 255, such as 1/255
 * @param mean of each channel
 * @param deviation of each channel; positive
 */
record Normalisation(float scale, List<Float> mean, List<Float> deviation) {
  private static final double[] ZERO = {0, 0, 0};
  private static final double[] ONE = {1, 1, 1};
  private static final double[] HALF = {0.5, 0.5, 0.5};
  private static final double[] IMAGENET_MEAN = {0.485, 0.456, 0.406};
  private static final double[] IMAGENET_DEVIATION = {0.229, 0.224, 0.225};

  /** What many networks share, by the names that options have for it. */
  private static final Map<String, Normalisation> NAMED =
      new TreeMap<>(
          Map.of(
              "imagenet", of("", 1 / 255.0, IMAGENET_MEAN, IMAGENET_DEVIATION),
              "0..1", of("", 1 / 255.0, ZERO, ONE),
              "-1..1", of("", 1 / 255.0, HALF, HALF),
              "0..255", of("", 1, ZERO, ONE)));

  /** Whether it is a factor and nothing besides. */
  boolean isScaleAlone() {
    return mean.stream().allMatch(each -> each == 0)
        && deviation.stream().allMatch(each -> each == 1);
  }

  /** Copies the lists. */
  Normalisation {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
  }

  /**
   * Checks and makes it.
   *
   * @param what says so, for the message
   */
  static Normalisation of(String what, double scale, double[] mean, double[] deviation) {
    boolean sound = scale > 0 && Double.isFinite(scale);
    for (int c = 0; c < 3; c++) {
      sound &= Double.isFinite(mean[c]) && deviation[c] > 0 && Double.isFinite(deviation[c]);
    }
    if (!sound) {
      throw new IllegalArgumentException(
          "%s: scale and standard deviations must be positive, means finite, got %s, %s and %s"
              .formatted(what, scale, list(deviation), list(mean)));
    }
    return new Normalisation((float) scale, list(mean), list(deviation));
  }

  private static List<Float> list(double[] values) {
    return List.of((float) values[0], (float) values[1], (float) values[2]);
  }

  /** Pixels times a number, and no more. */
  static Normalisation scaled(double scale) {
    return of("the scale", scale, ZERO, ONE);
  }

  /** The one of that name. */
  static Optional<Normalisation> named(String name) {
    return Optional.ofNullable(NAMED.get(name.toLowerCase(Locale.ROOT)));
  }

  /** The names. */
  static String names() {
    return String.join(", ", NAMED.keySet());
  }

  /** A pixel of a channel as the network takes it. */
  float of(int channel, int pixel) {
    return (pixel * scale - mean.get(channel)) / deviation.get(channel);
  }

  @Override
  public String toString() {
    return "(pixel × %s − %s) / %s"
        .formatted(scale == (float) (1 / 255.0) ? "1/255" : Float.toString(scale), mean, deviation);
  }
}
