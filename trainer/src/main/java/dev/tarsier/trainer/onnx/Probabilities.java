package dev.tarsier.trainer.onnx;

import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Plane;
import java.util.Map;

/** How probable a network that tells classes apart holds each of them, pixel by pixel. */
final class Probabilities {
  /** Rounding may leave a sum of probabilities this far from where it belongs. */
  private static final float SLACK = 1e-3f;

  private Probabilities() {}

  /**
   * Whether scores have been through a softmax or sigmoid already: all are 0 to 1. Logits are not,
   * at thousands of pixels.
   *
   * @param scores of a whole picture. Not modified.
   */
  static boolean areThey(float[] scores) {
    for (float each : scores) {
      if (!(each >= -SLACK && each <= 1 + SLACK)) {
        return false;
      }
    }
    return true;
  }

  /**
   * The probabilities in an output. Logits go through a softmax; what has been through one is taken
   * as it is; of sigmoids, which may name several classes or none, all are divided by their sum
   * where that is above 1, and what is missing from 1 is the share of none of them. Ids are
   * certain.
   *
   * @param decoding of classes
   * @param outputs by name. Not modified.
   * @param logits whether scores are logits
   * @return float32 [C, height, width] by the class's place in the head; the sum at a pixel is 1 or
   *     less
   */
  static float[] of(
      Decoding decoding, Map<String, Values> outputs, boolean logits, int height, int width) {
    if (decoding instanceof Decoding.Scores scores) {
      float[] values =
          Bilinear.resize(outputs.get(scores.tensor()).asFloats(), scores.shape(), height, width);
      if (logits) {
        softmax(values, scores.shape().channels());
      } else {
        limit(values, scores.shape().channels());
      }
      return values;
    }
    int area = height * width;
    if (decoding instanceof Decoding.Mask mask) {
      float[] values =
          Bilinear.resize(outputs.get(mask.tensor()).asFloats(), mask.shape(), height, width);
      float[] both = new float[2 * area];
      for (int i = 0; i < area; i++) {
        double p =
            mask.logits() ? 1 / (1 + Math.exp(-values[i])) : Math.max(0, Math.min(1, values[i]));
        both[i] = (float) (1 - p);
        both[area + i] = (float) p;
      }
      return both;
    }
    Plane ids = decoding.decode(outputs, height, width);
    float[] certain = new float[((ClassMap) decoding.kind()).idLimit() * area];
    for (int i = 0; i < area; i++) {
      certain[Byte.toUnsignedInt(ids.ids().get(i)) * area + i] = 1;
    }
    return certain;
  }

  private static void softmax(float[] values, int channels) {
    int area = values.length / channels;
    for (int i = 0; i < area; i++) {
      float most = Float.NEGATIVE_INFINITY;
      for (int at = i; at < values.length; at += area) {
        most = Math.max(most, values[at]);
      }
      double sum = 0;
      for (int at = i; at < values.length; at += area) {
        double e = Math.exp(values[at] - most);
        values[at] = (float) e;
        sum += e;
      }
      for (int at = i; at < values.length; at += area) {
        values[at] = (float) (values[at] / sum);
      }
    }
  }

  private static void limit(float[] values, int channels) {
    int area = values.length / channels;
    for (int i = 0; i < area; i++) {
      double sum = 0;
      for (int at = i; at < values.length; at += area) {
        values[at] = Math.max(0, values[at]);
        sum += values[at];
      }
      for (int at = i; sum > 1 && at < values.length; at += area) {
        values[at] = (float) (values[at] / sum);
      }
    }
  }
}
