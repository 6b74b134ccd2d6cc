package dev.tarsier.ros.ros1.message;

import java.nio.ByteBuffer;

/**
 * The memory in which a connection receives its messages, each in turn. Whoever is to keep a
 * message takes the memory itself and gives other memory for it, so that large messages need not be
 * copied. One thread.
 */
public final class MessageBody {
  private ByteBuffer bytes;

  /**
   * Over memory to receive in.
   *
   * @param bytes direct, little endian
   */
  public MessageBody(ByteBuffer bytes) {
    this.bytes = bytes;
  }

  /**
   * The message without its length prefix: direct, little endian, position 0, limit = length. Valid
   * until the handler that was given it returns.
   */
  public ByteBuffer bytes() {
    return bytes;
  }

  /**
   * Takes the memory with the message in it.
   *
   * @param other direct, little endian, of any capacity: the connection's from here on
   * @return what {@link #bytes} gave; the caller's from here on
   */
  public ByteBuffer exchange(ByteBuffer other) {
    ByteBuffer taken = bytes;
    bytes = other;
    return taken;
  }
}
