package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.ros1.message.MessageBody;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/**
 * Reads the messages of one connection, each into the same direct buffer, unless somebody takes the
 * buffer for another. It grows as bytes come in, never on the word of a length alone (but for one
 * that has been reached before), and out of the memory that all connections of the node share. One
 * thread.
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
  private final MessageBody body;

  /** What the connection was said to hold. */
  private long heldBytes;

  /** The longest message so far that came whole. */
  private int longest;

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
    this.longest = Math.min(FIRST_BYTES, maxBytes);
    hold(longest);
    try {
      this.body = new MessageBody(memory.buffer(longest));
    } catch (IOException e) {
      memory.giveBack(channel);
      throw e;
    }
  }

  /**
   * Waits for the next message.
   *
   * @return its body, valid until the next call
   * @throws EOFException where the peer closed
   * @throws IOException where the connection broke, the length is beyond the limit, or there is no
   *     memory for it
   */
  MessageBody next() throws IOException {
    fill(prefix.clear());
    int length = prefix.getInt(0);
    if (length < 0 || length > maxBytes) {
      throw new IOException(
          "a message must have up to %d bytes, got %s"
              .formatted(maxBytes, Integer.toUnsignedString(length)));
    }
    ByteBuffer bytes = body.bytes().clear();
    hold(bytes.capacity()); // whoever took a message may have given other memory for it
    while (length > bytes.capacity()) {
      fill(bytes);
      // an eighth more, so that messages which grow slowly do not allocate each time
      int capacity = (int) Math.min(length + length / 8L, Math.max(longest, 2L * bytes.capacity()));
      hold((long) bytes.capacity() + capacity);
      ByteBuffer smaller = bytes;
      bytes = memory.buffer(capacity).put(smaller.flip());
      body.exchange(bytes);
      memory.giveBack(smaller);
      hold(bytes.capacity());
    }
    bytes.limit(length);
    fill(bytes);
    bytes.position(0);
    longest = Math.max(longest, length);
    return body;
  }

  int capacity() {
    return body.bytes().capacity();
  }

  private void hold(long bytes) throws IOException {
    if (bytes != heldBytes) {
      memory.take(channel, bytes);
      heldBytes = bytes;
    }
  }

  private void fill(ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new EOFException("the peer closed the connection");
      }
    }
  }

  /** Gives the memory back; what {@link #next} returned is of no further use. */
  @Override
  public void close() {
    memory.giveBack(channel);
    memory.giveBack(body.bytes());
  }
}
