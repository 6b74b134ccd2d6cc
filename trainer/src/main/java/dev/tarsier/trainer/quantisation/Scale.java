package dev.tarsier.trainer.quantisation;

/**
 * How real numbers are held in bytes without sign: real = scale · (byte − zeroPoint) (Jacob et al.,
 * Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference,
 * CVPR 2018, equation 1).
 *
 * @param scale step between neighbouring numbers, positive
 * @param zeroPoint the byte that is 0 exactly, 0 to 255
 */
record Scale(float scale, int zeroPoint) {
  private static final int LARGEST = 255;

  /** The finest that holds a range. */
  static Scale of(Range range) {
    float scale = (float) (((double) range.max() - range.min()) / LARGEST);
    if (!(scale >= Float.MIN_NORMAL)) {
      return new Scale(1, 0); // all that was seen is 0
    }
    return new Scale(scale, clamp(Math.rint(-range.min() / (double) scale)));
  }

  /** The byte of a number, as ONNX's QuantizeLinear: half to even, then saturated. */
  int quantise(float real) {
    return clamp(Math.rint(real / scale) + zeroPoint);
  }

  /** The number of a byte, as ONNX's DequantizeLinear. */
  float real(int quantised) {
    return scale * (quantised - zeroPoint);
  }

  private static int clamp(double value) {
    return (int) Math.max(0, Math.min(LARGEST, value));
  }
}
