package dev.tarsier.ros.ros1.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.ros1.message.CompressedImage;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import dev.tarsier.runtime.frame.PixelEncoding;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.tensor.ImageToTensor;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/**
 * Any image message gives a tensor or a rejection that says why, and the next good one is read as
 * ever. Each round has a seed of its own, which a failure names; {@code -Dfuzz.rounds=N} runs more.
 */
class ImageMessageFuzzTest {
  private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 500);
  private static final String[] OTHERS = {
    "", "16UC1", "32FC1", "rgb565", "yuv422p", "8UC2", "\n".repeat(900)
  };

  private final FramePool frames = new FramePool(3);
  private final MessageToFrame raw = new MessageToFrame(false);
  private final MessageToFrame packed = new MessageToFrame(true);
  private final ByteBuffer tensor = ByteBuffer.allocateDirect(3 * 12 * 16);

  private static String encoding(Random random) {
    PixelEncoding[] all = PixelEncoding.values();
    return random.nextInt(8) == 0
        ? OTHERS[random.nextInt(OTHERS.length)]
        : all[random.nextInt(all.length)].rosName();
  }

  private static ByteBuffer rawMessage(Random random) {
    String encoding = encoding(random);
    int width = 1 + random.nextInt(20);
    int height = 1 + random.nextInt(20);
    int pixel = PixelEncoding.ofRos(encoding).map(PixelEncoding::bytesPerPixel).orElse(3);
    long rows = PixelEncoding.ofRos(encoding).map(e -> e.storedRows(height)).orElse((long) height);
    int step = width * pixel + (random.nextBoolean() ? random.nextInt(9) : 0);
    byte[] data = new byte[(int) (step * rows) + (random.nextInt(4) == 0 ? random.nextInt(9) : 0)];
    random.nextBytes(data);
    return new Image(
            new Header(1, new RosTime(5, 0), "camera"),
            height,
            width,
            encoding,
            random.nextBoolean(),
            step,
            ByteBuffer.wrap(data))
        .toBody();
  }

  private static ByteBuffer packedMessage(Random random) throws IOException {
    BufferedImage image =
        new BufferedImage(
            1 + random.nextInt(40), 1 + random.nextInt(40), BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 30; i++) {
      image.setRGB(
          random.nextInt(image.getWidth()), random.nextInt(image.getHeight()), random.nextInt());
    }
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ImageIO.write(image, random.nextBoolean() ? "jpg" : "png", file);
    return new CompressedImage(
            new Header(1, new RosTime(5, 0), "camera"),
            random.nextBoolean() ? "jpeg" : encoding(random),
            ByteBuffer.wrap(file.toByteArray()))
        .toBody();
  }

  /** None, some bytes changed, the end missing, or a stretch missing. */
  private static ByteBuffer damaged(Random random, ByteBuffer body) {
    byte[] bytes = new byte[body.remaining()];
    body.get(bytes);
    int length = bytes.length;
    switch (random.nextInt(4)) {
      case 0 -> {}
      case 1 -> length = random.nextInt(length + 1);
      case 2 -> {
        int from = random.nextInt(length);
        int to = from + random.nextInt(length - from);
        System.arraycopy(bytes, to, bytes, from, length - to);
        length -= to - from;
      }
      default -> {
        // The head, which says how to read the rest, as often as all of it.
        int within = random.nextBoolean() ? length : Math.min(length, 60);
        for (int changes = 1 + random.nextInt(6); changes > 0; changes--) {
          bytes[random.nextInt(within)] = (byte) random.nextInt(256);
        }
      }
    }
    return ByteBuffer.wrap(bytes, 0, length);
  }

  private void read(MessageToFrame messages, ImageToTensor toTensor, ByteBuffer body)
      throws RejectedFrameException {
    try (Frame frame = messages.run(body, 0, frames)) {
      toTensor.run(frame, tensor);
    }
  }

  @Test
  void anyMessageIsReadOrRejectedWithItsReason() throws Exception {
    byte[] grey = new byte[3 * 12 * 16];
    Arrays.fill(grey, (byte) 77);
    ByteBuffer good =
        new Image(
                new Header(1, new RosTime(5, 0), "camera"),
                12,
                16,
                "rgb8",
                false,
                48,
                ByteBuffer.wrap(grey))
            .toBody();
    int readable = 0;
    try (ImageToTensor toTensor = new ImageToTensor(12, 16)) {
      for (int round = 0; round < ROUNDS; round++) {
        Random random = new Random(round);
        boolean compressed = random.nextInt(3) == 0;
        ByteBuffer body = damaged(random, compressed ? packedMessage(random) : rawMessage(random));
        try {
          read(compressed ? packed : raw, toTensor, body);
          readable++;
        } catch (RejectedFrameException e) {
          assertThat(e.getMessage()).as("seed %d", round).isNotBlank();
          assertThat(e.getMessage().length()).as("seed %d", round).isLessThan(2000);
        } catch (RuntimeException e) {
          throw new AssertionError("seed " + round, e);
        }
        assertThat(frames.leased()).as("seed %d", round).isZero();
        read(raw, toTensor, good.duplicate());
        assertThat(tensor.get(round % 576)).as("seed %d", round).isEqualTo((byte) 77);
      }
    }
    assertThat(readable).isBetween(ROUNDS / 5, ROUNDS * 4 / 5);
  }
}
