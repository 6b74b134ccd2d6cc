package dev.tarsier.ros.replay;

import dev.tarsier.ros.truth.DepthUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a reader is told of the scale of a metric map: what was measured, and what would explain it.
 */
final class ScaleAdvice {
  /** Beyond it no network is wrong by itself: the unit is. */
  private static final double WRONG_UNIT = 3;

  private static final double SAME = 1.15;

  /**
   * Mean relative error that is left after scaling, beyond which no unit makes it the same scene.
   */
  private static final double OTHER_SCENE = 0.5;

  private ScaleAdvice() {}

  /**
   * @param focalRatio the camera's focal length over the training camera's, at the network's input;
   *     null where one is not known
   * @param camera in words; unused without a ratio
   * @param head id of the head whose scale it is
   * @param measured median(truth) / median(prediction) over all frames; NaN where nothing was
   *     measured
   * @param left mean relative error after scaling by {@code measured}; NaN where it is not known
   * @param unit of the truth; null for depth in metres
   */
  static List<String> of(
      Double focalRatio, String camera, String head, double measured, double left, DepthUnit unit) {
    List<String> advice = new ArrayList<>();
    boolean isMeasured = measured > 0 && Double.isFinite(measured);
    boolean focalExplains =
        focalRatio != null
            && isMeasured
            && apart(measured, focalRatio) < Math.min(SAME, apart(measured, 1));
    boolean unitIsWrong = isMeasured && apart(measured, 1) > WRONG_UNIT && !focalExplains;
    if (unitIsWrong) {
      advice.add(
          left > OTHER_SCENE ? unlike(measured, left, unit) : unit(focalRatio, measured, unit));
    }
    if (focalRatio == null || apart(focalRatio, 1) < 1.05) {
      return advice;
    }
    if (!isMeasured) {
      advice.add(
          "%s %s is not corrected for that, and there is no truth to measure it by."
              .formatted(camera, capitalised(head)));
    } else if (focalExplains) {
      advice.add(
          String.format(
              Locale.ROOT,
              "%1$s That explains the measured %2$s.scale of %3$.2f; judge shape by %2$s.aligned.*.",
              camera,
              head,
              measured));
    } else if (!unitIsWrong) {
      advice.add(
          String.format(
              Locale.ROOT,
              "%s %s is not corrected for that; the measured %s.scale is %.2f all the same.",
              camera,
              capitalised(head),
              head,
              measured));
    }
    return advice;
  }

  private static String unit(Double focalRatio, double measured, DepthUnit unit) {
    double present = unit == null ? 1 : unit.metres();
    // what the focal length explains is no fault of the unit
    double ratio = focalRatio == null ? measured : measured / focalRatio;
    ratio = apart(ratio, 1) > WRONG_UNIT ? ratio : measured;
    double fitting = DepthUnit.fitting(present, ratio);
    String words =
        DepthUnit.isUnit(fitting)
            ? "; %1$s m would fit: --depth-unit %1$s".formatted(DepthUnit.text(fitting))
            : "";
    List<String> near =
        DepthUnit.alsoNear(present, ratio, fitting).stream().map(DepthUnit::text).toList();
    if (!words.isEmpty() && !near.isEmpty()) {
      words +=
          " (%s m %s in use too and near; the camera's manual tells which)"
              .formatted(String.join(" and ", near), near.size() == 1 ? "is" : "are");
    }
    return "Truth is %s times the prediction (median), which no model is wrong by: its unit looks wrong. It was read with %s m%s."
        .formatted(Gate.number(measured, 3), DepthUnit.text(present), words);
  }

  /** Where scaling does not bring the two together, a unit would not either. */
  private static String unlike(double measured, double left, DepthUnit unit) {
    return "Truth is %s times the prediction (median), and after scaling they still differ by %d %% in the mean, so no unit would mend it%s."
        .formatted(
            Gate.number(measured, 3),
            Math.round(100 * left),
            unit == null
                ? ": they do not show the same"
                : ": either they do not show the same, or the two bytes of each value are swapped (is_bigendian is wrong)");
  }

  static String capitalised(String word) {
    return Character.toUpperCase(word.charAt(0)) + word.substring(1);
  }

  private static double apart(double a, double b) {
    return Math.max(a / b, b / a);
  }
}
