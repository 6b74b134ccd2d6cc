package dev.tarsier.ros.frames;

import dev.tarsier.ros.truth.TopicMessages.Message;
import java.nio.file.Path;
import java.util.Locale;

/**
 * An image of a recording and what belongs to it.
 *
 * @param nanos since the epoch: its stamp, or when it was recorded where stamps tell nothing
 * @param image where it lies
 * @param depth where its depth lies; null for none
 * @param labels where its class ids lie; null for none
 */
record RecordedFrame(long nanos, Message image, Message depth, Message labels) {
  /** What its files are called, without extension. */
  String name() {
    return String.format(Locale.ROOT, "%019d", nanos); // in the order of time by name too
  }

  /** The bag that it lies in. */
  Path bag() {
    return image.place().file();
  }

  boolean hasDepth() {
    return depth != null;
  }
}
