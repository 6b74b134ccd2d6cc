package dev.tarsier.runtime.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class RgbImageTest {
  private static RgbImage gradient() {
    byte[] rgb = new byte[3 * 40 * 30];
    for (int i = 0; i < 40 * 30; i++) {
      rgb[3 * i] = (byte) (6 * (i % 40));
      rgb[3 * i + 1] = (byte) (8 * (i / 40));
      rgb[3 * i + 2] = 50;
    }
    return new RgbImage(40, 30, rgb);
  }

  @Test
  void losesNothingAsPng() throws Exception {
    byte[] noise = new byte[3 * 7 * 5];
    new Random(3).nextBytes(noise);
    byte[] file = new RgbImage(7, 5, noise).png();
    assertThat(RgbImage.decode(file).pixels()).isEqualTo(noise);
    // Another decoder sees red where it is.
    int first = ImageIO.read(new ByteArrayInputStream(file)).getRGB(0, 0) & 0xffffff;
    assertThat(first).isEqualTo((noise[0] & 255) << 16 | (noise[1] & 255) << 8 | (noise[2] & 255));
  }

  @Test
  void losesLittleAsJpegAndLessWithMoreQuality() throws Exception {
    RgbImage image = gradient();
    assertThat(image.jpeg(90).length).isGreaterThan(image.jpeg(30).length);
    byte[] decoded = RgbImage.decode(image.jpeg(90)).pixels();
    for (int i = 0; i < decoded.length; i++) {
      assertThat(Math.abs((decoded[i] & 255) - (image.pixels()[i] & 255))).isLessThan(16);
    }
  }
}
