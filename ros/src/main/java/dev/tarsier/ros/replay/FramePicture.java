package dev.tarsier.ros.replay;

import java.util.List;

/**
 * A frame to look at in a report.
 *
 * @param title such as {@code frame 12, 3.40 s}
 * @param figures its errors in words
 * @param tiles in the order RGB, classes, depth, truth, error; what the bag lacks is left out
 */
public record FramePicture(String title, String figures, List<Tile> tiles) {
  /**
   * A picture.
   *
   * @param caption below it
   * @param mediaType {@code image/png} or {@code image/jpeg}
   * @param bytes encoded; owned by the tile
   */
  public record Tile(String caption, String mediaType, byte[] bytes) {}
}
