package dev.tarsier.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.tensor.OpenCv;
import dev.tarsier.runtime.tensor.RgbImage;
import java.nio.file.Path;
import java.util.Arrays;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Photos in the formats that cameras and tools write; OpenCV's encoders make them. */
class DataFileTest {
  private static final int WIDTH = 13;
  private static final int HEIGHT = 7;

  private static byte[] photo() {
    byte[] rgb = new byte[3 * WIDTH * HEIGHT];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (i * 37 + i % 3 * 80);
    }
    return rgb;
  }

  private static byte[] encoded(String extension, int type, byte[] pixels) {
    OpenCv.load();
    try (Mat image = new Mat(HEIGHT, WIDTH, type);
        BytePointer file = new BytePointer();
        IntPointer lossless =
            extension.equals(".webp")
                ? new IntPointer(opencv_imgcodecs.IMWRITE_WEBP_QUALITY, 101)
                : new IntPointer()) {
      image.data().put(pixels);
      if (type == opencv_core.CV_8UC3) {
        opencv_imgproc.cvtColor(image, image, opencv_imgproc.COLOR_RGB2BGR);
      }
      assertThat(opencv_imgcodecs.imencode(extension, image, file, lossless)).isTrue();
      byte[] bytes = new byte[(int) file.limit()];
      file.get(bytes);
      return bytes;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {".png", ".tiff", ".bmp", ".webp"})
  void readsPhotosToTheLastBit(String extension) {
    byte[] file = encoded(extension, opencv_core.CV_8UC3, photo());
    RgbImage read = DataFile.rgb(Path.of("a" + extension), file);
    assertThat(read.width()).isEqualTo(WIDTH);
    assertThat(read.pixels()).isEqualTo(photo());
  }

  @ParameterizedTest
  @ValueSource(strings = {".tiff", ".bmp"})
  void grayStaysAsBrightAsItIs(String extension) {
    byte[] gray = Arrays.copyOf(photo(), WIDTH * HEIGHT);
    RgbImage read =
        DataFile.rgb(Path.of("a" + extension), encoded(extension, opencv_core.CV_8UC1, gray));
    for (int i = 0; i < gray.length; i++) {
      assertThat(read.pixels()[3 * i + i % 3]).isEqualTo(gray[i]);
    }
  }

  @Test
  void ofSixteenBitsTheUpperOnesAreTaken() {
    byte[] wide = new byte[2 * WIDTH * HEIGHT];
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
      wide[2 * i] = 99;
      wide[2 * i + 1] = (byte) (2 * i);
    }
    RgbImage read = DataFile.rgb(Path.of("a.tif"), encoded(".tiff", opencv_core.CV_16UC1, wide));
    assertThat(read.pixels()[3 * 40]).isEqualTo((byte) 80);
  }

  @ParameterizedTest
  @ValueSource(strings = {".png", ".tiff", ".bmp", ".webp"})
  void namesWhatIsCutOff(String extension) {
    byte[] file = encoded(extension, opencv_core.CV_8UC3, photo());
    byte[] cut = Arrays.copyOf(file, file.length / 2);
    assertThatThrownBy(() -> DataFile.rgb(Path.of("a" + extension), cut))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("a" + extension);
  }
}
