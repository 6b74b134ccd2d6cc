package dev.tarsier.trainer.dataset;

import java.util.List;

/**
 * The 13 classes of NYU Depth v2 in alphabetical order, as the product numbers them: ids 0 to 12,
 * 255 is ignored. The data set's own {@code label13} files store id + 1 and 0 for ignored.
 */
public final class NyuClasses {
  /** The id of a pixel without a label. */
  public static final int IGNORE = 255;

  /** Names by id. */
  public static final List<String> NAMES_13 =
      List.of(
          "bed",
          "books",
          "ceiling",
          "chair",
          "floor",
          "furniture",
          "objects",
          "picture",
          "sofa",
          "table",
          "tv",
          "wall",
          "window");

  /** Colours by id, packed 0xRRGGBB; distinct in hue and lightness. */
  public static final List<Integer> COLORS_13 =
      List.of(
          0xE6550D, 0x8C6D31, 0xDADAEB, 0x31A354, 0xC49C94, 0x6B6ECF, 0xE7BA52, 0xCE6DBD, 0x17BECF,
          0xAD494A, 0x393B79, 0x9ECAE1, 0xFDD0A2);

  private NyuClasses() {}
}
