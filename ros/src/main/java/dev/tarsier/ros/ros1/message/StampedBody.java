package dev.tarsier.ros.ros1.message;

import dev.tarsier.ros.port.CameraImage;
import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.runtime.frame.Frame;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Looks into the body of a message that begins with a header and holds an array of bytes, without
 * copying it or allocating anything. Reused for each message of a topic; one owner thread. What it
 * says is valid until it looks at the next one or until the body's buffer is used again.
 *
 * <p>Walks over the body by absolute positions, and checks each step against its limit.
 */
public abstract sealed class StampedBody implements CameraImage
    permits ImageView, CompressedImageView {
  private final String type;
  private final InternedText frame = new InternedText();
  private ByteBuffer body = ByteBuffer.allocate(0);

  /** Whose body it is; null where it is not a connection's. */
  private MessageBody owner;

  private int at;
  private int sequence;
  private long stampNanos;
  private String frameId = "";
  private int dataOffset;
  private int dataLength;

  StampedBody(String type) {
    this.type = type;
  }

  /** The header's counter, uint32. */
  public final int sequence() {
    return sequence;
  }

  /** When the image was acquired, nanoseconds since the epoch. */
  @Override
  public final long stampNanos() {
    return stampNanos;
  }

  /** The optical frame; the same String as long as it does not change. */
  @Override
  public final String frameId() {
    return frameId;
  }

  /** Absolute position of the data's first byte in the body's buffer. */
  public final int dataOffset() {
    return dataOffset;
  }

  /** Bytes of data. */
  @Override
  public final int dataLength() {
    return dataLength;
  }

  /** The first four bytes of data, the first one highest; 0 when there are fewer. */
  @Override
  public final int firstBytes() {
    return dataLength < Integer.BYTES ? 0 : Integer.reverseBytes(body.getInt(dataOffset));
  }

  /** The data: a new view of the body, valid as long as it is. */
  @Override
  public final ByteBuffer data() {
    return body.slice(dataOffset, dataLength).order(body.order());
  }

  /**
   * Raw pixels that a connection received are handed over with the memory that they are in. Files
   * are small, and what reads them begins at the memory's start.
   */
  @Override
  public final ByteBuffer fill(Frame frame, int alignment) {
    if (owner != null && !compressed() && dataOffset % alignment == 0) {
      owner.exchange(frame.exchange(body, dataOffset, dataLength));
      owner = null; // the memory is the frame's
      return frame.bytes();
    }
    ByteBuffer out = frame.prepare(dataLength);
    out.put(0, body, dataOffset, dataLength);
    return out;
  }

  /** Says that a body is a connection's, who takes other memory for it. */
  final void ownedBy(MessageBody connection) {
    owner = connection;
  }

  final void start(ByteBuffer next) {
    owner = null;
    body = next.order(ByteOrder.LITTLE_ENDIAN);
    at = next.position();
    sequence = int32("header.seq");
    int secs = int32("header.stamp");
    int nsecs = int32("header.stamp");
    try {
      stampNanos = RosTime.nanosFrom(secs, nsecs);
    } catch (MessageFormatException e) {
      throw wrong("header.stamp: " + e.getMessage());
    }
    frameId = text(frame, "header.frame_id");
  }

  private int int32(String field) {
    need(Integer.BYTES, field);
    int value = body.getInt(at);
    at += Integer.BYTES;
    return value;
  }

  final boolean flag(String field) {
    need(1, field);
    return body.get(at++) != 0;
  }

  final int positive(String field) {
    int value = int32(field);
    if (value <= 0) {
      throw wrong(
          "%s must be 1 to 2^31 - 1, got %s".formatted(field, Integer.toUnsignedString(value)));
    }
    return value;
  }

  final String text(InternedText interned, String field) {
    int length = skip(field);
    if (length > Wire.MAX_NAME_BYTES) {
      throw wrong(Wire.tooLong(field, Wire.MAX_NAME_BYTES, length).getMessage());
    }
    return interned.get(body, at - length, length);
  }

  /** The last field: an array of bytes. */
  final void end(String field) {
    dataLength = skip(field);
    dataOffset = at - dataLength;
    if (at != body.limit()) {
      throw wrong("%d bytes are left behind the last field".formatted(body.limit() - at));
    }
  }

  private int skip(String field) {
    int length = int32(field);
    if (length < 0 || length > body.limit() - at) {
      throw wrong(
          "%s: its length says %s, but only %d bytes are left"
              .formatted(field, Integer.toUnsignedString(length), body.limit() - at));
    }
    at += length;
    return length;
  }

  final MessageFormatException wrong(String what) {
    return new MessageFormatException(type + ": " + what);
  }

  private void need(int bytes, String field) {
    if (body.limit() - at < bytes) {
      throw wrong(
          "a body of %d bytes ends inside %s".formatted(body.limit() - body.position(), field));
    }
  }
}
