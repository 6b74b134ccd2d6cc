package dev.tarsier.ros.ros1.message;

import dev.tarsier.ros.port.MessageFormatException;
import java.nio.ByteBuffer;

/** Looks into the body of a {@code sensor_msgs/CompressedImage}; its data are the file. */
public final class CompressedImageView extends StampedBody {
  private final InternedText formats = new InternedText();
  private String format = "";

  /** Looks at nothing yet. */
  public CompressedImageView() {
    super("sensor_msgs/CompressedImage");
  }

  /**
   * Looks at the body of a message that a connection received, as {@link #over(ByteBuffer)} does.
   *
   * @param body {@link #fill} may exchange its memory. Must stay unchanged otherwise while this
   *     view is used.
   * @return this
   * @throws MessageFormatException as {@link #over(ByteBuffer)}
   */
  public CompressedImageView over(MessageBody body) {
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
   * @throws MessageFormatException when the body ends early, has bytes left over or holds no data;
   *     the view is then of no use until the next call
   */
  public CompressedImageView over(ByteBuffer body) {
    start(body);
    format = text(formats, "format");
    end("data");
    if (dataLength() == 0) {
      throw wrong("data must not be empty");
    }
    return this;
  }

  /** As sent, such as {@code jpeg}; the same String as long as it does not change. */
  @Override
  public String encoding() {
    return format;
  }

  @Override
  public boolean compressed() {
    return true;
  }

  @Override
  public int width() {
    return 0;
  }

  @Override
  public int height() {
    return 0;
  }

  @Override
  public int step() {
    return 0;
  }

  @Override
  public boolean bigEndian() {
    return false;
  }
}
