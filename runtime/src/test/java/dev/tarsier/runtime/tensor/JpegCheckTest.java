package dev.tarsier.runtime.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.RejectedFrameException;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** JPEGs are written by OpenCV; Java's decoder, which tells its warnings, is the oracle. */
class JpegCheckTest {
  private static final int WIDTH = 160;
  private static final int HEIGHT = 120;

  private final JpegCheck check = new JpegCheck();

  @BeforeAll
  static void load() {
    OpenCv.load();
  }

  /** Edges, gradients and a little noise, as a camera sees. */
  private static byte[] jpeg(Random random, int width, int height, int... parameters) {
    byte[] pixels = new byte[3 * width * height];
    double slant = random.nextDouble();
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double edge = (int) (x * 0.05 + y * 0.04 * slant) % 3 * 60;
        for (int c = 0; c < 3; c++) {
          double value = edge + x * 0.3 * c / 2 + y * 0.2 + 6 * random.nextGaussian();
          pixels[3 * (y * width + x) + c] = (byte) Math.max(0, Math.min(255, value));
        }
      }
    }
    try (Mat image = new Mat(height, width, opencv_core.CV_8UC3);
        BytePointer file = new BytePointer();
        IntPointer settings = new IntPointer(parameters)) {
      image.data().put(pixels);
      opencv_imgcodecs.imencode(".jpg", image, file, settings);
      byte[] bytes = new byte[(int) file.limit()];
      file.get(bytes);
      return bytes;
    }
  }

  private void run(byte[] file) throws RejectedFrameException {
    check.run(ByteBuffer.allocateDirect(file.length).put(file).flip());
  }

  private boolean isRefused(byte[] file) {
    try {
      run(file);
      return false;
    } catch (RejectedFrameException e) {
      assertThat(e.reason()).isEqualTo(DropReason.CORRUPT_IMAGE);
      return true;
    }
  }

  /** The body of the last segment before the compressed data. */
  private static int dataStart(byte[] file) {
    int at = 2;
    while (file[at + 1] != (byte) 0xDA) {
      at += 2 + (Byte.toUnsignedInt(file[at + 2]) << 8 | Byte.toUnsignedInt(file[at + 3]));
    }
    return at + 2 + (Byte.toUnsignedInt(file[at + 2]) << 8 | Byte.toUnsignedInt(file[at + 3]));
  }

  private static boolean warns(byte[] file) {
    ImageReader reader = ImageIO.getImageReadersByFormatName("jpeg").next();
    boolean[] warned = new boolean[1];
    try (MemoryCacheImageInputStream in =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      reader.addIIOReadWarningListener((source, text) -> warned[0] = true);
      reader.setInput(in, true, true);
      reader.readRaster(0, null);
    } catch (java.io.IOException | RuntimeException e) {
      return true;
    } finally {
      reader.dispose();
    }
    return warned[0];
  }

  @Test
  void takesWhatEncodersWrite() {
    Random random = new Random(1);
    int[][] parameters = {
      {},
      {opencv_imgcodecs.IMWRITE_JPEG_QUALITY, 5},
      {opencv_imgcodecs.IMWRITE_JPEG_QUALITY, 100},
      {opencv_imgcodecs.IMWRITE_JPEG_OPTIMIZE, 1},
      {opencv_imgcodecs.IMWRITE_JPEG_RST_INTERVAL, 3},
      {opencv_imgcodecs.IMWRITE_JPEG_PROGRESSIVE, 1},
      {opencv_imgcodecs.IMWRITE_JPEG_SAMPLING_FACTOR, 0x111111},
      {opencv_imgcodecs.IMWRITE_JPEG_SAMPLING_FACTOR, 0x411111},
      {opencv_imgcodecs.IMWRITE_JPEG_SAMPLING_FACTOR, 0x211111},
    };
    for (int[] each : parameters) {
      for (int size = 1; size < 60; size += 7) {
        byte[] file = jpeg(random, size, 61 - size, each);
        assertThatCode(() -> run(file)).as(Arrays.toString(each)).doesNotThrowAnyException();
      }
    }
  }

  @Test
  void takesPaddingBehindTheEndMarker() throws Exception {
    byte[] file = jpeg(new Random(2), WIDTH, HEIGHT);
    run(Arrays.copyOf(file, file.length + 100_000));
    byte[] noise = new byte[file.length + 300];
    new Random(3).nextBytes(noise);
    System.arraycopy(file, 0, noise, 0, file.length);
    run(noise);
  }

  /** As motion JPEG's frames are. */
  @Test
  void takesFilesWithoutHuffmanTables() throws Exception {
    byte[] file = jpeg(new Random(4), WIDTH, HEIGHT);
    byte[] bare = new byte[file.length];
    int length = 2;
    bare[0] = file[0];
    bare[1] = file[1];
    int data = dataStart(file);
    for (int at = 2; at < data; ) {
      int size = 2 + (Byte.toUnsignedInt(file[at + 2]) << 8 | Byte.toUnsignedInt(file[at + 3]));
      if (file[at + 1] != (byte) 0xC4) {
        System.arraycopy(file, at, bare, length, size);
        length += size;
      }
      at += size;
    }
    System.arraycopy(file, data, bare, length, file.length - data);
    byte[] whole = Arrays.copyOf(bare, length + file.length - data);
    assertThat(whole.length).isLessThan(file.length - 300);
    run(whole);
    assertThat(RgbImage.decode(whole).pixels()).isEqualTo(RgbImage.decode(file).pixels());
    byte[] cut = whole.clone();
    System.arraycopy(cut, 3000, cut, 2500, cut.length - 3000);
    assertThatThrownBy(() -> run(cut)).isInstanceOf(RejectedFrameException.class);
  }

  @Test
  void refusesEveryFileThatLacksItsMiddle() {
    Random random = new Random(5);
    for (int i = 0; i < 75; i++) {
      byte[] file = jpeg(random, WIDTH, HEIGHT);
      int data = dataStart(file);
      int third = (file.length - data) / 3;
      byte[] cut = new byte[file.length - third];
      System.arraycopy(file, 0, cut, 0, data + third);
      System.arraycopy(file, data + 2 * third, cut, data + third, cut.length - data - third);
      assertThat(isRefused(cut)).as("file %d", i).isTrue();
      byte[] overwritten = file.clone();
      Arrays.fill(overwritten, data + third, data + 2 * third, (byte) 0);
      assertThat(isRefused(overwritten)).as("zeroed file %d", i).isTrue();
    }
  }

  /**
   * What the decoder warns of is refused, and more. The rest is images as good as any:
   * docs/topics.md says how many.
   */
  @Test
  void refusesWhateverTheDecoderWarnsOf() {
    Random random = new Random(6);
    for (int flips : new int[] {1, 2, 4, 8, 16}) {
      int refused = 0;
      int warned = 0;
      int files = 150;
      for (int i = 0; i < files; i++) {
        byte[] file = jpeg(random, WIDTH, HEIGHT);
        int data = dataStart(file);
        for (int flip = 0; flip < flips; flip++) {
          int at = data + random.nextInt(file.length - 2 - data);
          file[at] ^= (byte) (1 << random.nextInt(8));
        }
        boolean refuses = isRefused(file);
        if (warns(file)) {
          warned++;
          assertThat(refuses).as("%d flips, file %d", flips, i).isTrue();
        }
        refused += refuses ? 1 : 0;
      }
      assertThat(refused).isGreaterThanOrEqualTo(warned);
      if (flips == 16) {
        assertThat(refused).isGreaterThan(files * 95 / 100);
      }
    }
  }

  /** Its codes are all right, but its brightness is sixteen times what a block can have. */
  @Test
  void refusesBrightnessThatNoBlockCanHave() {
    byte[] file = jpeg(new Random(11), WIDTH, HEIGHT, opencv_imgcodecs.IMWRITE_JPEG_QUALITY, 100);
    assertThat(isRefused(file)).isFalse();
    int table = 2;
    while (file[table + 1] != (byte) 0xDB) {
      table += 2 + (Byte.toUnsignedInt(file[table + 2]) << 8 | Byte.toUnsignedInt(file[table + 3]));
    }
    assertThat(file[table + 5]).as("the step of brightness").isEqualTo((byte) 1);
    file[table + 5] = 16;
    assertThat(warns(file)).as("the decoder says nothing").isFalse();
    assertThat(isRefused(file)).isTrue();
  }

  @Test
  void refusesRestartMarkersOutOfOrder() {
    byte[] file = jpeg(new Random(7), WIDTH, HEIGHT, opencv_imgcodecs.IMWRITE_JPEG_RST_INTERVAL, 4);
    int changed = 0;
    for (int at = dataStart(file); at + 1 < file.length; at++) {
      int marker = Byte.toUnsignedInt(file[at + 1]);
      if (file[at] == -1 && marker >= 0xD0 && marker <= 0xD7) {
        byte[] damaged = file.clone();
        damaged[at + 1] = (byte) (0xD0 + ((marker + 1) & 7));
        assertThat(isRefused(damaged)).isTrue();
        changed++;
      }
    }
    assertThat(changed).isGreaterThan(10);
  }

  @Test
  void refusesEveryTruncation() {
    byte[] file = jpeg(new Random(8), 32, 24);
    for (int length = 2; length < file.length; length++) {
      assertThat(isRefused(Arrays.copyOf(file, length))).as("%d bytes", length).isTrue();
    }
  }

  @Test
  void refusesDamagedProgressiveFiles() {
    byte[] file = jpeg(new Random(9), 64, 48, opencv_imgcodecs.IMWRITE_JPEG_PROGRESSIVE, 1);
    assertThat(isRefused(file)).isFalse();
    assertThat(isRefused(Arrays.copyOf(file, file.length / 2))).isTrue();
  }

  /** Prints nothing itself; the decoder below would. */
  static final class Decoder {
    private Decoder() {}

    public static void main(String[] arguments) throws Exception {
      Random random = new Random(10);
      OpenCv.load();
      int refused = 0;
      int files = Integer.parseInt(arguments[0]);
      for (int i = 0; i < files; i++) {
        boolean png = i % 4 == 3;
        byte[] file = jpeg(random, 48, 32);
        if (png) {
          java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
          ImageIO.write(ImageIO.read(new ByteArrayInputStream(file)), "png", out);
          file = out.toByteArray();
        }
        switch (i % 3) {
          case 0 -> file = Arrays.copyOf(file, random.nextInt(file.length));
          case 1 -> {
            int from = random.nextInt(file.length);
            int length = random.nextInt(file.length - from);
            byte[] cut = new byte[file.length - length];
            System.arraycopy(file, 0, cut, 0, from);
            System.arraycopy(file, from + length, cut, from, cut.length - from);
            file = cut;
          }
          default -> {
            for (int flips = 1 + random.nextInt(20); flips > 0; flips--) {
              file[random.nextInt(file.length)] ^= (byte) (1 << random.nextInt(8));
            }
          }
        }
        try {
          RgbImage.decode(file);
        } catch (RejectedFrameException e) {
          refused++;
        }
      }
      System.out.println("refused " + refused);
    }
  }

  @Test
  void nothingOfTheDecoderReachesStderr(@TempDir Path folder) throws Exception {
    Path errors = folder.resolve("stderr");
    Path output = folder.resolve("stdout");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Decoder.class.getName(),
                Integer.toString(4 * Integer.getInteger("fuzz.rounds", 100)))
            .redirectError(errors.toFile())
            .redirectOutput(output.toFile())
            .start();
    assertThat(process.waitFor(9, TimeUnit.MINUTES)).isTrue();
    assertThat(Files.readString(errors)).isEmpty();
    assertThat(Files.readString(output)).startsWith("refused ");
    assertThat(process.exitValue()).isZero();
  }
}
