package dev.tarsier.trainer.quantisation;

/**
 * A convolution's weights and biases in integers, channel by channel of its output: weight =
 * scale[c] · integer; bias = biasScale[c] · integer, biasScale[c] = inputScale · scale[c], so that
 * the sum of products and the bias have one scale (Jacob et al., CVPR 2018, section 2.4). A record
 * of arrays, which nobody changes.
 *
 * @param weights in the order they were in
 * @param scales of the weights, one for each channel
 * @param biases one for each channel; null where there are none
 * @param biasScales one for each channel
 */
record QuantisedWeights(byte[] weights, float[] scales, int[] biases, float[] biasScales) {
  /**
   * Rounds to the nearest, half to even.
   *
   * @param weight channel after channel. Not modified.
   * @param bias null for none. Not modified.
   * @param channels of the output
   * @param inputs channels of the input that each of them sees
   * @param groups of the convolution
   * @param largest magnitude of an integer weight, at most 127
   * @param inputScale of the convolution's input
   * @param largestBias magnitude of an integer bias
   * @param means of the input's channels, by which biases make good what rounding weights shifts on
   *     the average (Nagel et al., Data-Free Quantization Through Weight Equalization and Bias
   *     Correction, ICCV 2019, section 4.2); null for no correction. Not modified.
   */
  static QuantisedWeights of(
      float[] weight,
      float[] bias,
      int channels,
      int inputs,
      int groups,
      int largest,
      float inputScale,
      double largestBias,
      double[] means) {
    int each = weight.length / channels;
    byte[] weights = new byte[weight.length];
    float[] scales = new float[channels];
    int[] biases = bias == null ? null : new int[channels];
    float[] biasScales = new float[channels];
    for (int c = 0; c < channels; c++) {
      double most = 0;
      for (int i = c * each; i < (c + 1) * each; i++) {
        most = Math.max(most, Math.abs(weight[i]));
      }
      double scale = most / largest;
      if (bias != null) {
        // A channel of next to nothing but a bias, as a pruned one is: the bias must fit too.
        scale = Math.max(scale, Math.abs(bias[c]) / (inputScale * largestBias));
      }
      scales[c] = scale >= Float.MIN_NORMAL ? (float) scale : 1;
      biasScales[c] = inputScale * scales[c];
      for (int i = c * each; i < (c + 1) * each; i++) {
        double rounded = Math.rint(weight[i] / (double) scales[c]);
        weights[i] = (byte) Math.max(-largest, Math.min(largest, rounded));
      }
      if (bias != null) {
        double missing = 0;
        if (means != null) {
          int perInput = each / inputs;
          int first = c / (channels / groups) * inputs;
          for (int i = 0; i < each; i++) {
            int at = c * each + i;
            missing +=
                (weight[at] - (double) scales[c] * weights[at]) * means[first + i / perInput];
          }
        }
        biases[c] = (int) Math.rint((bias[c] + missing) / biasScales[c]);
      }
    }
    return new QuantisedWeights(weights, scales, biases, biasScales);
  }
}
