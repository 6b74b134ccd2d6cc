package dev.tarsier.ros.truth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tarsier.ros.port.MessageFormatException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Depth in files: PNG as the JDK writes it, and RVL as its paper has it. */
class DepthFilesTest {
  private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 300);

  /** Depth of a room: smooth, with holes and steps. */
  private static int[] room(int width, int height, long seed) {
    Random random = new Random(seed);
    int[] values = new int[width * height];
    for (int i = 0; i < values.length; i++) {
      int x = i % width;
      int y = i / width;
      values[i] =
          random.nextInt(9) == 0
              ? 0
              : x > width / 2 ? 40_000 + 3 * y + random.nextInt(5) : 900 + 7 * x;
    }
    return values;
  }

  private static byte[] png(int[] values, int width, int type) throws IOException {
    BufferedImage image = new BufferedImage(width, values.length / width, type);
    image.getRaster().setPixels(0, 0, width, image.getHeight(), values);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    return out.toByteArray();
  }

  private static byte[] colour() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(6, 2, BufferedImage.TYPE_INT_RGB), "png", out);
    return out.toByteArray();
  }

  /** Twelve bytes before what compressedDepth carries. */
  private static ByteBuffer headed(byte[] body, float a, float b) {
    return ByteBuffer.allocate(12 + body.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0)
        .putFloat(a)
        .putFloat(b)
        .put(body)
        .flip();
  }

  /** After the listing in Wilson's paper, which writes whole words. */
  private static byte[] rvl(int[] values, int width) {
    ByteBuffer out = ByteBuffer.allocate(16 * values.length + 64).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(width).putInt(values.length / width);
    long[] word = {0, 0};
    int at = 0;
    int previous = 0;
    while (at < values.length) {
      int zeros = 0;
      while (at + zeros < values.length && values[at + zeros] == 0) {
        zeros++;
      }
      at += zeros;
      number(out, word, zeros);
      int count = 0;
      while (at + count < values.length && values[at + count] != 0) {
        count++;
      }
      number(out, word, count);
      for (int i = 0; i < count; i++) {
        int delta = values[at + i] - previous;
        number(out, word, (delta << 1) ^ (delta >> 31));
        previous = values[at + i];
      }
      at += count;
    }
    if (word[1] > 0) {
      out.putInt((int) (word[0] << (4 * (8 - word[1]))));
    }
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return bytes;
  }

  private static void number(ByteBuffer out, long[] word, int value) {
    int left = value;
    do {
      int nibble = left & 7;
      left >>>= 3;
      word[0] = word[0] << 4 | nibble | (left != 0 ? 8 : 0);
      if (++word[1] == 8) {
        out.putInt((int) word[0]);
        word[0] = 0;
        word[1] = 0;
      }
    } while (left != 0);
  }

  private static void same(DepthPlane plane, int[] values, int width) {
    assertThat(plane.width()).isEqualTo(width);
    assertThat(plane.counted()).isTrue();
    for (int i = 0; i < values.length; i++) {
      float expected = values[i] == 0 || values[i] == 65535 ? Float.NaN : values[i];
      assertThat(plane.values()[i]).as("pixel %d", i).isEqualTo(Float.valueOf(expected));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 64})
  void readsDepthFromPngsWithAndWithoutAHeader(int width) throws IOException {
    int[] values = room(width, 33, width);
    values[5] = 65535;
    byte[] file = png(values, width, BufferedImage.TYPE_USHORT_GRAY);
    same(CompressedDepth.decode("png", ByteBuffer.wrap(file)), values, width);
    same(CompressedDepth.decode("16UC1; compressedDepth png", headed(file, 0, 0)), values, width);
    same(CompressedDepth.decode("16UC1; compressedDepth", headed(file, 0, 0)), values, width);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8, 61})
  void readsRvl(int width) {
    int[] values = room(width, 20, width);
    same(
        CompressedDepth.decode("16UC1; compressedDepth rvl", headed(rvl(values, width), 0, 0)),
        values,
        width);
  }

  @Test
  void readsRvlByHand() {
    // runs of 1 zero and 2 values, 1000 and 998: 2000 = 0o3720 is nibbles 8 a f 3, -2 is 3
    int word = 0x128af330;
    ByteBuffer body = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    body.putInt(3).putInt(1).putInt(word);
    DepthPlane plane =
        CompressedDepth.decode("16UC1; compressedDepth rvl", headed(body.array(), 0, 0));
    assertThat(plane.values()).containsExactly(Float.NaN, 1000f, 998f);
  }

  @Test
  void readsInverseDepthOfFloats() throws IOException {
    // image_transport's: a = maximum · (maximum + 1), b = 1 - a / maximum, v = a / metres + b
    float a = 100 * 101f;
    float b = 1 - a / 100;
    float[] metres = {0.7f, 1.5f, 4, 9.5f};
    int[] stored = new int[8];
    for (int i = 0; i < metres.length; i++) {
      stored[i] = (int) (a / metres[i] + b);
    }
    byte[] file = png(stored, 8, BufferedImage.TYPE_USHORT_GRAY);
    DepthPlane plane = CompressedDepth.decode("32FC1; compressedDepth png", headed(file, a, b));
    assertThat(plane.counted()).isFalse();
    for (int i = 0; i < metres.length; i++) {
      assertThat(plane.values()[i]).isCloseTo(metres[i], within(0.02f));
    }
    assertThat(plane.values()[7]).isNaN();
  }

  @Test
  void readsAPngOfEightBits() throws IOException {
    int[] values = {0, 1, 254, 255, 7, 9};
    GreyPng png = GreyPng.decode(ByteBuffer.wrap(png(values, 3, BufferedImage.TYPE_BYTE_GRAY)));
    assertThat(png.bits()).isEqualTo(8);
    assertThat(png.values()).containsExactly(0, 1, 254, 255, 7, 9);
  }

  @Test
  void saysWhatIsNoDepth() throws IOException {
    byte[] colour = colour();
    assertThatThrownBy(() -> CompressedDepth.decode("png", ByteBuffer.wrap(colour)))
        .isInstanceOf(MessageFormatException.class)
        .hasMessageContaining("one channel of 8 or 16 bits");
    assertThatThrownBy(
            () -> CompressedDepth.decode("jpeg", ByteBuffer.wrap(new byte[] {-1, -40, 3, 4})))
        .hasMessageContaining("must be a 16-bit PNG or compressedDepth, got format 'jpeg'");
    ByteBuffer huge = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    huge.putInt(1 << 20).putInt(1 << 20).putInt(0);
    assertThatThrownBy(
            () -> CompressedDepth.decode("16UC1; compressedDepth rvl", headed(huge.array(), 0, 0)))
        .hasMessageContaining("1048576x1048576 pixels cannot be");
  }

  /** Whatever comes, it is read or refused. */
  @Test
  void damageIsAMessageAndNothingElse() throws IOException {
    int[] values = room(40, 30, 3);
    byte[][] files = {
      headed(png(values, 40, BufferedImage.TYPE_USHORT_GRAY), 0, 0).array(),
      headed(rvl(values, 40), 0, 0).array()
    };
    Random random = new Random(11);
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = files[round % 2].clone();
      for (int k = 0; k <= random.nextInt(3); k++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      int length = random.nextInt(4) == 0 ? random.nextInt(bytes.length) : bytes.length;
      try {
        CompressedDepth.decode("16UC1; compressedDepth", ByteBuffer.wrap(bytes, 0, length).slice());
      } catch (MessageFormatException e) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(ROUNDS / 10);
  }
}
