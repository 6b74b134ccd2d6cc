package dev.tarsier.trainer.experiment;

import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.task.UnitVectorMap;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.recipe.PredictionSample;
import dev.tarsier.trainer.task.TaskType;
import dev.tarsier.trainer.task.Tasks;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import javax.imageio.ImageIO;

/**
 * Validation frames and what networks say of them, as files: class ids as 8-bit PNG (255 =
 * unknown), metres as 16-bit PNG (millimetres, 0 = unknown), colour and directions as RGB.
 */
final class FramePictures {
  private static final float MOST_METRES = 65.535f;

  private FramePictures() {}

  /** Keeps the frames and their truth, over what was kept of other frames. */
  static void keepTruth(Path folder, List<PredictionSample> samples) throws IOException {
    for (int k = 0; k < samples.size(); k++) {
      Sample sample = samples.get(k).sample();
      keep(folder, k, samples.get(k).truth());
      WholeFile.write(
          file(folder, k, "rgb"),
          EncodedImage.png(EncodedImage.rgb(sample.width(), sample.height(), sample.rgb())));
    }
  }

  /** Keeps what a network says. */
  static void keep(Path folder, List<PredictionSample> samples) throws IOException {
    for (int k = 0; k < samples.size(); k++) {
      keep(folder, k, samples.get(k).planes());
    }
  }

  private static void keep(Path folder, int k, Map<String, Plane> planes) throws IOException {
    Files.createDirectories(folder);
    for (Map.Entry<String, Plane> each : planes.entrySet()) {
      Plane plane = each.getValue();
      Path file = file(folder, k, Tasks.of(each.getKey()).recipeName());
      if (plane.isIds()) {
        WholeFile.write(
            file,
            EncodedImage.png(EncodedImage.gray(plane.width(), plane.height(), plane.idArray())));
      } else if (plane.channels() == 1) {
        short[] millimetres = new short[plane.width() * plane.height()];
        for (int i = 0; i < millimetres.length; i++) {
          float z = plane.values().get(i);
          boolean known = z > 0 && z < MOST_METRES;
          millimetres[i] = (short) (known ? Math.round(1000 * z) : 0);
        }
        WholeFile.write(
            file, EncodedImage.png(EncodedImage.gray(plane.width(), plane.height(), millimetres)));
      } else if (plane.channels() == 3) {
        WholeFile.write(
            file, EncodedImage.png(EncodedImage.rgb(plane.width(), plane.height(), colors(plane))));
      }
    }
  }

  /** Directions as colours, RGB; black where nothing is known. */
  private static byte[] colors(Plane directions) {
    byte[] rgb = new byte[3 * directions.width() * directions.height()];
    for (int i = 0; i < rgb.length; i += 3) {
      float right = directions.values().get(i);
      float down = directions.values().get(i + 1);
      float away = directions.values().get(i + 2);
      if (UnitVectorMap.isKnown(right, down, away)) {
        int color = UnitVectorMap.rgb(right, down, away);
        rgb[i] = (byte) (color >> 16);
        rgb[i + 1] = (byte) (color >> 8);
        rgb[i + 2] = (byte) color;
      }
    }
    return rgb;
  }

  /** What was kept of a task as it is. */
  static Optional<BufferedImage> kept(Path folder, int k, TaskType task) throws IOException {
    return read(file(folder, k, task.recipeName()));
  }

  private static Path file(Path folder, int k, String what) {
    return folder.resolve("frame-%d-%s.png".formatted(k + 1, what));
  }

  /** A kept colour frame. */
  static Optional<BufferedImage> rgb(Path folder, int k) throws IOException {
    return read(file(folder, k, "rgb"));
  }

  /**
   * What was kept of a task, in colours.
   *
   * @param color RGB of what is in the file: a class id, or millimetres
   */
  static Optional<BufferedImage> painted(Path folder, int k, TaskType task, IntUnaryOperator color)
      throws IOException {
    return read(file(folder, k, task.recipeName()))
        .map(
            kept -> {
              BufferedImage shown =
                  new BufferedImage(kept.getWidth(), kept.getHeight(), BufferedImage.TYPE_INT_RGB);
              for (int y = 0; y < kept.getHeight(); y++) {
                for (int x = 0; x < kept.getWidth(); x++) {
                  shown.setRGB(x, y, color.applyAsInt(kept.getRaster().getSample(x, y, 0)));
                }
              }
              return shown;
            });
  }

  /** The colour of a distance, RGB: near is warm and light, far is dark blue. */
  static int color(double metres, double farthestMetres) {
    return warmth(1 - metres / farthestMetres);
  }

  /** Dark blue, purple, orange, pale yellow: lightness grows all the way. */
  private static int warmth(double nearness) {
    double t = Math.max(0, Math.min(1, nearness));
    int[][] stops = {{12, 8, 60}, {110, 25, 110}, {210, 70, 70}, {250, 160, 50}, {252, 250, 190}};
    double at = t * (stops.length - 1);
    int low = Math.min(stops.length - 2, (int) at);
    int rgb = 0;
    for (int c = 0; c < 3; c++) {
      double value = stops[low][c] + (at - low) * (stops[low + 1][c] - stops[low][c]);
      rgb = rgb << 8 | (int) Math.round(value);
    }
    return rgb;
  }

  private static Optional<BufferedImage> read(Path file) throws IOException {
    return Files.exists(file) ? Optional.ofNullable(ImageIO.read(file.toFile())) : Optional.empty();
  }
}
