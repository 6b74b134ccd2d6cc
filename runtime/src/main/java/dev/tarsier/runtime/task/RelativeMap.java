package dev.tarsier.runtime.task;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * Which pixels are nearer and which are farther, without a unit: float32 [1, height, width], known
 * up to a scale and a shift that change from image to image. Every finite value says something,
 * zero and negative ones too. No distance can be read from it without other measurements.
 *
 * @param larger what a larger value means: nearer, as in relative inverse depth (disparity), or
 *     farther
 */
public record RelativeMap(Larger larger) implements HeadKind {
  /** As it is called in a bundle. */
  public static final String NAME = "relative_map";

  /** What a larger value means. */
  public enum Larger {
    /** Values go with the inverse of depth. */
    @JsonProperty("nearer")
    NEARER("nearer"),
    /** Values go with depth. */
    @JsonProperty("farther")
    FARTHER("farther");

    private final String word;

    Larger(String word) {
      this.word = word;
    }

    /** As a sentence says it. */
    public String word() {
      return word;
    }
  }

  /** Checks that the direction is said. */
  public RelativeMap {
    if (larger == null) {
      throw new IllegalArgumentException("larger must be nearer or farther, got none");
    }
  }

  /** Whether a value says anything. */
  public static boolean isKnown(float value) {
    return Float.isFinite(value);
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.relativeMap(this);
  }
}
