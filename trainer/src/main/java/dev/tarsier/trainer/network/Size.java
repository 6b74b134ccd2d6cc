package dev.tarsier.trainer.network;

/**
 * Height and width of a feature map in pixels.
 *
 * @param height rows, at least 1
 * @param width columns, at least 1
 */
public record Size(int height, int width) {
  /** Checks that both are positive. */
  public Size {
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "a feature map must be at least 1x1, got height %d, width %d".formatted(height, width));
    }
  }

  @Override
  public String toString() {
    return height + "x" + width;
  }
}
