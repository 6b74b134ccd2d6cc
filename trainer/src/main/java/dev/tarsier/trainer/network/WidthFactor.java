package dev.tarsier.trainer.network;

/**
 * What a network's channels are multiplied by.
 *
 * @param factor 0.01 to 4; 1 for the network as it was published
 */
record WidthFactor(double factor) {
  /** Checks it. */
  WidthFactor {
    if (!(factor >= 0.01 && factor <= 4)) {
      throw new IllegalArgumentException("width_factor must be 0.01 to 4, got " + factor);
    }
  }

  /** Channels, one or more. */
  int of(int channels) {
    return Math.max(1, (int) Math.round(channels * factor));
  }
}
