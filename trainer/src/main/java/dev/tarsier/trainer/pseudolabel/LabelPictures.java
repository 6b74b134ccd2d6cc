package dev.tarsier.trainer.pseudolabel;

import dev.tarsier.ros.replay.ColorMap;
import dev.tarsier.runtime.accuracy.Sampling;
import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.DataFile;
import dev.tarsier.trainer.dataset.Sample;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** Planes of numbers as PNG files, and what a person sees of them. */
public final class LabelPictures {
  /** Light compression: most bytes are alike, and a teacher should not wait for its files. */
  private static final float PNG_QUALITY = 0.9f;

  private static final float JPEG_QUALITY = 0.85f;

  private LabelPictures() {}

  /** One channel of 8 bits. */
  static byte[] bytes(int width, int height, byte[] values) {
    return EncodedImage.of(EncodedImage.gray(width, height, values), "png", PNG_QUALITY);
  }

  /** One channel of 16 bits. */
  static byte[] shorts(int width, int height, short[] values) {
    return EncodedImage.of(EncodedImage.gray(width, height, values), "png", PNG_QUALITY);
  }

  /** Reads one channel of 8 bits. */
  static byte[] readBytes(Path file, int width, int height) {
    DataFile.Plane plane = DataFile.plane(file, DataFile.bytes(file));
    requireSize(file, plane.width(), plane.height(), width, height);
    return plane.values();
  }

  /** Reads one channel of 16 bits. */
  static short[] readShorts(Path file, int width, int height) {
    DataFile.WidePlane plane = DataFile.widePlane(file, DataFile.bytes(file));
    requireSize(file, plane.width(), plane.height(), width, height);
    return plane.values();
  }

  private static void requireSize(
      Path file, int width, int height, int rightWidth, int rightHeight) {
    if (width != rightWidth || height != rightHeight) {
      throw new DataException(
          "%s is %dx%d, must be %dx%d, as its manifest says; make the labels again"
              .formatted(file, width, height, rightWidth, rightHeight));
    }
  }

  /**
   * The frame with its labels laid over it, half transparent; where there is none it is darkened. A
   * JPEG file: nothing reads it but people.
   *
   * @param ids uint8 [height, width], 255 = none
   * @param colors by class id, packed 0xRRGGBB
   */
  static byte[] overlay(Sample frame, int width, int height, byte[] ids, List<Integer> colors) {
    return EncodedImage.of(painted(frame, width, height, ids, colors), "jpeg", JPEG_QUALITY);
  }

  /**
   * The frame with depth laid over it, near bright and far dark; darkened where there is none.
   *
   * @param metres float32 [height, width], NaN where it is not known
   */
  static byte[] depthOverlay(Sample frame, int width, int height, float[] metres) {
    float farthest = 0;
    for (float each : metres) {
      farthest = Math.max(farthest, Float.isNaN(each) ? 0 : each);
    }
    int steps = ClassMap.USUAL_IGNORE_ID;
    List<Integer> colors =
        IntStream.range(0, steps).mapToObj(i -> ColorMap.metric(i, 0, steps - 1)).toList();
    byte[] ids = new byte[metres.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] =
          (byte) (Float.isNaN(metres[i]) ? steps : Math.round((steps - 1) * metres[i] / farthest));
    }
    return overlay(frame, width, height, ids, colors);
  }

  /** The same as a picture. */
  public static BufferedImage painted(
      Sample frame, int width, int height, byte[] ids, List<Integer> colors) {
    int[] pixels = new int[frame.width() * frame.height()];
    for (int y = 0; y < frame.height(); y++) {
      int row = Sampling.atCorner(y, frame.height(), height);
      for (int x = 0; x < frame.width(); x++) {
        int at = 3 * (y * frame.width() + x);
        int id = ids[row * width + Sampling.atCorner(x, frame.width(), width)] & 0xff;
        int color = id == ClassMap.USUAL_IGNORE_ID ? 0 : colors.get(id);
        int r = ((frame.rgb()[at] & 0xff) + (color >> 16 & 0xff)) / 2;
        int g = ((frame.rgb()[at + 1] & 0xff) + (color >> 8 & 0xff)) / 2;
        int b = ((frame.rgb()[at + 2] & 0xff) + (color & 0xff)) / 2;
        pixels[at / 3] = r << 16 | g << 8 | b;
      }
    }
    BufferedImage image =
        new BufferedImage(frame.width(), frame.height(), BufferedImage.TYPE_INT_RGB);
    image.getRaster().setDataElements(0, 0, frame.width(), frame.height(), pixels);
    return image;
  }
}
