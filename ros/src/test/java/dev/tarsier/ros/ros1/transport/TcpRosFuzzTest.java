package dev.tarsier.ros.ros1.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.CompressedImage;
import dev.tarsier.ros.ros1.message.CompressedImageView;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.ImageView;
import dev.tarsier.ros.ros1.message.RosMessage;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.ros.testing.Fuzz;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Damaged headers end in an IOException and damaged bodies in a MessageFormatException. */
class TcpRosFuzzTest {
  private static final Header STAMP = new Header(1, new RosTime(10, 5), "optical");

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  @Test
  void damagedHeadersAreRefused() {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("callerid", "/camera");
    fields.put("topic", "/image");
    fields.put("type", "sensor_msgs/Image");
    fields.put("md5sum", Image.TYPE.md5());
    fields.put("message_definition", Image.TYPE.definition());
    byte[] valid = bytes(TcpRosHeader.encode(fields));
    int refused = 0;
    for (int seed = 0; seed < Fuzz.rounds(); seed++) {
      try {
        Map<String, String> read =
            TcpRosHeader.read(new ByteArrayInputStream(Fuzz.change(seed, valid)));
        assertThat(read.size()).isLessThanOrEqualTo(TcpRosHeader.MAX_FIELDS);
      } catch (IOException e) {
        refused++;
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertThat(refused).isPositive();
  }

  @Test
  void damagedBodiesAreRefused() {
    Image image = new Image(STAMP, 3, 4, "rgb8", false, 12, ByteBuffer.allocate(36));
    List<RosMessage> messages =
        List.of(
            image,
            new CompressedImage(STAMP, "jpeg", ByteBuffer.allocate(20)),
            CameraInfo.pinhole(STAMP, 4, 3, 5, 5, 2, 1.5));
    ImageView raw = new ImageView();
    CompressedImageView packed = new CompressedImageView();
    for (RosMessage message : messages) {
      byte[] valid = bytes(message.toBody());
      int refused = 0;
      for (int seed = 0; seed < Fuzz.rounds(); seed++) {
        byte[] damaged = Fuzz.change(seed, valid);
        try {
          message.type().read(ByteBuffer.wrap(damaged));
          if (message instanceof Image) {
            raw.over(ByteBuffer.wrap(damaged));
          } else if (message instanceof CompressedImage) {
            packed.over(ByteBuffer.wrap(damaged));
          }
        } catch (MessageFormatException e) {
          refused++;
        } catch (RuntimeException e) {
          throw new AssertionError(message.type() + ", seed " + seed, e);
        }
      }
      assertThat(refused).as(message.type().name()).isPositive();
    }
  }

  @Test
  void damagedStreamsOfMessagesEndWithAnIoException() {
    byte[] body = bytes(CameraInfo.pinhole(STAMP, 4, 3, 5, 5, 2, 1.5).toBody());
    byte[] stream = new byte[3 * (body.length + 4)];
    ByteBuffer out = ByteBuffer.wrap(stream).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 3; i++) {
      out.putInt(body.length).put(body);
    }
    for (int seed = 0; seed < Fuzz.rounds(); seed++) {
      byte[] damaged = Fuzz.change(seed, stream);
      ReceiveMemory memory = new ReceiveMemory(1 << 20);
      try (IncomingMessages in =
          new IncomingMessages(
              Channels.newChannel(new ByteArrayInputStream(damaged)), 256 << 10, memory)) {
        for (int i = 0; i <= damaged.length; i++) {
          in.next();
        }
        throw new AssertionError("no end, seed " + seed);
      } catch (IOException e) {
        assertThat(memory.heldBytes()).isZero();
      }
    }
  }
}
