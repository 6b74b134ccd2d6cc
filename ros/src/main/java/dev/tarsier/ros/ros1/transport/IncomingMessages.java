package dev.tarsier.ros.ros1.transport;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/**
 * Reads the messages of one connection, each into the same direct buffer. The buffer grows as bytes
 * come in, never on the word of a length alone, and out of the memory that all connections of the
 * node share. One thread.
 */
final class IncomingMessages implements AutoCloseable {
  /**
   * A message beyond this is taken for a broken or hostile peer; 7680x4320 pixels of 4 bytes fit.
   */
  static final int MAX_MESSAGE_BYTES = 128 << 20;

  private static final int FIRST_BYTES = 64 << 10;

  private final ReadableByteChannel channel;
  private final int maxBytes;
  private final ReceiveMemory memory;
  private final ByteBuffer prefix;
  private ByteBuffer body;

  /**
   * For one connection.
   *
   * @param channel closed where another connection needs the memory that its messages take
   * @param maxBytes of a message
   * @param memory shared by the node's connections
   * @throws IOException where there is no memory left
   */
  IncomingMessages(ReadableByteChannel channel, int maxBytes, ReceiveMemory memory)
      throws IOException {
    this.channel = channel;
    this.maxBytes = maxBytes;
    this.memory = memory;
    this.prefix = ReceiveMemory.direct(Integer.BYTES);
    int first = Math.min(FIRST_BYTES, maxBytes);
    memory.take(channel, first);
    try {
      this.body = ReceiveMemory.direct(first);
    } catch (IOException e) {
      memory.giveBack(channel);
      throw e;
    }
  }

  /**
   * Waits for the next message.
   *
   * @return its body: direct, little endian, position 0. Valid until the next call.
   * @throws EOFException where the peer closed
   * @throws IOException where the connection broke, the length is beyond the limit, or there is no
   *     memory for it
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
      int capacity = (int) Math.min(length + length / 8L, 2L * body.capacity());
      memory.take(channel, (long) body.capacity() + capacity);
      ByteBuffer larger = ReceiveMemory.direct(capacity);
      body = larger.put(body.flip());
      memory.take(channel, capacity);
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

  /** Gives the memory back; the buffer is of no further use. */
  @Override
  public void close() {
    memory.giveBack(channel);
  }
}
