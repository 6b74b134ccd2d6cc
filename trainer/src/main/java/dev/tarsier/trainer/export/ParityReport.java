package dev.tarsier.trainer.export;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * How well the exported model agrees with the network it was made from, on the same frames: DJL's
 * PyTorch, which sees the frames one by one and then as many at once as in its training, against
 * the ONNX Runtime session a robot uses. The two ways must give the same, but PyTorch computes them
 * with different code.
 *
 * @param frames how many were compared
 * @param batch images at once, besides one by one; 1 for nothing besides
 * @param pixels of all comparisons together
 * @param agreeingPixels whose class is the same; equal to {@code pixels} without a class head
 * @param depthMaxErrorMetres largest absolute difference of depth; NaN where the model gave a depth
 *     that is no number; 0 without a depth head
 */
public record ParityReport(
    int frames, int batch, long pixels, long agreeingPixels, double depthMaxErrorMetres) {
  /** Classes must agree on this share of all pixels. */
  public static final double MIN_CLASS_AGREEMENT = 0.999;

  /** Depth may differ by this much anywhere. */
  public static final double MAX_DEPTH_ERROR_METRES = 1e-3;

  /** Checks that something was compared. */
  public ParityReport {
    if (batch < 1) {
      throw new IllegalArgumentException("batch must be >= 1, got " + batch);
    }
    if (frames < 1 || pixels < 1 || agreeingPixels < 0 || agreeingPixels > pixels) {
      throw new IllegalArgumentException(
          "parity must be of one frame or more, got %d frames, %d of %d pixels"
              .formatted(frames, agreeingPixels, pixels));
    }
  }

  /** Share of pixels whose class is the same, 0 to 1. */
  public double classAgreement() {
    return (double) agreeingPixels / pixels;
  }

  /** Whether both limits are kept. */
  public boolean passes() {
    return classAgreement() >= MIN_CLASS_AGREEMENT && depthMaxErrorMetres <= MAX_DEPTH_ERROR_METRES;
  }

  /** The figures by name, for a model file. */
  public Map<String, Double> values() {
    Map<String, Double> values = new TreeMap<>();
    values.put("frames", (double) frames);
    values.put("class_agreement", classAgreement());
    values.put("depth_max_abs_m", depthMaxErrorMetres);
    return values;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%d frames%s: classes agree on %.4f %% of pixels (at least %.1f), depth differs by at most"
            + " %.2g m (at most %.0e)",
        frames,
        batch == 1 ? "" : ", one by one and %d at once".formatted(batch),
        100 * classAgreement(),
        100 * MIN_CLASS_AGREEMENT,
        depthMaxErrorMetres,
        MAX_DEPTH_ERROR_METRES);
  }
}
