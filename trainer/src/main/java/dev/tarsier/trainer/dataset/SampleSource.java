package dev.tarsier.trainer.dataset;

import java.util.List;

/**
 * A fixed, ordered set of frames. The same index gives the same sample every time, whatever was
 * asked for before; all methods may be called from any thread.
 */
public interface SampleSource {
  /** How many frames there are. */
  int size();

  /**
   * One frame.
   *
   * @param index 0 to size() − 1
   * @return the frame; its arrays may be shared with the source and must not be modified
   * @throws DataException if it cannot be read; the message names the file
   */
  Sample get(int index);

  /** What to call it in reports, such as {@code nyuv2/train_rest}. */
  String name();

  /**
   * What a person should know of the data before it is used, a sentence each with counts: frames
   * listed twice, labels that match no frame, images that were turned. Empty where all is plain.
   */
  default List<String> remarks() {
    return List.of();
  }

  /**
   * Those of the {@link #remarks} that most likely tell of a mistake, although the frames can be
   * used: labels that match no image, depth that seems to be of another scale.
   */
  default List<String> doubts() {
    return List.of();
  }

  /** A hash of everything that decides what {@link #get} returns, 64 hexadecimal digits. */
  String sha256();
}
