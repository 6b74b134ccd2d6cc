package dev.tarsier.trainer.dataset.depth;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * How files of depth are to be understood, a section of a recipe. What is absent follows from the
 * file: numbers of floating point are metres, whole numbers are millimetres.
 *
 * <p>0, negative values, infinity and NaN are unknown always, and so is what a TIFF file's own
 * nodata tag names.
 *
 * @param unit what a count is; null where the file's kind of number says it
 * @param unknown further values, as stored, that stand for unknown; null for 65535 in files of 16
 *     bits
 * @param disparity how disparity becomes depth; null where depth is stored
 * @param key which array of an NPZ file or channel of an EXR file; null for the one there is
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DepthRules(
    StoredUnit unit,
    @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) List<Double> unknown,
    Disparity disparity,
    String key) {
  /** What the files say by themselves. */
  public static final DepthRules USUAL = new DepthRules(null, null, null, null);

  /** Checks what goes together. */
  public DepthRules {
    if (unit != null && disparity != null) {
      throw new IllegalArgumentException(
          "unit and disparity do not go together: disparity is in pixels; leave unit out");
    }
    unknown = unknown == null ? null : List.copyOf(unknown);
  }

  /** Depth in a unit. */
  public static DepthRules in(StoredUnit unit) {
    return new DepthRules(unit, null, null, null);
  }

  /** The same, of a unit where neither it nor disparity is said. */
  public DepthRules orIn(StoredUnit usual) {
    return unit == null && disparity == null ? new DepthRules(usual, unknown, null, key) : this;
  }

  /**
   * Depth from disparity: metres = baseline · focal length / pixels, where pixels = (stored −
   * offset) · scale.
   *
   * @param baseline between the two cameras, metres
   * @param focalLength of the disparity's image, in its own pixels
   * @param offset 0 when absent
   * @param scale pixels to a count; 1 when absent
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Disparity(Double baseline, Double focalLength, Double offset, Double scale) {
    /** Checks what depth cannot be computed without. */
    public Disparity {
      require("baseline", baseline, "metres between the two cameras");
      require("focal_length", focalLength, "pixels of the image that the disparity was found in");
      if (offset != null && !Double.isFinite(offset)) {
        throw new IllegalArgumentException("disparity's offset must be a number, got " + offset);
      }
      if (scale != null && !(scale > 0 && scale < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException("disparity's scale must be above 0, got " + scale);
      }
    }

    private static void require(String key, Double value, String what) {
      if (value == null || !(value > 0 && value < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "disparity becomes depth by baseline and focal_length: %s must be above 0 (%s), got %s"
                .formatted(key, what, value == null ? "none" : value));
      }
    }

    /** Metres of a stored value; not above 0 or infinite where unknown. */
    double metres(double stored) {
      double pixels = (stored - (offset == null ? 0 : offset)) * (scale == null ? 1 : scale);
      return baseline * focalLength / pixels;
    }
  }

  /** Whether a stored value stands for unknown, whatever it would be in metres. */
  boolean isUnknown(double stored, StoredDepth of) {
    if (!(stored > 0 && stored < Double.POSITIVE_INFINITY) || stored == of.nodata()) {
      return true;
    }
    if (unknown == null) {
      return of.isWide16() && stored == 0xffff;
    }
    for (double value : unknown) {
      // a float32 cannot hold each decimal number that a recipe can
      if (stored == value || (!of.whole() && (float) stored == (float) value)) {
        return true;
      }
    }
    return false;
  }
}
