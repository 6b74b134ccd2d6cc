package dev.tarsier.ros.message;

import java.nio.ByteBuffer;

/**
 * Looks into the body of a {@code sensor_msgs/Image} without copying it or allocating anything.
 * Reused for each message of a topic; one owner thread. What it says is valid until the next {@link
 * #over} or until the body's buffer is used again.
 */
public final class ImageView {
  private final StampedBody fields = new StampedBody("sensor_msgs/Image");
  private final InternedText encodings = new InternedText();
  private int height;
  private int width;
  private String encoding = "";
  private boolean bigEndian;
  private int step;
  private int dataOffset;
  private int dataLength;

  /**
   * Looks at one body, from the buffer's position to its limit.
   *
   * @param body Its order becomes little endian; its position stays. Must stay unchanged while this
   *     view is used.
   * @return this
   * @throws MessageFormatException when the body ends early or has bytes left over, when a size or
   *     the step is 0 or beyond 2^31, when a row is shorter than one byte for each pixel, or when
   *     there is less data than the rows need; the view is then of no use until the next call
   */
  public ImageView over(ByteBuffer body) {
    fields.start(body);
    height = fields.positive("height");
    width = fields.positive("width");
    encoding = fields.text(encodings, "encoding");
    bigEndian = fields.flag("is_bigendian");
    step = fields.positive("step");
    dataLength = fields.skip("data");
    dataOffset = fields.position() - dataLength;
    fields.end();
    if (step < width) {
      throw fields.wrong(
          "step must be at least the width, got %d for %dx%d %s"
              .formatted(step, width, height, encoding));
    }
    long needed = (long) step * height;
    if (dataLength < needed) {
      throw fields.wrong(
          "data must have step x height = %d bytes for %dx%d %s, got %d"
              .formatted(needed, width, height, encoding, dataLength));
    }
    return this;
  }

  /** Rows, at least 1. */
  public int height() {
    return height;
  }

  /** Columns, at least 1. */
  public int width() {
    return width;
  }

  /** ROS's name of the encoding; the same String as long as it does not change. */
  public String encoding() {
    return encoding;
  }

  /** Whether samples wider than a byte are big endian. */
  public boolean bigEndian() {
    return bigEndian;
  }

  /** Bytes of a row, at least the width. */
  public int step() {
    return step;
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

  /** Absolute position of the first pixel in the body's buffer. */
  public int dataOffset() {
    return dataOffset;
  }

  /** Bytes of pixels, at least step x height. */
  public int dataLength() {
    return dataLength;
  }

  /** The pixels: a new view of the body, valid as long as it is. */
  public ByteBuffer data() {
    return fields.body().slice(dataOffset, dataLength).order(fields.body().order());
  }

  /**
   * Copies the pixels.
   *
   * @param out must have {@link #dataLength} bytes remaining. Modified: its position moves on.
   */
  public void copyData(ByteBuffer out) {
    out.put(out.position(), fields.body(), dataOffset, dataLength);
    out.position(out.position() + dataLength);
  }
}
