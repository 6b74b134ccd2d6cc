package dev.tarsier.trainer.recipe;

import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.pseudolabel.PseudoLabelSource;
import java.nio.file.Path;

/**
 * Pseudo-labelled frames that are read when the first is asked for: a finished student needs their
 * hash only, not the files.
 */
final class LazyPseudoLabelledFrames implements SampleSource {
  private final String stage;
  private final Path folder;
  private final SampleSource labelled;
  private final SampleSource frames;
  private final String labelsSha256;
  private final boolean hard;
  private PseudoLabelSource opened;

  /**
   * Frames that a stage labelled.
   *
   * @param stage its name
   * @param folder its folder
   * @param labelled what it labelled
   * @param frames the same, as large as they shall be
   * @param labelsSha256 what its labels hashed to
   * @param hard whether the classes that the teacher is sure of are labels
   */
  LazyPseudoLabelledFrames(
      String stage,
      Path folder,
      SampleSource labelled,
      SampleSource frames,
      String labelsSha256,
      boolean hard) {
    this.stage = stage;
    this.folder = folder;
    this.labelled = labelled;
    this.frames = frames;
    this.labelsSha256 = labelsSha256;
    this.hard = hard;
  }

  private synchronized PseudoLabelSource opened() {
    if (opened == null) {
      PseudoLabelSource source;
      try {
        source = PseudoLabelSource.open(folder, labelled, frames, hard);
      } catch (DataException e) {
        throw new DataException(
            "it needs what %s wrote, but %s; delete the folder %s to label anew"
                .formatted(stage, e.getMessage(), folder),
            e);
      }
      if (!source.sha256().equals(sha256())) {
        throw new DataException(
            "it needs what %s wrote, but %s was changed since; delete that folder to label anew"
                .formatted(stage, folder));
      }
      opened = source;
    }
    return opened;
  }

  @Override
  public int size() {
    return frames.size();
  }

  @Override
  public Sample get(int index) {
    return opened().get(index);
  }

  @Override
  public String name() {
    return PseudoLabelSource.name(frames);
  }

  @Override
  public String sha256() {
    return PseudoLabelSource.sha256(frames, labelsSha256, hard);
  }
}
