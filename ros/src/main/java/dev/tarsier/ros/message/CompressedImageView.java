package dev.tarsier.ros.message;

import java.nio.ByteBuffer;

/**
 * Looks into the body of a {@code sensor_msgs/CompressedImage} without copying it or allocating
 * anything. Reused for each message of a topic; one owner thread. What it says is valid until the
 * next {@link #over} or until the body's buffer is used again.
 */
public final class CompressedImageView {
  private final StampedBody fields = new StampedBody("sensor_msgs/CompressedImage");
  private final InternedText formats = new InternedText();
  private String format = "";
  private int dataOffset;
  private int dataLength;

  /**
   * Looks at one body, from the buffer's position to its limit.
   *
   * @param body Its order becomes little endian; its position stays. Must stay unchanged while this
   *     view is used.
   * @return this
   * @throws MessageFormatException when the body ends early, has bytes left over or holds no data;
   *     the view is then of no use until the next call
   */
  public CompressedImageView over(ByteBuffer body) {
    fields.start(body);
    format = fields.text(formats, "format");
    dataLength = fields.skip("data");
    dataOffset = fields.position() - dataLength;
    fields.end();
    if (dataLength == 0) {
      throw fields.wrong("data must not be empty");
    }
    return this;
  }

  /** As sent, such as {@code jpeg}; the same String as long as it does not change. */
  public String format() {
    return format;
  }

  /** The header's counter, uint32. */
  public int sequence() {
    return fields.sequence;
  }

  /** When the image was acquired, nanoseconds since the epoch. */
  public long stampNanos() {
    return fields.stampNanos;
  }

  /** The optical frame; the same String as long as it does not change. */
  public String frameId() {
    return fields.frameId;
  }

  /** Absolute position of the file's first byte in the body's buffer. */
  public int dataOffset() {
    return dataOffset;
  }

  /** Bytes of the file, at least 1. */
  public int dataLength() {
    return dataLength;
  }

  /** The file: a new view of the body, valid as long as it is. */
  public ByteBuffer data() {
    return fields.body().slice(dataOffset, dataLength).order(fields.body().order());
  }

  /**
   * Copies the file.
   *
   * @param out must have {@link #dataLength} bytes remaining. Modified: its position moves on.
   */
  public void copyData(ByteBuffer out) {
    out.put(out.position(), fields.body(), dataOffset, dataLength);
    out.position(out.position() + dataLength);
  }
}
