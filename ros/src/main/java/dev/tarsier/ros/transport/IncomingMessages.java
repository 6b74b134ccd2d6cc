package dev.tarsier.ros.transport;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;

/**
 * Reads the messages of one connection, each into the same direct buffer. The buffer grows as bytes
 * come in, never on the word of a length alone. One thread.
 */
final class IncomingMessages {
  /** A message beyond this is taken for a broken or hostile peer. */
  static final int MAX_MESSAGE_BYTES = 256 << 20;

  private static final int FIRST_BYTES = 64 << 10;

  private final ReadableByteChannel channel;
  private final int maxBytes;
  private final ByteBuffer prefix =
      ByteBuffer.allocateDirect(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private ByteBuffer body = direct(FIRST_BYTES);

  IncomingMessages(ReadableByteChannel channel, int maxBytes) {
    this.channel = channel;
    this.maxBytes = maxBytes;
  }

  /**
   * Waits for the next message.
   *
   * @return its body: direct, little endian, position 0. Valid until the next call.
   * @throws EOFException where the peer closed
   * @throws IOException where the connection broke, or the length is beyond the limit
   */
  ByteBuffer next() throws IOException {
    fill(prefix.clear());
    int length = prefix.getInt(0);
    if (length < 0 || length > maxBytes) {
      throw new IOException(
          "a message must have up to %d bytes, got %s"
              .formatted(maxBytes, Integer.toUnsignedString(length)));
    }
    body.clear();
    while (length > body.capacity()) {
      fill(body);
      // an eighth more, so that messages which grow slowly do not allocate each time
      ByteBuffer larger = direct((int) Math.min(length + length / 8L, 2L * body.capacity()));
      body = larger.put(body.flip());
    }
    body.limit(length);
    fill(body);
    return body.position(0);
  }

  int capacity() {
    return body.capacity();
  }

  private void fill(ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new EOFException("the peer closed the connection");
      }
    }
  }

  private static ByteBuffer direct(int capacity) {
    return ByteBuffer.allocateDirect(capacity).order(ByteOrder.LITTLE_ENDIAN);
  }
}
