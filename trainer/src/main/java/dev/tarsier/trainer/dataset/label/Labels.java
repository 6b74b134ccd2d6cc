package dev.tarsier.trainer.dataset.label;

import java.util.List;

/** Labels of frames, as a tool wrote them. Once opened, any thread. */
public interface Labels {
  /** What they were taken for, such as {@code COCO JSON}, for people. */
  String format();

  /**
   * What the files call the frames that somebody labelled: a file name, perhaps with folders, or an
   * address. No two are alike.
   */
  List<String> frames();

  /** What the files call all frames that they name, also those that nobody labelled. */
  default List<String> named() {
    return frames();
  }

  /**
   * The labels of a frame.
   *
   * @param frame place of its name in {@link #frames}
   * @param width of its image, pixels
   * @param height of its image, pixels
   * @return class ids, uint8 [height, width], 255 = no label; owned by the caller
   * @throws dev.tarsier.trainer.dataset.DataException if they are damaged, of another size, or of a
   *     class that is not known; the message names the file
   */
  byte[] read(int frame, int width, int height);

  /** What a person should know of what was opened and read so far, a sentence each with counts. */
  default List<String> remarks() {
    return List.of();
  }
}
