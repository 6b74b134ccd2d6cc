package dev.tarsier.ros.bag;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Where a message lies in a bag, to read it once more without those around it. Valid as long as the
 * bag is open; owned by the bag's thread.
 */
public final class MessagePlace {
  private final BagReader bag;
  private final ChunkInfo chunk;
  private final long offset;
  private final int length;

  MessagePlace(BagReader bag, ChunkInfo chunk, long offset, int length) {
    this.bag = bag;
    this.chunk = chunk;
    this.offset = offset;
    this.length = length;
  }

  /** The bag that it lies in. */
  public Path file() {
    return bag.file();
  }

  /**
   * Reads the message. Chunks that were used last stay in memory, within a bound.
   *
   * @return position 0 to limit, little endian. Valid until another message of the bag is read.
   * @throws BagDamageException when the file changed since
   * @throws IOException when the file cannot be read
   */
  public ByteBuffer read() throws IOException {
    return bag.read(chunk, offset, length);
  }
}
