package dev.tarsier.bench.soak;

import dev.tarsier.runtime.tensor.RgbImage;
import java.util.List;

/**
 * How the camera's images look.
 *
 * @param width pixels
 * @param height pixels
 * @param encoding ROS's name
 * @param channels bytes of a pixel
 */
record Look(int width, int height, String encoding, int channels) {
  /** What the camera goes through, again and again. */
  static final List<Look> ALL =
      List.of(
          new Look(640, 480, "rgb8", 3),
          new Look(1280, 720, "bgr8", 3),
          new Look(320, 240, "mono8", 1),
          new Look(640, 480, "bgr8", 3));

  int bytes() {
    return channels * width * height;
  }

  int step() {
    return channels * width;
  }

  /** Pixels of this look. */
  byte[] of(RgbImage image) {
    byte[] rgb = image.stretch(width, height).pixels();
    if (encoding.equals("rgb8")) {
      return rgb;
    }
    byte[] out = new byte[bytes()];
    for (int i = 0; i < width * height; i++) {
      if (channels == 1) {
        // ITU-R BT.601
        int grey = 299 * (rgb[3 * i] & 255) + 587 * (rgb[3 * i + 1] & 255);
        out[i] = (byte) ((grey + 114 * (rgb[3 * i + 2] & 255)) / 1000);
      } else {
        out[3 * i] = rgb[3 * i + 2];
        out[3 * i + 1] = rgb[3 * i + 1];
        out[3 * i + 2] = rgb[3 * i];
      }
    }
    return out;
  }

  @Override
  public String toString() {
    return "%dx%d %s".formatted(width, height, encoding);
  }
}
