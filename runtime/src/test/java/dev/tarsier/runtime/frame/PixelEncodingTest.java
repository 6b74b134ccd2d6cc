package dev.tarsier.runtime.frame;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PixelEncodingTest {
  @Test
  void knowsRosNames() {
    assertThat(PixelEncoding.ofRos("rgb8")).contains(PixelEncoding.RGB8);
    assertThat(PixelEncoding.ofRos("yuv422")).contains(PixelEncoding.UYVY);
    assertThat(PixelEncoding.ofRos("yuv422_yuy2")).contains(PixelEncoding.YUYV);
    assertThat(PixelEncoding.ofRos("bayer_grbg8")).contains(PixelEncoding.BAYER_GRBG8);
    assertThat(PixelEncoding.ofRos("8UC3")).contains(PixelEncoding.BGR8);
    assertThat(PixelEncoding.ofRos("RGB8")).contains(PixelEncoding.RGB8);
    assertThat(PixelEncoding.ofRos("8UC4")).contains(PixelEncoding.BGRA8);
    assertThat(PixelEncoding.ofRos("mono16")).contains(PixelEncoding.MONO16);
    assertThat(PixelEncoding.ofRos("16UC1")).isEmpty();
    assertThat(PixelEncoding.ofRos("jpeg")).isEmpty();
    assertThat(PixelEncoding.ofRos("")).isEmpty();
  }

  @Test
  void knowsFormatsOfCompressedImages() {
    assertThat(PixelEncoding.ofCompressedFormat("jpeg")).contains(PixelEncoding.JPEG);
    assertThat(PixelEncoding.ofCompressedFormat("rgb8; jpeg compressed bgr8"))
        .contains(PixelEncoding.JPEG);
    assertThat(PixelEncoding.ofCompressedFormat("bgr8; png compressed bgr8"))
        .contains(PixelEncoding.PNG);
    assertThat(PixelEncoding.ofCompressedFormat("16UC1; compressedDepth png")).isEmpty();
    assertThat(PixelEncoding.ofCompressedFormat("h264")).isEmpty();
  }
}
