package dev.tarsier.ros.port;

import dev.tarsier.runtime.frame.Frame;
import java.nio.ByteBuffer;

/**
 * One image as a camera sent it, raw or as a file. A view that is used again: valid until the next
 * image of its topic, or until the handler returns that was given it.
 */
public interface CameraImage {
  /** Whether the data are a file, such as a JPEG; size and step are then 0. */
  boolean compressed();

  /** ROS's name of the encoding such as {@code bgr8}; of a file its format, as its driver says. */
  String encoding();

  /** Columns; 0 of a file. */
  int width();

  /** Rows; 0 of a file. */
  int height();

  /** Bytes of a row; 0 of a file. */
  int step();

  /** Whether samples wider than a byte are big endian. */
  boolean bigEndian();

  /** When the image was taken, nanoseconds since the epoch; 0 where that is not known. */
  long stampNanos();

  /** The camera's coordinate frame; may be empty. */
  String frameId();

  /** Bytes of pixels, or of the file. */
  int dataLength();

  /** The first four bytes, the first one highest; 0 where there are fewer. */
  int firstBytes();

  /** The pixels or the file: a new view, little endian, valid as long as this. */
  ByteBuffer data();

  /**
   * Puts the pixels or the file into a frame: with the memory that they came in where that may be
   * taken, or else as a copy. Called once for each image.
   *
   * @param frame leased, and not described yet. Modified: has the data from here on.
   * @param alignment of the first byte in memory that the reader of the data needs: 1 or 2
   * @return the frame's bytes
   * @throws OutOfMemoryError where there is no direct memory for a copy
   */
  ByteBuffer fill(Frame frame, int alignment);
}
