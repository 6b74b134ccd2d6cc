package dev.tarsier.ros.ros1.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.ros.port.CameraModel;
import dev.tarsier.ros.port.MessageFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class MessagesTest {
  @Test
  void everyMessageIsReadBackAsItWasWritten() {
    for (RosMessage message : SampleMessages.all()) {
      ByteBuffer body = ByteBuffer.allocateDirect(message.serializedLength() + 6);
      body.position(3);
      message.writeTo(body);
      assertThat(body.position()).as(message.type().name()).isEqualTo(body.capacity() - 3);
      body.flip().position(3);
      assertThat((Object) message.type().read(body)).isEqualTo(message);
      assertThat(body.hasRemaining()).isFalse();
    }
  }

  @Test
  void aBodyCutAnywhereIsRefused() {
    for (RosMessage message : SampleMessages.all()) {
      ByteBuffer body = message.toBody();
      for (int length = 0; length < body.capacity(); length++) {
        ByteBuffer cut = body.slice(0, length);
        assertThatThrownBy(() -> message.type().read(cut))
            .as("%s cut to %d", message.type().name(), length)
            .isInstanceOf(MessageFormatException.class)
            .hasMessageContaining(message.type().name());
      }
    }
  }

  @Test
  void aBodyWithBytesLeftOverIsRefused() {
    ByteBuffer body = ByteBuffer.allocate(9);
    assertThatThrownBy(() -> Clock.TYPE.read(body))
        .isInstanceOf(MessageFormatException.class)
        .hasMessageContaining("1 of 9 bytes are left");
  }

  @Test
  void anyBytesAreReadOrRefusedButNothingElse() {
    Random random = new Random(11);
    int refused = 0;
    for (RosMessage message : SampleMessages.all()) {
      for (int i = 0; i < 2000; i++) {
        byte[] bytes = message.toBody().array();
        for (int k = 0; k < 3; k++) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        try {
          RosMessage read = message.type().read(ByteBuffer.wrap(bytes));
          assertThat(read.serializedLength()).isLessThan(4 * bytes.length);
        } catch (MessageFormatException e) {
          refused++;
        }
      }
    }
    assertThat(refused).isBetween(1000, 25_000);
  }

  @Test
  void aLengthBeyondTheBodyIsNamedAndAllocatesNothing() {
    ByteBuffer body = new StringMessage("abcd").toBody();
    for (int length : new int[] {5, Integer.MAX_VALUE, -1}) {
      body.order(ByteOrder.LITTLE_ENDIAN).putInt(0, length);
      assertThatThrownBy(() -> StringMessage.TYPE.read(body.duplicate()))
          .isInstanceOf(MessageFormatException.class)
          .hasMessage(
              "std_msgs/String: data: its length says %s, but only 4 bytes are left",
              Integer.toUnsignedString(length));
    }
    ByteBuffer status = ByteBuffer.allocate(17).order(ByteOrder.LITTLE_ENDIAN);
    status.putInt(13, 0x7fff_ffff);
    assertThatThrownBy(() -> DiagnosticStatus.TYPE.read(status))
        .hasMessageContaining("values: its length says 2147483647");
  }

  /** What each message costs before anybody has looked at it. */
  @Test
  void namesAndDistortionHaveALimit() {
    Header named = new Header(1, new RosTime(2, 3), "x".repeat(Wire.MAX_NAME_BYTES));
    Header longer = new Header(1, new RosTime(2, 3), "x".repeat(Wire.MAX_NAME_BYTES + 1));
    assertThat(Wire.MAX_NAME_BYTES).isLessThanOrEqualTo(4096);
    assertThat(Header.TYPE.read(named.toBody())).isEqualTo(named);
    assertThatThrownBy(() -> Header.TYPE.read(longer.toBody()))
        .isInstanceOf(MessageFormatException.class)
        .hasMessageContaining("frame_id");
    Image image = new Image(longer, 1, 1, "mono8", false, 1, ByteBuffer.allocate(1));
    assertThatThrownBy(() -> new ImageView().over(image.toBody().order(ByteOrder.LITTLE_ENDIAN)))
        .isInstanceOf(MessageFormatException.class)
        .hasMessageContaining("frame_id");
    assertThat(CameraInfo.MAX_COEFFICIENTS).isLessThanOrEqualTo(16_384);
    assertThat(CameraInfo.TYPE.read(distorted(CameraInfo.MAX_COEFFICIENTS)).model().d())
        .hasSize(CameraInfo.MAX_COEFFICIENTS);
    assertThatThrownBy(() -> CameraInfo.TYPE.read(distorted(CameraInfo.MAX_COEFFICIENTS + 1)))
        .isInstanceOf(MessageFormatException.class)
        .hasMessageContaining("D must have up to");
  }

  private static ByteBuffer distorted(int coefficients) {
    return new CameraInfo(
            SampleMessages.HEADER,
            new CameraModel(
                480,
                640,
                "splines",
                new double[coefficients],
                new double[9],
                new double[9],
                new double[12],
                0,
                0,
                CameraModel.Roi.ALL),
            false)
        .toBody();
  }

  @Test
  void imageDataIsAViewOfTheBody() {
    Image image = new Image(SampleMessages.HEADER, 1, 4, "mono8", false, 4, ByteBuffer.allocate(4));
    ByteBuffer body = image.toBody();
    Image read = Image.TYPE.read(body);
    body.put(body.limit() - 4, (byte) 42);
    assertThat(read.data().get(0)).isEqualTo((byte) 42);
  }

  @Test
  void writingDataLeavesItsBufferAsItWas() {
    ByteBuffer data = ByteBuffer.wrap(new byte[] {9, 1, 2, 9}).position(1).limit(3);
    Image image = new Image(SampleMessages.HEADER, 1, 2, "mono8", false, 2, data);
    ByteBuffer body = image.toBody();
    assertThat(data.position()).isEqualTo(1);
    assertThat(data.limit()).isEqualTo(3);
    assertThat(Image.TYPE.read(body).data()).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2}));
  }

  @Test
  void timesAreKeptToTheNanosecondUntil2106() {
    for (long nanos : new long[] {0, 1, 1_600_000_000_123_456_789L, 4_294_967_295_999_999_999L}) {
      assertThat(RosTime.ofNanos(nanos).toNanos()).isEqualTo(nanos);
    }
    assertThat(RosTime.ofNanos(3_000_000_000_000_000_007L)).hasToString("3000000000.000000007");
    assertThatThrownBy(() -> RosTime.ofNanos(-1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RosTime(0, 1_000_000_000)).hasMessageContaining("got 1000000000");
    assertThat(new RosTime(-1, 0)).isGreaterThan(new RosTime(Integer.MAX_VALUE, 0));
  }

  @Test
  void nanosecondsOfMoreThanASecondAreCarriedOver() {
    ByteBuffer body = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    body.putInt(5).putInt(2_000_000_001).flip();
    assertThat(Clock.TYPE.read(body).clock()).isEqualTo(new RosTime(7, 1));
  }
}
