package dev.tarsier.trainer.render;

import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.trainer.dataset.RgbdSample;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.task.ClassSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Labels of rendered frames as CVAT exports a task to "Segmentation mask 1.1": {@code
 * labelmap.txt}, masks in its colours below {@code SegmentationClass}, named by the frames' stamps
 * as {@code tarsier bag export} names its images, and a list. In place of a person who labels. One
 * thread.
 */
public final class RenderedMasks {
  private static final ClassSet CLASSES = ClassSet.NYU_13;

  private final Path root;
  private final List<String> names = new ArrayList<>();

  /**
   * Makes the folder.
   *
   * @param root must not exist or be empty
   * @throws IOException if that fails, or the folder holds something
   */
  public RenderedMasks(Path root) throws IOException {
    this.root = root;
    if (Files.isDirectory(root)) {
      try (Stream<Path> there = Files.list(root)) {
        if (there.findAny().isPresent()) {
          throw new IOException(root + " is not empty; name a new folder");
        }
      }
    }
    Files.createDirectories(root.resolve("SegmentationClass"));
    Files.createDirectories(root.resolve("ImageSets/Segmentation"));
  }

  /**
   * Writes the labels of one frame.
   *
   * @param frame Not modified.
   * @throws IOException if a file cannot be written
   */
  public void add(RenderedFrame frame) throws IOException {
    Sample sample = frame.sample();
    byte[] ids = RgbdSample.labels(sample);
    byte[] rgb = new byte[3 * ids.length];
    for (int i = 0; i < ids.length; i++) {
      int id = ids[i] & 0xff;
      int color = id == ClassMap.USUAL_IGNORE_ID ? 0 : CLASSES.colors().get(id);
      rgb[3 * i] = (byte) (color >> 16);
      rgb[3 * i + 1] = (byte) (color >> 8);
      rgb[3 * i + 2] = (byte) color;
    }
    String name = Long.toString(frame.stampNanos());
    WholeFile.write(
        root.resolve("SegmentationClass").resolve(name + ".png"),
        EncodedImage.png(EncodedImage.rgb(sample.width(), sample.height(), rgb)));
    names.add(name);
  }

  /** How many frames there are. */
  public int size() {
    return names.size();
  }

  /**
   * Writes the label map and the list.
   *
   * @throws IOException if a file cannot be written
   */
  public void finish() throws IOException {
    StringBuilder map = new StringBuilder("# label:color_rgb:parts:actions\nbackground:0,0,0::\n");
    for (int id = 0; id < CLASSES.size(); id++) {
      int color = CLASSES.colors().get(id);
      map.append(
          "%s:%d,%d,%d::\n"
              .formatted(
                  CLASSES.names().get(id), color >> 16 & 255, color >> 8 & 255, color & 255));
    }
    WholeFile.write(root.resolve("labelmap.txt"), map.toString());
    WholeFile.write(
        root.resolve("ImageSets/Segmentation/default.txt"), String.join("\n", names) + "\n");
  }
}
