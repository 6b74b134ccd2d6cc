package dev.tarsier.trainer.task;

import dev.tarsier.runtime.task.ClassMap;
import java.util.List;

/**
 * The classes of Cityscapes (Cordts et al., CVPR 2016) as the product numbers them: the 19 that the
 * benchmark scores, by its training ids, and the 7 categories; 255 is ignored. The data set's own
 * files hold label ids, 0 to 33.
 */
public final class CityscapesClasses {
  /** Names of the 19 classes by id. */
  public static final List<String> NAMES_19 =
      List.of(
          "road",
          "sidewalk",
          "building",
          "wall",
          "fence",
          "pole",
          "traffic light",
          "traffic sign",
          "vegetation",
          "terrain",
          "sky",
          "person",
          "rider",
          "car",
          "truck",
          "bus",
          "train",
          "motorcycle",
          "bicycle");

  /** The data set's own colours of the 19 by id, packed 0xRRGGBB. */
  public static final List<Integer> COLORS_19 =
      List.of(
          0x804080, 0xF423E8, 0x464646, 0x66669C, 0xBE9999, 0x999999, 0xFAAA1E, 0xDCDC00, 0x6B8E23,
          0x98FB98, 0x4682B4, 0xDC143C, 0xFF0000, 0x00008E, 0x000046, 0x003C64, 0x005064, 0x0000E6,
          0x770B20);

  /** Names of the 7 categories by id. */
  public static final List<String> NAMES_7 =
      List.of("flat", "construction", "object", "nature", "sky", "human", "vehicle");

  /** Colours of the 7 by id: each that of its most frequent class. */
  public static final List<Integer> COLORS_7 =
      List.of(0x804080, 0x464646, 0x999999, 0x6B8E23, 0x4682B4, 0xDC143C, 0x00008E);

  /** The largest label id in the data set's files. */
  public static final int LAST_LABEL_ID = 33;

  private static final int[] SCORED = {
    7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33
  };

  /** The first label id of each category, which ends where the next begins. */
  private static final int[] CATEGORY_STARTS = {7, 11, 17, 21, 23, 24, 26};

  private CityscapesClasses() {}

  /**
   * One of the 19 classes.
   *
   * @param labelId as in {@code gtFine_labelIds.png}
   * @return 0 to 18; 255 for a label that is not scored
   */
  public static int to19(int labelId) {
    for (int id = 0; id < SCORED.length; id++) {
      if (SCORED[id] == labelId) {
        return id;
      }
    }
    return ClassMap.USUAL_IGNORE_ID;
  }

  /**
   * One of the 7 categories.
   *
   * @param labelId as in {@code gtFine_labelIds.png}
   * @return 0 to 6; 255 for labels that belong to none
   */
  public static int to7(int labelId) {
    if (labelId > LAST_LABEL_ID) {
      return ClassMap.USUAL_IGNORE_ID;
    }
    for (int id = CATEGORY_STARTS.length - 1; id >= 0; id--) {
      if (labelId >= CATEGORY_STARTS[id]) {
        return id;
      }
    }
    return ClassMap.USUAL_IGNORE_ID;
  }
}
