package dev.tarsier.ros.ros1.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

final class ImageViewTest {
  private final ImageView view = new ImageView();

  private static ByteBuffer body(int height, int width, int step, int dataLength) {
    return new Image(
            SampleMessages.HEADER,
            height,
            width,
            "rgb8",
            false,
            step,
            ByteBuffer.allocate(dataLength))
        .toBody()
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private void assertRefused(ByteBuffer body, String why) {
    assertThatThrownBy(() -> view.over(body))
        .isInstanceOf(MessageFormatException.class)
        .hasMessageStartingWith("sensor_msgs/Image: ")
        .hasMessageContaining(why);
  }

  @Test
  void handsOverTheMemoryOfAConnectionAndTakesOther() {
    ByteBuffer pixels = ByteBuffer.allocateDirect(8).putLong(0, 0x0102030405060708L);
    Image image = new Image(SampleMessages.HEADER, 2, 3, "mono8", false, 4, pixels);
    ByteBuffer heap = image.toBody();
    ByteBuffer body =
        ByteBuffer.allocateDirect(heap.limit()).order(ByteOrder.LITTLE_ENDIAN).put(heap).flip();
    FramePool frames = new FramePool(1);
    try (Frame frame = frames.acquire()) {
      MessageBody connection = new MessageBody(body);
      ImageView view = new ImageView().over(connection);
      ByteBuffer bytes = view.fill(frame, 1);
      assertThat(bytes).isSameAs(body).isEqualTo(pixels);
      assertThat(connection.bytes()).isNotSameAs(body);
      assertThat(connection.bytes().order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
      assertThat(view.data()).isEqualTo(pixels);
    }
    try (Frame frame = frames.acquire()) {
      assertThat(frame.prepare(8)).as("the pool keeps the memory").isSameAs(body);
    }
  }

  @Test
  void copiesWhereTheReaderNeedsAnAlignmentThatTheMessageDoesNotHave() {
    ByteBuffer pixels = ByteBuffer.allocateDirect(8).putLong(0, 0x0102030405060708L);
    Header header = SampleMessages.HEADER;
    for (String frameId : new String[] {"even", "odd"}) {
      Image image =
          new Image(
              new Header(header.seq(), header.stamp(), frameId), 2, 2, "mono16", false, 4, pixels);
      ByteBuffer body = image.toBody();
      MessageBody connection = new MessageBody(body);
      try (Frame frame = new FramePool(1).acquire()) {
        ImageView view = new ImageView().over(connection);
        assertThat(view.fill(frame, 2)).isEqualTo(pixels);
        boolean copied = view.dataOffset() % 2 != 0;
        assertThat(connection.bytes()).matches(bytes -> copied == same(bytes, body), frameId);
      }
    }
  }

  @Test
  void saysWhatTheImageHas() {
    ByteBuffer pixels = ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
    Image image = new Image(SampleMessages.HEADER, 2, 3, "mono8", true, 4, pixels);
    ByteBuffer body = ByteBuffer.allocateDirect(image.serializedLength() + 5).position(5);
    image.writeTo(body);
    body.position(5);
    view.over(body);
    assertThat(body.position()).isEqualTo(5);
    assertThat(view.height()).isEqualTo(2);
    assertThat(view.width()).isEqualTo(3);
    assertThat(view.encoding()).isEqualTo("mono8");
    assertThat(view.bigEndian()).isTrue();
    assertThat(view.step()).isEqualTo(4);
    assertThat(view.sequence()).isEqualTo(7);
    assertThat(view.stampNanos()).isEqualTo(1_600_000_000_123_456_789L);
    assertThat(view.frameId()).isEqualTo("camera_optical");
    assertThat(view.dataLength()).isEqualTo(8);
    assertThat(view.dataOffset()).isEqualTo(body.limit() - 8);
    assertThat(view.data()).isEqualTo(pixels);
    try (Frame frame = new FramePool(1).acquire()) {
      assertThat(view.fill(frame, 1)).isEqualTo(pixels).isSameAs(frame.bytes());
    }
  }

  @Test
  void allocatesNothingForTheSecondImageOfATopic() {
    ByteBuffer body = body(480, 640, 1920, 480 * 1920);
    String encoding = view.over(body).encoding();
    assertThat(view.over(body).encoding()).isSameAs(encoding);
    var thread = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    int looks = 10_000;
    long before = thread.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < looks; i++) {
      view.over(body);
    }
    long allocated = thread.getCurrentThreadAllocatedBytes() - before;
    // the measurement itself allocates a little; one object in each look would be 16 bytes and more
    assertThat(allocated).isLessThan(looks * 8L);
  }

  @Test
  void refusesAHeaderOfAHundredMegapixelsWithLittleData() {
    assertRefused(
        body(10_000, 10_000, 30_000, 100),
        "data must have step x height = 300000000 bytes for 10000x10000 rgb8, got 100");
    assertRefused(
        body(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE, 100),
        "data must have step x height = 4611686014132420609 bytes");
  }

  @Test
  void refusesSizesAndStepsOfZero() {
    assertRefused(body(0, 4, 12, 12), "height must be 1 to");
    assertRefused(body(1, 0, 12, 12), "width must be 1 to");
    assertRefused(body(1, 4, 0, 12), "step must be 1 to");
  }

  @Test
  void refusesAStepShorterThanARow() {
    assertRefused(body(2, 8, 7, 16), "step must be at least the width, got 7 for 8x2 rgb8");
  }

  @Test
  void refusesNegativeSizes() {
    ByteBuffer body = body(1, 4, 12, 12);
    int height = 12 + 4 + "camera_optical".length();
    body.putInt(height, -1);
    assertRefused(body, "height must be 1 to 2^31 - 1, got 4294967295");
  }

  @Test
  void refusesLengthsBeyondTheBody() {
    ByteBuffer frame = body(1, 4, 12, 12);
    frame.putInt(12, -5);
    assertRefused(frame, "header.frame_id: its length says 4294967291, but only");
    ByteBuffer data = body(1, 4, 12, 12);
    data.putInt(data.limit() - 16, 13);
    assertRefused(data, "data: its length says 13, but only 12 bytes are left");
  }

  @Test
  void refusesABodyCutAnywhereOrTooLong() {
    ByteBuffer body = body(1, 4, 12, 12);
    for (int length = 0; length < body.limit(); length++) {
      assertRefused(body.slice(0, length), "");
    }
    ByteBuffer longer = ByteBuffer.allocate(body.limit() + 1).put(body).rewind();
    assertRefused(longer, "1 bytes are left behind");
  }

  @Test
  void readsTheNextImageAfterABadOne() {
    assertRefused(ByteBuffer.allocate(3), "");
    assertThat(view.over(body(1, 4, 12, 12)).width()).isEqualTo(4);
  }

  @Test
  void looksIntoCompressedImagesToo() {
    CompressedImage image =
        new CompressedImage(SampleMessages.HEADER, "png", ByteBuffer.wrap(new byte[] {1, 2, 3}));
    ByteBuffer body = image.toBody();
    CompressedImageView compressed = new CompressedImageView().over(body);
    assertThat(compressed.encoding()).isEqualTo("png");
    assertThat(compressed.stampNanos()).isEqualTo(1_600_000_000_123_456_789L);
    assertThat(compressed.sequence()).isEqualTo(7);
    assertThat(compressed.frameId()).isEqualTo("camera_optical");
    assertThat(compressed.data()).isEqualTo(image.data());
    assertThat(compressed.dataOffset()).isEqualTo(body.limit() - 3);
    try (Frame frame = new FramePool(1).acquire()) {
      assertThat(compressed.fill(frame, 1)).isEqualTo(image.data());
    }
    for (int length = 0; length < body.limit(); length++) {
      ByteBuffer cut = body.slice(0, length);
      assertThatThrownBy(() -> compressed.over(cut)).isInstanceOf(MessageFormatException.class);
    }
    ByteBuffer empty =
        new CompressedImage(SampleMessages.HEADER, "png", ByteBuffer.allocate(0)).toBody();
    assertThatThrownBy(() -> compressed.over(empty)).hasMessageContaining("must not be empty");
  }

  @SuppressWarnings("ReferenceEquality") // of memory, not of content
  private static boolean same(ByteBuffer one, ByteBuffer other) {
    return one == other;
  }
}
