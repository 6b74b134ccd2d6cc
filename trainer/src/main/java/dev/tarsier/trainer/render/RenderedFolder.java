package dev.tarsier.trainer.render;

import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.trainer.dataset.RgbdSample;
import dev.tarsier.trainer.dataset.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder of rendered frames in the layout of our NYUDv2 folder: {@code rgb/NNNN.jpg}, {@code
 * depth/NNNN.png} (uint8, metres = (v + 0.5)/25.5, 0 = unknown), {@code label13/NNNN.png} (id + 1,
 * 0 = ignored) and the lists {@code splits/all.txt}, {@code train.txt} and {@code val.txt}. One
 * thread.
 */
public final class RenderedFolder {
  private static final float JPEG_QUALITY = 0.95f;

  private final Path root;
  private final List<String> train = new ArrayList<>();
  private final List<String> val = new ArrayList<>();

  /**
   * Makes the folders.
   *
   * @param root must not exist or be empty
   * @throws IOException if that fails, or the folder holds something
   */
  public RenderedFolder(Path root) throws IOException {
    this.root = root;
    if (Files.isDirectory(root)) {
      try (Stream<Path> there = Files.list(root)) {
        if (there.findAny().isPresent()) {
          throw new IOException(root + " is not empty; name a new folder");
        }
      }
    }
    for (String part : List.of("rgb", "depth", "label13", "splits")) {
      Files.createDirectories(root.resolve(part));
    }
  }

  /**
   * Writes one frame.
   *
   * @param frame Not modified.
   * @param heldOut whether it belongs to {@code val} rather than {@code train}
   * @throws IOException if a file cannot be written
   */
  public void add(RenderedFrame frame, boolean heldOut) throws IOException {
    Sample sample = frame.sample();
    String name = "%04d".formatted(train.size() + val.size());
    int pixels = sample.width() * sample.height();
    byte[] depth = new byte[pixels];
    byte[] labels = new byte[pixels];
    float[] metres = RgbdSample.depth(sample);
    byte[] ids = RgbdSample.labels(sample);
    for (int i = 0; i < pixels; i++) {
      float z = metres[i];
      // 0 is unknown.
      depth[i] = (byte) (Float.isNaN(z) ? 0 : Math.max(1, Math.min(255, (int) (z * 25.5f))));
      labels[i] = (byte) (ids[i] + 1);
    }
    int width = sample.width();
    int height = sample.height();
    WholeFile.write(
        root.resolve("rgb").resolve(name + ".jpg"),
        EncodedImage.of(EncodedImage.rgb(width, height, sample.rgb()), "jpeg", JPEG_QUALITY));
    WholeFile.write(
        root.resolve("depth").resolve(name + ".png"),
        EncodedImage.png(EncodedImage.gray(width, height, depth)));
    WholeFile.write(
        root.resolve("label13").resolve(name + ".png"),
        EncodedImage.png(EncodedImage.gray(width, height, labels)));
    (heldOut ? val : train).add(name);
  }

  /**
   * Writes the lists of frames.
   *
   * @throws IOException if a file cannot be written
   */
  public void finish() throws IOException {
    Path splits = root.resolve("splits");
    List<String> all = new ArrayList<>(train);
    all.addAll(val);
    all.sort(null);
    WholeFile.write(splits.resolve("all.txt"), lines(all));
    if (!val.isEmpty()) {
      WholeFile.write(splits.resolve("train.txt"), lines(train));
      WholeFile.write(splits.resolve("val.txt"), lines(val));
    }
  }

  private static String lines(List<String> names) {
    return String.join("\n", names) + "\n";
  }
}
