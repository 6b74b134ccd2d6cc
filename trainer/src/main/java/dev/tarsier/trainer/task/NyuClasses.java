package dev.tarsier.trainer.task;

import dev.tarsier.runtime.task.ClassMap;
import java.util.List;

/**
 * The classes of NYU Depth v2 as the product numbers them, from 0; 255 is ignored. The data set's
 * own {@code label13} and {@code label40} files store id + 1 and 0 for ignored.
 *
 * <p>The 13 are those of Couprie et al. (ICLR 2013) in alphabetical order, the 40 those of Gupta et
 * al. (CVPR 2013) in their order.
 */
public final class NyuClasses {
  /** Names of the 13 classes by id. */
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

  /** Colours of the 13 by id, packed 0xRRGGBB; distinct in hue and lightness. */
  public static final List<Integer> COLORS_13 =
      List.of(
          0xE6550D, 0x8C6D31, 0xDADAEB, 0x31A354, 0xC49C94, 0x6B6ECF, 0xE7BA52, 0xCE6DBD, 0x17BECF,
          0xAD494A, 0x393B79, 0x9ECAE1, 0xFDD0A2);

  /** Names of the 40 classes by id. */
  public static final List<String> NAMES_40 =
      List.of(
          "wall",
          "floor",
          "cabinet",
          "bed",
          "chair",
          "sofa",
          "table",
          "door",
          "window",
          "bookshelf",
          "picture",
          "counter",
          "blinds",
          "desk",
          "shelves",
          "curtain",
          "dresser",
          "pillow",
          "mirror",
          "floor mat",
          "clothes",
          "ceiling",
          "books",
          "refrigerator",
          "television",
          "paper",
          "towel",
          "shower curtain",
          "box",
          "whiteboard",
          "person",
          "night stand",
          "toilet",
          "sink",
          "lamp",
          "bathtub",
          "bag",
          "otherstructure",
          "otherfurniture",
          "otherprop");

  /**
   * Colours of the 40 by id, packed 0xRRGGBB. A class that is among the 13 has its colour there;
   * the others were chosen one by one as the colour farthest from all before it in CIE Lab.
   */
  public static final List<Integer> COLORS_40 =
      List.of(
          0x9ECAE1, 0xC49C94, 0x0000FF, 0xE6550D, 0x31A354, 0x17BECF, 0xAD494A, 0x00FF00, 0xFDD0A2,
          0xFF11FF, 0xCE6DBD, 0xCCEE00, 0x6600AA, 0xFF0077, 0x005544, 0x00FF88, 0x00FFDD, 0xBBEEAA,
          0x44BB00, 0x770055, 0xFF22BB, 0xDADAEB, 0x8C6D31, 0x00AAFF, 0x393B79, 0x335500, 0x006688,
          0x0055FF, 0x889900, 0xCC66FF, 0xFF9900, 0xDD0033, 0x664444, 0x779977, 0xFF9966, 0xDDBBFF,
          0xFF88AA, 0xFFDD22, 0x6B6ECF, 0xE7BA52);

  /** The one of the 13 that each of the 40 belongs to. */
  private static final int[] OF_40 = {
    11, 4, 5, 0, 3, 8, 9, 11, 12, 5, 7, 5, 12, 9, 5, 12, 5, 6, 6, 4, 6, 2, 1, 5, 10, 6, 6, 6, 6, 6,
    6, 5, 6, 6, 6, 6, 6, 6, 5, 6
  };

  private NyuClasses() {}

  /**
   * The one of the 13 classes that one of the 40 belongs to.
   *
   * @param id 0 to 39, or 255 for ignored
   * @return 0 to 12; 255 for ignored
   */
  public static int to13(int id) {
    return id == ClassMap.USUAL_IGNORE_ID ? id : OF_40[id];
  }
}
