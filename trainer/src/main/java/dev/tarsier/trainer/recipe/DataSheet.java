package dev.tarsier.trainer.recipe;

import dev.tarsier.ros.replay.ColorMap;
import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.trainer.dataset.RgbdSample;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.depth.DepthMap;
import dev.tarsier.trainer.pseudolabel.LabelPictures;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Pictures of some frames of a data set: the image with its labels, and its depth.
 *
 * @param part the data set
 * @param cells the frames
 * @param gradient of depth's colours in CSS, from near to far
 * @param far what the darkest colour stands for, metres; 0 where there is no depth
 */
record DataSheet(DataPart part, List<Cell> cells, String gradient, float far) {
  private static final int LABELLED_FRAMES = 12;
  private static final int OTHER_FRAMES = 4;
  private static final int WIDTH = 300;
  private static final float JPEG_QUALITY = 0.85f;

  /**
   * A frame.
   *
   * @param name its file's, or its stamp
   * @param says what there is of it
   * @param jpeg image and depth side by side
   */
  record Cell(String name, String says, byte[] jpeg) {}

  /** Draws frames that are spread evenly over a data set, most of them labelled ones. */
  static DataSheet of(DataPart part) {
    List<Integer> chosen = new ArrayList<>(spread(part.labelled(), LABELLED_FRAMES));
    chosen.addAll(spread(part.unlabelled(), chosen.isEmpty() ? LABELLED_FRAMES : OTHER_FRAMES));
    List<Cell> cells =
        chosen.stream().sorted().map(index -> cell(part, part.source().get(index))).toList();
    return new DataSheet(part, cells, ColorMap.metricGradient(), part.far());
  }

  private static List<Integer> spread(List<Integer> from, int most) {
    List<Integer> some = new ArrayList<>();
    int count = Math.min(most, from.size());
    for (int i = 0; i < count; i++) {
      some.add(from.get((int) ((2L * i + 1) * from.size() / (2L * count))));
    }
    return some;
  }

  private static Cell cell(DataPart part, Sample sample) {
    byte[] ids = RgbdSample.labels(sample);
    float[] metres = RgbdSample.depth(sample);
    BufferedImage image =
        ids == null
            ? EncodedImage.rgb(sample.width(), sample.height(), sample.rgb())
            : LabelPictures.painted(
                gray(sample, ids), sample.width(), sample.height(), ids, part.classes().colors());
    int height = Math.max(1, WIDTH * sample.height() / sample.width());
    BufferedImage both =
        new BufferedImage(metres == null ? WIDTH : 2 * WIDTH, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = both.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    g.drawImage(image, 0, 0, WIDTH, height, null);
    if (metres != null) {
      g.setRenderingHint(
          RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
      g.drawImage(depth(sample, metres, part.far()), WIDTH, 0, WIDTH, height, null);
    }
    g.dispose();
    return new Cell(
        sample.name().replaceFirst(".*/", ""),
        says(sample, ids, metres),
        EncodedImage.of(both, "jpeg", JPEG_QUALITY));
  }

  /** Without colour where there is a label, so that a class looks as the legend has it. */
  private static Sample gray(Sample sample, byte[] ids) {
    byte[] rgb = sample.rgb().clone();
    for (int i = 0; i < ids.length; i++) {
      if ((ids[i] & 255) != ClassMap.USUAL_IGNORE_ID) {
        int sum = (rgb[3 * i] & 255) + (rgb[3 * i + 1] & 255) + (rgb[3 * i + 2] & 255);
        Arrays.fill(rgb, 3 * i, 3 * i + 3, (byte) (sum / 3));
      }
    }
    return Sample.of(sample.name(), sample.width(), sample.height(), rgb);
  }

  private static BufferedImage depth(Sample sample, float[] metres, float far) {
    BufferedImage image =
        new BufferedImage(sample.width(), sample.height(), BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < metres.length; i++) {
      image.setRGB(i % sample.width(), i / sample.width(), ColorMap.metric(metres[i], 0, far));
    }
    return image;
  }

  private static String says(Sample sample, byte[] ids, float[] metres) {
    List<String> says = new ArrayList<>();
    if (ids == null) {
      says.add("no labels");
    } else {
      int known = 0;
      for (byte id : ids) {
        known += id == -1 ? 0 : 1;
      }
      says.add(String.format(Locale.ROOT, "%.0f %% labelled", 100.0 * known / ids.length));
    }
    if (metres == null) {
      says.add("no depth");
    } else {
      DepthMap.Look look =
          new DepthMap(Path.of(""), sample.width(), sample.height(), metres).look();
      says.add(
          look.known() == 0
              ? "depth of holes alone"
              : String.format(
                  Locale.ROOT,
                  "depth %.2f to %.1f m, %.0f %% known",
                  look.near(),
                  look.far(),
                  100 * look.known()));
    }
    return String.join(", ", says);
  }
}
