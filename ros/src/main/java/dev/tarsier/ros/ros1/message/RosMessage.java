package dev.tarsier.ros.ros1.message;

import java.nio.ByteBuffer;

/** A message that can be written as ROS 1 does. Implementations are records of this package. */
public interface RosMessage {
  /** Name, MD5 and definition of this message. */
  MessageType<?> type();

  /** Bytes that {@link #writeTo} writes. */
  int serializedLength();

  /**
   * Writes the body, without a length before it.
   *
   * @param out must have {@link #serializedLength} bytes remaining. Modified: its order becomes
   *     little endian and its position moves behind the body.
   */
  void writeTo(ByteBuffer out);

  /** The body in a new heap buffer, ready to be read. */
  default ByteBuffer toBody() {
    ByteBuffer body = ByteBuffer.allocate(serializedLength());
    writeTo(body);
    return body.flip();
  }
}
