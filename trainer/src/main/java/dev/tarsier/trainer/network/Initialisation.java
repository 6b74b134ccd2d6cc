package dev.tarsier.trainer.network;

/** What the weights of fresh convolutions are: normally distributed around 0; biases are 0. */
public enum Initialisation {
  /**
   * He's over the outputs (torchvision's for MobileNetV2), but 0.01 where there is a bias: where
   * only layers that give the outputs have one, they start near it, that is near 0.
   */
  NEAR_BIAS {
    @Override
    double deviation(Layer.Conv conv) {
      double fanOut = (double) conv.out() * conv.kernel() * conv.kernel() / conv.groups();
      return conv.bias() ? 0.01 : Math.sqrt(2 / fanOut);
    }
  },
  /** He's over the inputs (<i>Delving Deep into Rectifiers</i>, ICCV 2015). */
  HE {
    @Override
    double deviation(Layer.Conv conv) {
      return Math.sqrt(2 / fanIn(conv));
    }
  },
  /** Xavier's (Glorot and Bengio, AISTATS 2010): over inputs and outputs. */
  XAVIER {
    @Override
    double deviation(Layer.Conv conv) {
      double fanOut = (double) conv.out() * conv.kernel() * conv.kernel();
      return Math.sqrt(2 / (fanIn(conv) + fanOut));
    }
  };

  /** The standard deviation of a convolution's weights. */
  abstract double deviation(Layer.Conv conv);

  private static double fanIn(Layer.Conv conv) {
    return (double) conv.in() * conv.kernel() * conv.kernel() / conv.groups();
  }
}
