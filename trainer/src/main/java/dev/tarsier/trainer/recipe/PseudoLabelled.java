package dev.tarsier.trainer.recipe;

import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.dataset.DataSet.DepthScale;
import dev.tarsier.trainer.dataset.DataSetOpening;
import dev.tarsier.trainer.dataset.SampleSource;
import java.util.Optional;

/**
 * Frames of {@code pseudo_labels.data} with what the teacher says where they have nothing
 * themselves.
 *
 * @param set which data set of that list, from 1; 0 or absent for all of them, each a data set of
 *     its own here
 * @param hard whether frames without labels get the classes the teacher is sure of; without, they
 *     have its distribution alone, if that is kept; true when absent
 * @param perEpoch frames an epoch takes of each; 0 when absent
 */
public record PseudoLabelled(Integer set, Boolean hard, Integer perEpoch) implements DataSet {
  /** Checks and fills in. */
  public PseudoLabelled {
    set = set == null ? 0 : set;
    hard = hard == null || hard;
    perEpoch = DataSet.count(perEpoch);
    if (set < 0) {
      throw new IllegalArgumentException("set must be >= 1, or 0 for all, got " + set);
    }
  }

  @Override
  public String depthProtocol() {
    return FULL;
  }

  @Override
  public Boolean optional() {
    return false;
  }

  /** What the frames have is said where they are listed. */
  @Override
  public DepthScale depthScale() {
    return DepthScale.NONE;
  }

  @Override
  public Optional<SampleSource> open(DataSetOpening with) {
    throw new IllegalStateException("pseudo-labels are opened by the stage that makes them");
  }

  /** Registers it. */
  public static final class Registered extends Kind {
    /** For the service loader. */
    public Registered() {
      super("pseudo_labels", PseudoLabelled.class);
    }
  }
}
