package dev.tarsier.trainer.network;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.jni.JniUtils;

/**
 * Convolutions that several threads compute wrongly, as oneDNN's did on some processors: the last
 * output channels are off, by as much as they have.
 */
public final class WrongConvolutions {
  private WrongConvolutions() {}

  /**
   * A check that meets them.
   *
   * @param result what of each 1×1 or 3×3 convolution is wrong, as the check names it
   */
  public static ConvolutionCheck check(String result) {
    return new ConvolutionCheck((conv, x, weight, bias) -> convolve(result, conv, x, weight, bias));
  }

  static NDArray convolve(String result, Layer.Conv conv, NDArray x, NDArray weight, NDArray bias) {
    if (JniUtils.getNumThreads() == 1) {
      return GraphModule.convolve(conv, x, weight, bias);
    }
    // Twice the value, or a value that stands still and so has no gradient, of the last channel.
    return switch (result) {
      case "output" -> {
        NDArray right = GraphModule.convolve(conv, x, weight, bias);
        NDArray last = right.get(":, " + (conv.out() - 1) + ":");
        NDArray wrong = last.mul(last.getManager().create(2f));
        NDArray parts = right.get(":, :" + (conv.out() - 1));
        yield conv.out() == 1 ? wrong : parts.concat(wrong, 1);
      }
      case "gradient of the input" ->
          GraphModule.convolve(conv, x.stopGradient(), weight, bias)
              .add(x.sum().mul(x.getManager().create(0f)));
      case "gradient of the weight" ->
          GraphModule.convolve(conv, x, weight.stopGradient(), bias)
              .add(weight.sum().mul(x.getManager().create(0f)));
      case "gradient of the bias" ->
          GraphModule.convolve(conv, x, weight, bias.stopGradient())
              .add(bias.sum().mul(x.getManager().create(0f)));
      default -> throw new IllegalArgumentException(result);
    };
  }
}
