package dev.tarsier.ros.ros1.message;

import dev.tarsier.ros.port.MessageFormatException;
import java.nio.ByteBuffer;

/** Looks into the body of a {@code sensor_msgs/Image}; its data are the pixels. */
public final class ImageView extends StampedBody {
  private final InternedText encodings = new InternedText();
  private int height;
  private int width;
  private String encoding = "";
  private boolean bigEndian;
  private int step;

  /** Looks at nothing yet. */
  public ImageView() {
    super("sensor_msgs/Image");
  }

  /**
   * Looks at the body of a message that a connection received, as {@link #over(ByteBuffer)} does.
   *
   * @param body {@link #fill} may exchange its memory. Must stay unchanged otherwise while this
   *     view is used.
   * @return this
   * @throws MessageFormatException as {@link #over(ByteBuffer)}
   */
  public ImageView over(MessageBody body) {
    over(body.bytes());
    ownedBy(body);
    return this;
  }

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
    start(body);
    height = positive("height");
    width = positive("width");
    encoding = text(encodings, "encoding");
    bigEndian = flag("is_bigendian");
    step = positive("step");
    end("data");
    if (step < width) {
      throw wrong(
          "step must be at least the width, got %d for %dx%d %s"
              .formatted(step, width, height, encoding));
    }
    long needed = (long) step * height;
    if (dataLength() < needed) {
      throw wrong(
          "data must have step x height = %d bytes for %dx%d %s, got %d"
              .formatted(needed, width, height, encoding, dataLength()));
    }
    return this;
  }

  /** Rows, at least 1. */
  @Override
  public int height() {
    return height;
  }

  /** Columns, at least 1. */
  @Override
  public int width() {
    return width;
  }

  /** ROS's name of the encoding; the same String as long as it does not change. */
  @Override
  public String encoding() {
    return encoding;
  }

  /** Whether samples wider than a byte are big endian. */
  @Override
  public boolean bigEndian() {
    return bigEndian;
  }

  /** Bytes of a row, at least the width. */
  @Override
  public int step() {
    return step;
  }

  @Override
  public boolean compressed() {
    return false;
  }
}
