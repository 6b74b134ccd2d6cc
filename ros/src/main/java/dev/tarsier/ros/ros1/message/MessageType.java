package dev.tarsier.ros.ros1.message;

import dev.tarsier.ros.port.MessageFormatException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * What a ROS message is called, the MD5 by which two nodes know that they mean the same, its full
 * definition, and how to read it. Immutable; any thread.
 *
 * @param <T> the Java record of this type
 * @param name such as {@code sensor_msgs/Image}
 * @param md5 32 hexadecimal digits
 * @param definition the full text, with each nested type after a line of 80 {@code =}
 * @param reader reads a body
 */
public record MessageType<T extends RosMessage>(
    String name, String md5, String definition, Reader<T> reader) {

  /**
   * Reads the fields of a message one after the other.
   *
   * @param <T> the Java record
   */
  @FunctionalInterface
  public interface Reader<T> {
    /**
     * @param body little endian. Modified: its position moves behind what was read.
     */
    T read(ByteBuffer body);
  }

  /** Checks the name and the MD5. */
  public MessageType {
    if (!name.matches("[A-Za-z]\\w*/[A-Za-z]\\w*")) {
      throw new IllegalArgumentException("name must be package/Type, got '" + name + "'");
    }
    if (!md5.matches("[0-9a-f]{32}")) {
      throw new IllegalArgumentException(
          name + ": md5 must be 32 hexadecimal digits, got '" + md5 + "'");
    }
    Objects.requireNonNull(definition, "definition");
    Objects.requireNonNull(reader, "reader");
  }

  /**
   * A type whose MD5 is computed from its definition.
   *
   * @param definition must hold every nested type
   */
  public static <T extends RosMessage> MessageType<T> of(
      String name, String definition, Reader<T> reader) {
    return new MessageType<>(name, MessageDefinition.md5(name, definition), definition, reader);
  }

  /**
   * Reads one body, from the buffer's position to its limit.
   *
   * @param body Modified: its order becomes little endian and its position moves to its limit. What
   *     is read may hold views of it (see the record).
   * @throws MessageFormatException when the body is too short, too long or of impossible values
   */
  public T read(ByteBuffer body) {
    int length = body.remaining();
    body.order(ByteOrder.LITTLE_ENDIAN);
    T message;
    try {
      message = reader.read(body);
    } catch (BufferUnderflowException e) {
      throw new MessageFormatException(
          "%s: a body of %d bytes ends inside a field".formatted(name, length));
    } catch (MessageFormatException e) {
      throw new MessageFormatException(name + ": " + e.getMessage());
    }
    if (body.hasRemaining()) {
      throw new MessageFormatException(
          "%s: %d of %d bytes are left behind the last field"
              .formatted(name, body.remaining(), length));
    }
    return message;
  }

  /** Name and MD5; the definition is long. */
  @Override
  public String toString() {
    return name + "[" + md5 + "]";
  }
}
