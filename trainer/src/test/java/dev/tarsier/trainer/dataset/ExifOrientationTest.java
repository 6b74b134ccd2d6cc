package dev.tarsier.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.tensor.OpenCv;
import dev.tarsier.runtime.tensor.RgbImage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.ImageIO;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExifOrientationTest {
  /** A JPEG file with a segment APP1 that holds nothing but the orientation. */
  static byte[] withOrientation(byte[] jpeg, int orientation) {
    ByteBuffer file = ByteBuffer.allocate(jpeg.length + 36);
    file.put(jpeg, 0, 2);
    file.putShort((short) 0xFFE1).putShort((short) 34);
    file.put(new byte[] {'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1});
    file.putShort((short) 0x0112).putShort((short) 3).putInt(1);
    file.putShort((short) orientation).putShort((short) 0).putInt(0);
    file.put(jpeg, 2, jpeg.length - 2);
    return file.array();
  }

  private static byte[] noise() throws IOException {
    BufferedImage image = new BufferedImage(40, 24, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(5);
    for (int i = 0; i < 40 * 24; i++) {
      image.setRGB(i % 40, i / 40, random.nextInt(1 << 24));
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "jpg", out);
    return out.toByteArray();
  }

  /** OpenCV's own decoder turns photos by itself. */
  private static RgbImage byOpenCv(byte[] file) {
    OpenCv.load();
    try (Mat encoded = new Mat(1, file.length, opencv_core.CV_8UC1, new BytePointer(file));
        Mat image = opencv_imgcodecs.imdecode(encoded, opencv_imgcodecs.IMREAD_COLOR_RGB)) {
      byte[] pixels = new byte[3 * image.rows() * image.cols()];
      image.data().get(pixels);
      return new RgbImage(image.cols(), image.rows(), pixels);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void turnsAsOpenCvDoes(int tag) throws IOException, RejectedFrameException {
    byte[] file = withOrientation(noise(), tag);
    ExifOrientation orientation = ExifOrientation.of(file);
    assertThat(orientation.tag()).isEqualTo(tag);
    RgbImage turned = orientation.turn(RgbImage.decode(file));
    RgbImage expected = byOpenCv(file);
    assertThat(turned.width()).isEqualTo(expected.width());
    assertThat(turned.height()).isEqualTo(expected.height());
    assertThat(turned.pixels()).isEqualTo(expected.pixels());
  }

  /** A TIFF file of 3×2 pixels that are not compressed, with an orientation. */
  private static byte[] tiff(byte[] rgb, int orientation) {
    int[][] tags = {
      {256, 4, 1, 3}, {257, 4, 1, 2}, {258, 3, 3, 0}, {259, 3, 1, 1}, {262, 3, 1, 2},
      {273, 4, 1, 0}, {274, 3, 1, orientation}, {277, 3, 1, 3}, {278, 4, 1, 2}, {279, 4, 1, 18}
    };
    int bits = 8 + 2 + 12 * tags.length + 4;
    ByteBuffer file = ByteBuffer.allocate(bits + 6 + rgb.length).order(ByteOrder.LITTLE_ENDIAN);
    file.put((byte) 'I').put((byte) 'I').putShort((short) 42).putInt(8);
    file.putShort((short) tags.length);
    for (int[] tag : tags) {
      file.putShort((short) tag[0]).putShort((short) tag[1]).putInt(tag[2]);
      file.putInt(tag[0] == 258 ? bits : tag[0] == 273 ? bits + 6 : tag[3]);
    }
    file.putInt(0).putShort((short) 8).putShort((short) 8).putShort((short) 8).put(rgb);
    return file.array();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void aTiffPhotoIsTurnedOnce(int tag) {
    byte[] rgb = new byte[18];
    new Random(3).nextBytes(rgb);
    byte[] file = tiff(rgb, tag);
    RgbImage turned = ExifOrientation.of(file).turn(DataFile.rgb(Path.of("photo.tif"), file));
    RgbImage expected =
        Arrays.stream(ExifOrientation.values())
            .filter(each -> each.tag() == tag)
            .findFirst()
            .orElseThrow()
            .turn(new RgbImage(3, 2, rgb));
    assertThat(turned.width()).isEqualTo(expected.width());
    assertThat(turned.pixels()).isEqualTo(expected.pixels());
  }

  @Test
  void aFileThatSaysNothingOrNonsenseIsUpright() throws IOException {
    assertThat(ExifOrientation.of(noise())).isEqualTo(ExifOrientation.UPRIGHT);
    assertThat(ExifOrientation.of(withOrientation(noise(), 9))).isEqualTo(ExifOrientation.UPRIGHT);
    assertThat(ExifOrientation.of(new byte[] {1, 2, 3})).isEqualTo(ExifOrientation.UPRIGHT);
  }
}
