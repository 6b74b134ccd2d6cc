package dev.tarsier.trainer.quantisation;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * How a bundle's network is written in 8-bit integers; a recipe's {@code export.int8}.
 *
 * @param frames of the training data that ranges are found on; 64 when absent
 * @param seed that draws them; 1 when absent
 * @param range how a tensor's range follows from what was seen; {@code mse} when absent
 * @param correctBias whether biases make good what rounding weights shifts; true when absent
 * @param firstFloat whether the first convolutions stay float; true when absent
 * @param keepFloat nodes whose names begin so stay float, such as {@code heads.}; none when absent
 * @param maxMiouLost points of mIoU, 0 to 100, that outputs of classes may lose; 1 when absent
 * @param maxPercentLost percent that other outputs may be worse by, in the figure that they are
 *     judged by; 2 when absent
 */
public record Int8Options(
    Integer frames,
    Long seed,
    RangeRule range,
    Boolean correctBias,
    Boolean firstFloat,
    // Only where something stays: an empty list says nothing.
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> keepFloat,
    Double maxMiouLost,
    Double maxPercentLost) {
  /** What is done where nothing is said. */
  public static final Int8Options DEFAULT =
      new Int8Options(null, null, null, null, null, null, null, null);

  /** Fills in and checks the ranges. */
  public Int8Options {
    frames = frames == null ? 64 : frames;
    seed = seed == null ? 1 : seed;
    range = range == null ? RangeRule.MSE : range;
    correctBias = correctBias == null || correctBias;
    firstFloat = firstFloat == null || firstFloat;
    keepFloat = keepFloat == null ? List.of() : List.copyOf(keepFloat);
    maxMiouLost = maxMiouLost == null ? 1.0 : maxMiouLost;
    maxPercentLost = maxPercentLost == null ? 2.0 : maxPercentLost;
    if (frames < 1 || frames > 10_000) {
      throw new IllegalArgumentException("frames must be 1 to 10000, got " + frames);
    }
    if (!(maxMiouLost >= 0 && maxMiouLost <= 100)) {
      throw new IllegalArgumentException("max_miou_lost must be 0 to 100, got " + maxMiouLost);
    }
    if (!(maxPercentLost >= 0 && maxPercentLost <= 1000)) {
      throw new IllegalArgumentException(
          "max_percent_lost must be 0 to 1000, got " + maxPercentLost);
    }
  }

  Quantiser.Kept kept() {
    return new Quantiser.Kept(firstFloat, keepFloat);
  }
}
