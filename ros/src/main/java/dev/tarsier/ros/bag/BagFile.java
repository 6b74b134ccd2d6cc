package dev.tarsier.ros.bag;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The bytes of a bag, by position, and a window on them for the records at its top level. Reads are
 * copies, not a mapping: a file that shrinks while it is mapped would bring the JVM down. The
 * window has one owner thread.
 */
final class BagFile implements AutoCloseable {
  /** A chunk's header needs little, and reading more of each chunk twice halves the speed. */
  private static final int WINDOW = 8 * 1024;

  private final Path path;
  private final FileChannel channel;
  private final long length;
  private ByteBuffer window = ByteBuffer.allocateDirect(WINDOW).order(ByteOrder.LITTLE_ENDIAN);
  private long windowStart;
  private int windowLength;

  BagFile(Path path) throws IOException {
    this.path = path;
    this.channel = FileChannel.open(path, StandardOpenOption.READ);
    this.length = channel.size();
  }

  Path path() {
    return path;
  }

  /** Bytes when it was opened. */
  long length() {
    return length;
  }

  /** Fills what remains of a buffer from a position of the file. */
  void read(ByteBuffer out, long position) throws IOException {
    long at = position;
    while (out.hasRemaining()) {
      int count = channel.read(out, at);
      if (count < 0) {
        throw new EOFException(path + " became shorter while it was read");
      }
      at += count;
    }
  }

  /**
   * Makes bytes of the file available in {@link #window}.
   *
   * @param count must lie within the file
   * @return absolute position of the first one in the window
   */
  int index(long position, int count) throws IOException {
    if (position < windowStart || position + count > windowStart + windowLength) {
      if (count > window.capacity()) {
        window = ByteBuffer.allocateDirect(count).order(ByteOrder.LITTLE_ENDIAN);
      }
      windowLength = 0;
      window.clear().limit((int) Math.min(window.capacity(), length - position));
      int filled = window.limit();
      read(window, position);
      window.clear();
      windowStart = position;
      windowLength = filled;
    }
    return (int) (position - windowStart);
  }

  /** Little endian; valid until the next {@link #index}. */
  ByteBuffer window() {
    return window;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
