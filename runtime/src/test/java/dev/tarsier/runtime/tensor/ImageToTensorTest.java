package dev.tarsier.runtime.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import dev.tarsier.runtime.frame.PixelEncoding;
import dev.tarsier.runtime.frame.RejectedFrameException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values are computed by hand unless said otherwise. */
class ImageToTensorTest {
  private final FramePool pool = new FramePool(1);

  private byte[] convert(
      PixelEncoding encoding, int width, int height, int step, byte[] bytes, int toW, int toH)
      throws RejectedFrameException {
    ByteBuffer tensor = ByteBuffer.allocateDirect(3 * toW * toH);
    try (ImageToTensor toTensor = new ImageToTensor(toH, toW);
        Frame frame = pool.acquire()) {
      frame.prepare(bytes.length).put(bytes);
      frame.describe(encoding, width, height, step, 1, 2, "camera", 3);
      toTensor.run(frame, tensor);
      if (!encoding.isCompressed()) {
        assertThat(toTensor.imageWidth()).isEqualTo(width);
        assertThat(toTensor.imageHeight()).isEqualTo(height);
      }
    }
    byte[] rgb = new byte[tensor.capacity()];
    tensor.get(0, rgb);
    return rgb;
  }

  private RejectedFrameException rejection(
      PixelEncoding encoding, int width, int height, int step, int length) {
    return catchThrowableOfType(
        RejectedFrameException.class,
        () -> convert(encoding, width, height, step, new byte[length], 4, 4));
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  @Test
  void ordersChannelsAsRgb() throws Exception {
    byte[] expected = bytes(10, 20, 30, 40, 50, 60);
    assertThat(convert(PixelEncoding.RGB8, 2, 1, 6, expected, 2, 1)).isEqualTo(expected);
    assertThat(convert(PixelEncoding.BGR8, 2, 1, 6, bytes(30, 20, 10, 60, 50, 40), 2, 1))
        .isEqualTo(expected);
    assertThat(convert(PixelEncoding.RGBA8, 2, 1, 8, bytes(10, 20, 30, 99, 40, 50, 60, 0), 2, 1))
        .isEqualTo(expected);
    assertThat(convert(PixelEncoding.BGRA8, 2, 1, 8, bytes(30, 20, 10, 99, 60, 50, 40, 0), 2, 1))
        .isEqualTo(expected);
    assertThat(convert(PixelEncoding.MONO8, 2, 1, 2, bytes(7, 200), 2, 1))
        .isEqualTo(bytes(7, 7, 7, 200, 200, 200));
  }

  @Test
  void ordersChannelsAsRgbWhenItScalesToo() throws Exception {
    for (PixelEncoding encoding :
        new PixelEncoding[] {PixelEncoding.BGR8, PixelEncoding.BGRA8, PixelEncoding.RGBA8}) {
      int channels = encoding.bytesPerPixel();
      boolean redFirst = encoding == PixelEncoding.RGBA8;
      byte[] image = new byte[4 * 4 * channels];
      for (int i = 0; i < image.length; i += channels) {
        image[i] = (byte) (redFirst ? 200 : 50);
        image[i + 1] = 100;
        image[i + 2] = (byte) (redFirst ? 50 : 200);
      }
      assertThat(convert(encoding, 4, 4, 4 * channels, image, 2, 2))
          .as(encoding.rosName())
          .isEqualTo(bytes(200, 100, 50, 200, 100, 50, 200, 100, 50, 200, 100, 50));
    }
  }

  @Test
  void skipsThePaddingOfRows() throws Exception {
    byte[] padded = bytes(1, 2, 3, 4, 5, 6, 255, 255, 7, 8, 9, 10, 11, 12);
    assertThat(convert(PixelEncoding.RGB8, 2, 2, 8, padded, 2, 2))
        .isEqualTo(bytes(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
  }

  /**
   * BT.601, limited range: R = 1.164 (Y-16) + 1.596 (V-128), G = 1.164 (Y-16) - 0.391 (U-128) -
   * 0.813 (V-128), B = 1.164 (Y-16) + 2.018 (U-128). Rounding may differ by one.
   */
  @Test
  void readsBothOrdersOfYuv422() throws Exception {
    // Pixels Y = 81 and Y = 145 share U = 90, V = 150.
    double[] expected = {110.8, 72.6, 0, 185.3, 147.1, 73.5};
    byte[] uyvy = convert(PixelEncoding.UYVY, 2, 1, 4, bytes(90, 81, 150, 145), 2, 1);
    byte[] yuyv = convert(PixelEncoding.YUYV, 2, 1, 4, bytes(81, 90, 145, 150), 2, 1);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) Byte.toUnsignedInt(uyvy[i])).isCloseTo(expected[i], within(1.0));
      assertThat((double) Byte.toUnsignedInt(yuyv[i])).isCloseTo(expected[i], within(1.0));
    }
  }

  /** The same formula; U = 90, V = 150 for all four pixels, which are Y = 81 and Y = 145. */
  @Test
  void readsYuvInPlanes() throws Exception {
    double[] row = {110.8, 72.6, 0, 185.3, 147.1, 73.5};
    byte[][] images = {
      convert(PixelEncoding.NV12, 2, 2, 2, bytes(81, 145, 81, 145, 90, 150), 2, 2),
      convert(PixelEncoding.NV21, 2, 2, 2, bytes(81, 145, 81, 145, 150, 90), 2, 2),
      convert(
          PixelEncoding.NV24,
          2,
          2,
          2,
          bytes(81, 145, 81, 145, 90, 150, 90, 150, 90, 150, 90, 150),
          2,
          2),
      // A step of four: two bytes behind each row of Y; U V rows are eight bytes long.
      convert(
          PixelEncoding.NV24,
          2,
          2,
          4,
          bytes(
              81, 145, 0, 0, 81, 145, 0, 0, 90, 150, 90, 150, 7, 7, 7, 7, 90, 150, 90, 150, 7, 7, 7,
              7),
          2,
          2),
      convert(PixelEncoding.NV12, 2, 2, 3, bytes(81, 145, 9, 81, 145, 9, 90, 150), 2, 2),
    };
    for (byte[] image : images) {
      for (int i = 0; i < 12; i++) {
        assertThat((double) Byte.toUnsignedInt(image[i])).isCloseTo(row[i % 6], within(1.0));
      }
    }
    byte[] grey = new byte[8 * 6 * 3];
    Arrays.fill(grey, (byte) 128);
    for (PixelEncoding planes :
        new PixelEncoding[] {PixelEncoding.NV12, PixelEncoding.NV21, PixelEncoding.NV24}) {
      byte[] scaled = convert(planes, 8, 6, 8, grey, 4, 3);
      for (byte value : scaled) { // 1.164 (128 - 16)
        assertThat((double) Byte.toUnsignedInt(value)).isCloseTo(130.4, within(1.0));
      }
    }
  }

  @Test
  void readsSixteenBitsInTheirFullRange() throws Exception {
    byte[] rgb = bytes(0, 10, 255, 20, 0, 30);
    assertThat(convert(PixelEncoding.RGB16, 1, 1, 6, bytes(0, 10, 255, 20, 0, 30), 1, 1))
        .isEqualTo(bytes(10, 21, 30)); // 20 x 256 + 255 is 20.9 of 255
    assertThat(convert(PixelEncoding.BGR16, 1, 1, 6, rgb, 1, 1)).isEqualTo(bytes(30, 21, 10));
    byte[] alpha = bytes(0, 10, 0, 20, 0, 30, 255, 255);
    assertThat(convert(PixelEncoding.RGBA16, 1, 1, 8, alpha, 1, 1)).isEqualTo(bytes(10, 20, 30));
    assertThat(convert(PixelEncoding.BGRA16, 1, 1, 8, alpha, 1, 1)).isEqualTo(bytes(30, 20, 10));
    assertThat(convert(PixelEncoding.MONO16, 2, 1, 4, bytes(255, 255, 0, 0), 2, 1))
        .isEqualTo(bytes(255, 255, 255, 0, 0, 0));
    assertThat(rejection(PixelEncoding.MONO16, 2, 2, 5, 10).reason())
        .isEqualTo(DropReason.BAD_STEP);
  }

  @ParameterizedTest
  @CsvSource({"BAYER_RGGB16,RGGB", "BAYER_BGGR16,BGGR", "BAYER_GBRG16,GBRG", "BAYER_GRBG16,GRBG"})
  void readsWideMosaicsByRosNames(PixelEncoding encoding, String pattern) throws Exception {
    int size = 8;
    byte[] mosaic = new byte[2 * size * size];
    for (int site = 0; site < size * size; site++) {
      char color = pattern.charAt(2 * (site / size % 2) + site % 2);
      mosaic[2 * site + 1] = (byte) (color == 'R' ? 200 : color == 'G' ? 100 : 50);
    }
    byte[] rgb = convert(encoding, size, size, 2 * size, mosaic, size, size);
    for (int pixel = 0; pixel < size * size; pixel++) { // 256 x 200 / 257 is 199.2
      assertThat(Arrays.copyOfRange(rgb, 3 * pixel, 3 * pixel + 3)).isEqualTo(bytes(199, 100, 50));
    }
  }

  @ParameterizedTest
  @CsvSource({"BAYER_RGGB8,RGGB", "BAYER_BGGR8,BGGR", "BAYER_GBRG8,GBRG", "BAYER_GRBG8,GRBG"})
  void readsMosaicsByRosNames(PixelEncoding encoding, String pattern) throws Exception {
    int size = 8;
    byte[] mosaic = new byte[size * size];
    for (int row = 0; row < size; row++) {
      for (int column = 0; column < size; column++) {
        char site = pattern.charAt(2 * (row % 2) + column % 2);
        mosaic[row * size + column] = (byte) (site == 'R' ? 200 : site == 'G' ? 100 : 50);
      }
    }
    byte[] rgb = convert(encoding, size, size, size, mosaic, size, size);
    for (int pixel = 0; pixel < size * size; pixel++) {
      assertThat(Arrays.copyOfRange(rgb, 3 * pixel, 3 * pixel + 3))
          .as("pixel %d", pixel)
          .isEqualTo(bytes(200, 100, 50));
    }
    byte[] scaled = convert(encoding, size, size, size, mosaic, 4, 4);
    assertThat(Arrays.copyOf(scaled, 3)).isEqualTo(bytes(200, 100, 50));
  }

  @Test
  void averagesWhatFallsIntoAPixelWhenShrinking() throws Exception {
    // 4x2 to 2x1: means of 2x2 blocks.
    byte[] mono = bytes(10, 20, 100, 104, 30, 40, 108, 112);
    assertThat(convert(PixelEncoding.MONO8, 4, 2, 4, mono, 2, 1))
        .isEqualTo(bytes(25, 25, 25, 106, 106, 106));
  }

  /** Oracle: a slow area average in double precision; the library rounds once more per axis. */
  @Test
  void averagesAreasForUnevenRatios() throws Exception {
    int w = 20;
    int h = 15;
    int toW = 7;
    int toH = 4;
    byte[] mono = new byte[w * h];
    new Random(5).nextBytes(mono);
    byte[] rgb = convert(PixelEncoding.MONO8, w, h, w, mono, toW, toH);
    for (int row = 0; row < toH; row++) {
      for (int column = 0; column < toW; column++) {
        double sum = 0;
        for (int y = 0; y < h; y++) {
          double coverY = overlap(y, row * (double) h / toH, (row + 1) * (double) h / toH);
          for (int x = 0; x < w; x++) {
            double coverX = overlap(x, column * (double) w / toW, (column + 1) * (double) w / toW);
            sum += coverX * coverY * Byte.toUnsignedInt(mono[y * w + x]);
          }
        }
        double mean = sum * toW * toH / (w * h);
        assertThat((double) Byte.toUnsignedInt(rgb[3 * (row * toW + column)]))
            .isCloseTo(mean, within(1.0));
      }
    }
  }

  private static double overlap(int pixel, double from, double to) {
    return Math.max(0, Math.min(pixel + 1, to) - Math.max(pixel, from));
  }

  @Test
  void interpolatesWhenGrowing() throws Exception {
    // Bilinear with half-pixel centres: 0, 1/4, 3/4, 1 of the way.
    assertThat(convert(PixelEncoding.MONO8, 2, 1, 2, bytes(0, 200), 4, 1))
        .isEqualTo(bytes(0, 0, 0, 50, 50, 50, 150, 150, 150, 200, 200, 200));
  }

  @Test
  void givesTheTrainerTheSameTensor() throws Exception {
    byte[] rgb = new byte[3 * 64 * 48];
    new Random(1).nextBytes(rgb);
    byte[] onTheRobot = convert(PixelEncoding.RGB8, 64, 48, 192, rgb, 23, 17);
    assertThat(new RgbImage(64, 48, rgb).stretch(23, 17).pixels()).isEqualTo(onTheRobot);
    byte[] png = encode(rgb, 64, 48, "png");
    assertThat(convert(PixelEncoding.PNG, 0, 0, 0, png, 23, 17)).isEqualTo(onTheRobot);
    assertThat(RgbImage.decode(png).pixels()).isEqualTo(rgb);
  }

  /** Oracle: Java's own JPEG decoder; the two may round differently by a few levels. */
  @Test
  void decodesJpeg() throws Exception {
    byte[] rgb = new byte[3 * 32 * 16];
    for (int i = 0; i < 32 * 16; i++) {
      rgb[3 * i] = (byte) (8 * (i % 32));
      rgb[3 * i + 1] = (byte) (8 * (i / 32));
      rgb[3 * i + 2] = 60;
    }
    byte[] jpeg = encode(rgb, 32, 16, "jpg");
    BufferedImage oracle = ImageIO.read(new ByteArrayInputStream(jpeg));
    byte[] decoded = convert(PixelEncoding.JPEG, 0, 0, 0, jpeg, 32, 16);
    for (int i = 0; i < 32 * 16; i++) {
      int pixel = oracle.getRGB(i % 32, i / 32);
      assertThat(Byte.toUnsignedInt(decoded[3 * i])).isCloseTo(pixel >> 16 & 255, within(6));
      assertThat(Byte.toUnsignedInt(decoded[3 * i + 1])).isCloseTo(pixel >> 8 & 255, within(6));
      assertThat(Byte.toUnsignedInt(decoded[3 * i + 2])).isCloseTo(pixel & 255, within(6));
    }
  }

  @Test
  void rejectsTruncatedAndCorruptFiles() throws Exception {
    byte[] rgb = new byte[3 * 64 * 48];
    new Random(1).nextBytes(rgb);
    for (String format : new String[] {"jpg", "png"}) {
      PixelEncoding encoding = format.equals("jpg") ? PixelEncoding.JPEG : PixelEncoding.PNG;
      byte[] whole = encode(rgb, 64, 48, format);
      for (int length : new int[] {0, 1, 5, 20, 40, whole.length / 2, whole.length - 3}) {
        byte[] part = Arrays.copyOf(whole, length);
        assertThatThrownBy(() -> convert(encoding, 0, 0, 0, part, 8, 8))
            .as("%s of %d bytes", format, length)
            .isInstanceOf(RejectedFrameException.class);
      }
    }
    byte[] noise = new byte[500];
    new Random(2).nextBytes(noise);
    assertThatThrownBy(() -> convert(PixelEncoding.JPEG, 0, 0, 0, noise, 8, 8))
        .isInstanceOf(RejectedFrameException.class)
        .hasMessageContaining("neither a JPEG nor a PNG");
  }

  @Test
  void refusesAFileThatDeclaresTooManyPixelsWithoutDecodingIt() throws Exception {
    byte[] png = encode(new byte[3 * 4 * 4], 4, 4, "png");
    ByteBuffer.wrap(png).putInt(16, 100_000).putInt(20, 100_000);
    RejectedFrameException rejected =
        catchThrowableOfType(
            RejectedFrameException.class, () -> convert(PixelEncoding.PNG, 0, 0, 0, png, 8, 8));
    assertThat(rejected.reason()).isEqualTo(DropReason.TOO_LARGE);
    assertThat(rejected).hasMessageContaining("10000000000 pixels");
    byte[] negative = encode(new byte[3 * 4 * 4], 4, 4, "png");
    ByteBuffer.wrap(negative).putInt(16, -1).putInt(20, -1);
    assertThatThrownBy(() -> convert(PixelEncoding.PNG, 0, 0, 0, negative, 8, 8))
        .isInstanceOf(RejectedFrameException.class);
  }

  @Test
  void namesWhatIsWrongWithAHeader() {
    assertThat(rejection(PixelEncoding.RGB8, 0, 4, 0, 48).reason())
        .isEqualTo(DropReason.EMPTY_IMAGE);
    assertThat(rejection(PixelEncoding.RGB8, 4, 4, 12, 0).reason())
        .isEqualTo(DropReason.EMPTY_IMAGE);
    RejectedFrameException badStep = rejection(PixelEncoding.RGB8, 4, 4, 11, 48);
    assertThat(badStep.reason()).isEqualTo(DropReason.BAD_STEP);
    assertThat(badStep).hasMessageContaining("4 rgb8 pixels takes 12");
    assertThat(rejection(PixelEncoding.RGB8, 4, 4, 12, 47).reason())
        .isEqualTo(DropReason.TOO_LITTLE_DATA);
    assertThat(rejection(PixelEncoding.RGB8, 10_000, 10_000, 30_000, 48).reason())
        .isEqualTo(DropReason.TOO_LARGE);
    assertThat(rejection(PixelEncoding.RGB8, 8000, 8000, 24_000, 48).reason())
        .isEqualTo(DropReason.TOO_LITTLE_DATA);
    assertThat(rejection(PixelEncoding.UYVY, 3, 4, 6, 48).reason()).isEqualTo(DropReason.BAD_SIZE);
    assertThat(rejection(PixelEncoding.BAYER_RGGB8, 2, 2, 2, 4).reason())
        .isEqualTo(DropReason.BAD_SIZE);
    assertThat(rejection(PixelEncoding.RGB8, Integer.MAX_VALUE, 1, 12, 48).reason())
        .isEqualTo(DropReason.TOO_LARGE);
    assertThat(rejection(PixelEncoding.RGB8, 4, 4, -1, 48).reason()).isEqualTo(DropReason.BAD_STEP);
  }

  /** Replay keeps frames until their truth has come: each lies in a buffer of its own. */
  @Test
  void takesMoreFramesAtOnceThanItKeepsMatsFor() throws Exception {
    FramePool many = new FramePool(33);
    ByteBuffer tensor = ByteBuffer.allocateDirect(3 * 4 * 4);
    List<Frame> held = new ArrayList<>();
    try (ImageToTensor toTensor = new ImageToTensor(4, 4)) {
      for (int i = 0; i < 33; i++) {
        Frame frame = many.acquire();
        held.add(frame);
        frame.prepare(3 * 8 * 6).put(new byte[3 * 8 * 6]).put(0, (byte) i);
        frame.describe(PixelEncoding.RGB8, 8, 6, 24, i, i, "camera", i);
        toTensor.run(frame, tensor);
      }
      // A camera whose image changes its height: one buffer, many shapes.
      Frame frame = held.get(0);
      for (int rows = 1; rows <= 33; rows++) {
        frame.prepare(3 * 8 * rows);
        frame.describe(PixelEncoding.RGB8, 8, rows, 24, rows, rows, "camera", rows);
        toTensor.run(frame, tensor);
        assertThat(toTensor.imageHeight()).isEqualTo(rows);
      }
    }
    held.forEach(Frame::close);
  }

  @Test
  void takesALastRowWithoutPadding() throws Exception {
    assertThat(convert(PixelEncoding.MONO8, 2, 2, 1000, new byte[1002], 2, 2)).hasSize(12);
  }

  private static byte[] encode(byte[] rgb, int width, int height, String format)
      throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      int pixel =
          Byte.toUnsignedInt(rgb[3 * i]) << 16
              | Byte.toUnsignedInt(rgb[3 * i + 1]) << 8
              | Byte.toUnsignedInt(rgb[3 * i + 2]);
      image.setRGB(i % width, i / width, pixel);
    }
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ImageIO.write(image, format, file);
    return file.toByteArray();
  }
}
