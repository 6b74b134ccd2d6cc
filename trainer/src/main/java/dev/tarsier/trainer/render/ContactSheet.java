package dev.tarsier.trainer.render;

import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.trainer.dataset.RgbdSample;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.task.ClassSet;
import java.awt.image.BufferedImage;
import java.util.List;

/** Pictures of frames, for people: a row per frame, colour | classes | depth (near = light). */
public final class ContactSheet {
  private static final int GAP = 4;
  private static final float DARKEST_METRES = 6;

  private ContactSheet() {}

  /**
   * Draws the sheet.
   *
   * @param frames at least one, all of one size. Not modified.
   * @param framesPerRow how many frames stand side by side
   */
  public static BufferedImage of(List<RenderedFrame> frames, int framesPerRow) {
    Sample first = frames.get(0).sample();
    int width = first.width();
    int height = first.height();
    int rows = (frames.size() + framesPerRow - 1) / framesPerRow;
    BufferedImage sheet =
        new BufferedImage(
            3 * framesPerRow * (width + GAP) - GAP,
            rows * (height + GAP) - GAP,
            BufferedImage.TYPE_INT_RGB);
    for (int f = 0; f < frames.size(); f++) {
      Sample sample = frames.get(f).sample();
      int left = 3 * (f % framesPerRow) * (width + GAP);
      int top = Math.floorDiv(f, framesPerRow) * (height + GAP);
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          int i = y * width + x;
          sheet.setRGB(left + x, top + y, color(sample, i));
          sheet.setRGB(left + width + GAP + x, top + y, label(sample, i));
          sheet.setRGB(left + 2 * (width + GAP) + x, top + y, depth(sample, i));
        }
      }
    }
    return sheet;
  }

  private static int color(Sample sample, int i) {
    byte[] rgb = sample.rgb();
    return (rgb[3 * i] & 255) << 16 | (rgb[3 * i + 1] & 255) << 8 | (rgb[3 * i + 2] & 255);
  }

  private static int label(Sample sample, int i) {
    int id = RgbdSample.labels(sample)[i] & 255;
    return id == ClassMap.USUAL_IGNORE_ID ? 0 : ClassSet.NYU_13.colors().get(id);
  }

  private static int depth(Sample sample, int i) {
    float z = RgbdSample.depth(sample)[i];
    if (Float.isNaN(z)) {
      return 0x400000;
    }
    int level = Math.round(255 * Math.max(0, 1 - z / DARKEST_METRES));
    return level << 16 | level << 8 | level;
  }
}
