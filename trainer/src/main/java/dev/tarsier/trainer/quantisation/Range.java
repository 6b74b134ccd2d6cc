package dev.tarsier.trainer.quantisation;

/**
 * The values that 8 bits have to hold.
 *
 * @param min at most 0
 * @param max at least 0
 */
public record Range(float min, float max) {
  /** Checks that it is finite and widens it to hold 0, which padding and ReLU need exactly. */
  public Range {
    if (!(min <= max && Float.isFinite(min) && Float.isFinite(max))) {
      throw new IllegalArgumentException(
          "a range must be finite and ascending, got %s to %s".formatted(min, max));
    }
    min = Math.min(min, 0);
    max = Math.max(max, 0);
  }
}
