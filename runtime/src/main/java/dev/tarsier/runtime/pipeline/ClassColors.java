package dev.tarsier.runtime.pipeline;

import dev.tarsier.runtime.task.ClassLabel;
import java.nio.ByteBuffer;
import java.util.List;

/** Draws class ids in their colours. Immutable; safe for several threads. */
public final class ClassColors {
  private static final int IDS = 256;

  private final byte[] red = new byte[IDS];
  private final byte[] green = new byte[IDS];
  private final byte[] blue = new byte[IDS];

  /**
   * The colours of classes; ids without a class are black.
   *
   * @param classes not modified
   */
  public ClassColors(List<ClassLabel> classes) {
    for (ClassLabel each : classes) {
      int rgb = each.rgb();
      red[each.id()] = (byte) (rgb >> 16);
      green[each.id()] = (byte) (rgb >> 8);
      blue[each.id()] = (byte) rgb;
    }
  }

  /**
   * Draws an image.
   *
   * @param classIds uint8 [h,w], from position to limit. Not modified, its position neither.
   * @param rgb uint8 [h,w,3] RGB, written from its position on; at least three times as long.
   *     Modified; its position moves behind the image.
   */
  public void render(ByteBuffer classIds, ByteBuffer rgb) {
    int pixels = classIds.remaining();
    if (rgb.remaining() < 3 * pixels) {
      throw new IllegalArgumentException(
          "rgb must have room for %d bytes, got %d".formatted(3 * pixels, rgb.remaining()));
    }
    int from = classIds.position();
    int to = rgb.position();
    for (int i = 0; i < pixels; i++, to += 3) {
      int id = Byte.toUnsignedInt(classIds.get(from + i));
      rgb.put(to, red[id]);
      rgb.put(to + 1, green[id]);
      rgb.put(to + 2, blue[id]);
    }
    rgb.position(to);
  }
}
