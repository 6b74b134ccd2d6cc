package dev.tarsier.ros.ros1.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.ros.ros1.message.CompressedImage;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import dev.tarsier.runtime.frame.PixelEncoding;
import dev.tarsier.runtime.frame.RejectedFrameException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MessageToFrameTest {
  private static final Header HEADER = new Header(3, new RosTime(1600000000, 123456789), "optical");

  private final FramePool frames = new FramePool(3);

  private static Image image(int width, int height, String encoding, int step, byte[] data) {
    return new Image(HEADER, height, width, encoding, false, step, ByteBuffer.wrap(data));
  }

  @Test
  void keepsPixelsStampAndFrame() throws Exception {
    byte[] pixels = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    ByteBuffer body = image(2, 2, "bgr8", 6, pixels).toBody();
    try (Frame frame = new MessageToFrame(false).run(body, 42, frames)) {
      assertThat(frame.encoding()).isEqualTo(PixelEncoding.BGR8);
      assertThat(frame.width()).isEqualTo(2);
      assertThat(frame.height()).isEqualTo(2);
      assertThat(frame.stepBytes()).isEqualTo(6);
      assertThat(frame.captureNanos()).isEqualTo(1600000000123456789L);
      assertThat(frame.arrivalNanos()).isEqualTo(42);
      assertThat(frame.frameId()).isEqualTo("optical");
      byte[] copied = new byte[12];
      frame.bytes().get(copied);
      assertThat(copied).isEqualTo(pixels);
    }
  }

  @Test
  void takesTheFormatsThatImageTransportWrites() throws Exception {
    MessageToFrame messages = new MessageToFrame(true);
    CompressedImage message =
        new CompressedImage(HEADER, "bgr8; jpeg compressed bgr8", ByteBuffer.wrap(new byte[10]));
    try (Frame frame = messages.run(message.toBody(), 0, frames)) {
      assertThat(frame.encoding()).isEqualTo(PixelEncoding.JPEG);
      assertThat(frame.bytes().limit()).isEqualTo(10);
    }
  }

  /** Drivers write no format, or one of their own. */
  @ParameterizedTest
  @ValueSource(strings = {"", "bgr8", "jpeg", "png", "rgb8; png compressed ", "mjpeg", "JPG"})
  void letsTheBytesOfAFileDecideWhateverTheFormat(String format) throws Exception {
    byte[] jpeg = {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF, (byte) 0xE0};
    byte[] png = {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10};
    MessageToFrame messages = new MessageToFrame(true);
    for (byte[] file : new byte[][] {jpeg, png, jpeg}) {
      CompressedImage message = new CompressedImage(HEADER, format, ByteBuffer.wrap(file));
      try (Frame frame = messages.run(message.toBody(), 0, frames)) {
        assertThat(frame.encoding())
            .isEqualTo(file == jpeg ? PixelEncoding.JPEG : PixelEncoding.PNG);
      }
    }
  }

  @Test
  void namesAllEncodingsThatAreRead() {
    String names = PixelEncoding.rosNames();
    assertThat(names).startsWith("rgb8, bgr8, ").contains(", nv24, 16UC3, ").endsWith("uyvy, yuyv");
    assertThat(names.split(", ")).allMatch(name -> PixelEncoding.ofRos(name).isPresent());
    Image message = new Image(HEADER, 1, 1, "hsv8", false, 3, ByteBuffer.allocate(3));
    assertThatThrownBy(() -> new MessageToFrame(false).run(message.toBody(), 0, frames))
        .hasMessage("encoding 'hsv8' is not read; known are " + names);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "h264", "16UC1; compressedDepth png"})
  void namesAFormatThatIsNotRead(String format) {
    byte[] bytes = format.contains("png") ? new byte[] {(byte) 0x89, 'P', 'N', 'G'} : new byte[9];
    CompressedImage message = new CompressedImage(HEADER, format, ByteBuffer.wrap(bytes));
    assertThatThrownBy(() -> new MessageToFrame(true).run(message.toBody(), 0, frames))
        .hasMessage("compressed image of format '%s' is not read; known are jpeg, png", format);
    assertThat(frames.leased()).isZero();
  }

  @Test
  void turnsBigEndianSamples() throws Exception {
    byte[] data = {1, 2, 3, 4, 5, 6, 7, 8};
    Image big = new Image(HEADER, 2, 2, "mono16", true, 4, ByteBuffer.wrap(data));
    try (Frame frame = new MessageToFrame(false).run(big.toBody(), 0, frames)) {
      byte[] turned = new byte[8];
      frame.bytes().get(turned);
      assertThat(turned).containsExactly(2, 1, 4, 3, 6, 5, 8, 7);
    }
    Image bytes = new Image(HEADER, 2, 2, "yuv422", true, 4, ByteBuffer.wrap(data));
    try (Frame frame = new MessageToFrame(false).run(bytes.toBody(), 0, frames)) {
      assertThat(frame.bytes().get(0)).isEqualTo((byte) 1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"16UC1", "32FC1"})
  void saysThatDepthIsNoColourImage(String encoding) {
    ByteBuffer body = image(2, 2, encoding, 8, new byte[16]).toBody();
    assertThatThrownBy(() -> new MessageToFrame(false).run(body, 0, frames))
        .hasMessageStartingWith("encoding '" + encoding + "' is not read, which is depth");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 2, 0, 12, width",
    "2, 0, 6, 12, height",
    "2, 2, 1, 12, step",
    "2, 2, 6, 11, data must have",
    "10000, 10000, 30000, 12, data must have",
  })
  void rejectsWhatIsNoImageAndSaysWhy(int width, int height, int step, int bytes, String word) {
    ByteBuffer body = image(width, height, "rgb8", step, new byte[bytes]).toBody();
    assertThatThrownBy(() -> new MessageToFrame(false).run(body, 0, frames))
        .isInstanceOf(RejectedFrameException.class)
        .hasMessageContaining(word)
        .extracting(e -> ((RejectedFrameException) e).reason())
        .isEqualTo(DropReason.BAD_MESSAGE);
    assertThat(frames.leased()).isZero();
  }

  @Test
  void rejectsATruncatedBody() {
    ByteBuffer body = image(2, 2, "rgb8", 6, new byte[12]).toBody();
    for (int length = 0; length < body.capacity(); length++) {
      ByteBuffer cut = body.duplicate().limit(length);
      assertThatThrownBy(() -> new MessageToFrame(false).run(cut, 0, frames))
          .isInstanceOf(RejectedFrameException.class);
    }
    assertThat(frames.leased()).isZero();
  }

  @Test
  void namesAnUnknownEncodingAndTheKnownOnes() {
    ByteBuffer body = image(2, 2, "rgb161", 6, new byte[12]).toBody();
    assertThatThrownBy(() -> new MessageToFrame(false).run(body, 0, frames))
        .hasMessageContaining("'rgb161'")
        .hasMessageContaining("bayer_rggb8")
        .extracting(e -> ((RejectedFrameException) e).reason())
        .isEqualTo(DropReason.UNKNOWN_ENCODING);
  }
}
