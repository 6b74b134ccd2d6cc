package dev.tarsier.trainer.pseudolabel;

import dev.tarsier.runtime.accuracy.Sampling;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.onnx.ForeignNetwork;
import dev.tarsier.trainer.onnx.ForeignNetwork.Answer;
import dev.tarsier.trainer.onnx.ImportException;
import dev.tarsier.trainer.onnx.ImportOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One thing that someone else's network says, in the terms of a recipe: probabilities of the
 * recipe's classes, or depth in metres. Depth without a unit is fitted to the depth that each frame
 * has of its own.
 *
 * @param network what says it
 * @param head which of its outputs
 * @param classes of a head of classes: by their place the recipe's ids, −1 for those that it has
 *     not; empty of depth. Not modified.
 * @param maxMetres depth beyond it is left out
 */
public record OnnxTeacher(
    ForeignNetwork network, Head head, List<Integer> classes, double maxMetres) {
  /** Confidence is measured in this many columns and rows of a frame. */
  private static final int COLUMNS = 16;

  private static final int ROWS = 12;

  /** A part of a frame is judged by its own pixels as far as it has more than so many of them. */
  private static final int PRIOR = 20;

  /** Raised when the same network would be understood otherwise. */
  private static final int VERSION = 2;

  /** Copies. */
  public OnnxTeacher {
    classes = List.copyOf(classes);
  }

  /** Whether it says classes, not depth. */
  public boolean saysClasses() {
    return head.kind() instanceof ClassMap;
  }

  /** Whether its depth has no unit. */
  public boolean isFitted() {
    return head.kind() instanceof RelativeMap;
  }

  /** All that decides what it says, by name. */
  public Map<String, Object> describe() {
    Map<String, Object> all = new LinkedHashMap<>(network.describe(head));
    all.put("version", VERSION);
    if (saysClasses()) {
      all.put("class_ids", classes);
      return all;
    }
    all.put("max_metres", maxMetres);
    all.put("least_confidence", DepthEstimate.LEAST_CONFIDENCE);
    if (isFitted()) {
      all.put("fit", DepthFit.constants());
      all.put("confidence", List.of(COLUMNS, ROWS, PRIOR));
    }
    return all;
  }

  /** What it is, on one line, for people. */
  public String inWords() {
    String what =
        saysClasses()
            ? "%d classes, %d of them of the recipe's"
                .formatted(classes.size(), classes.stream().filter(each -> each >= 0).count())
            : head.kind() instanceof RelativeMap map
                ? "depth without a unit (larger is %s), fitted to each frame's own"
                    .formatted(map.larger().word())
                : "depth in metres";
    return "`%s` (sha256 %s), someone else's: %s; takes %s"
        .formatted(network.path().getFileName(), network.sha256(), what, network.takes());
  }

  /** The name of its file. */
  public String file() {
    return network.path().getFileName().toString();
  }

  /**
   * Whether depth can be fitted to a frame's own.
   *
   * @param task whose plane is the depth
   */
  static boolean canFit(Sample sample, String task) {
    float[] metres = sample.values(task);
    int known = 0;
    for (int i = 0; metres != null && i < metres.length; i++) {
      known += MetricMap.isKnown(metres[i]) ? 1 : 0;
    }
    return known >= DepthFit.LEAST_PIXELS;
  }

  /**
   * Depth that it says of a frame, and by which fit; of metres there is none.
   *
   * @param estimate none known where the fit does not hold
   * @param fit null of metres
   * @param otherWay whether it does not hold, and would if larger meant the opposite
   */
  record Measured(DepthEstimate estimate, DepthFit fit, boolean otherWay) {
    boolean holds() {
      return fit == null || fit.holds();
    }
  }

  /** Labels frames; one thread, and must be closed. */
  static final class Session implements AutoCloseable {
    private final OnnxTeacher teacher;
    private final ForeignNetwork.Session session;
    private final boolean flip;

    Session(OnnxTeacher teacher, ForeignNetwork.Session session, boolean flip) {
      this.teacher = teacher;
      this.session = session;
      this.flip = flip;
    }

    /** Answers for frames, and for the same mirrored where that is wanted. */
    private List<List<Answer>> answers(List<Sample> samples) {
      List<RgbImage> images = new ArrayList<>();
      List<String> names = new ArrayList<>();
      for (Sample each : samples) {
        RgbImage image = new RgbImage(each.width(), each.height(), each.rgb());
        images.add(image);
        names.add(each.name());
        if (flip) {
          images.add(mirrored(image));
          names.add(each.name() + ", mirrored");
        }
      }
      List<Answer> all;
      try {
        all = session.run(images, names);
      } catch (ImportException e) {
        throw new DataException(ImportOptions.withKeys(e.getMessage()), e);
      }
      int looks = flip ? 2 : 1;
      List<List<Answer>> answers = new ArrayList<>();
      for (int i = 0; i < samples.size(); i++) {
        answers.add(all.subList(i * looks, (i + 1) * looks));
      }
      return answers;
    }

    private static RgbImage mirrored(RgbImage image) {
      byte[] from = image.pixels();
      byte[] to = new byte[from.length];
      int width = image.width();
      for (int i = 0; i < width * image.height(); i++) {
        int at = i / width * width + width - 1 - i % width;
        System.arraycopy(from, 3 * at, to, 3 * i, 3);
      }
      return new RgbImage(width, image.height(), to);
    }

    /**
     * Probabilities of the recipe's classes; those of several of the network's classes that are one
     * of the recipe's are added. What is missing from 1 is the share of classes that the recipe has
     * not.
     *
     * @param count of the recipe's classes, C
     * @return for each frame float32 [C, height, width]
     */
    List<float[]> probabilities(List<Sample> samples, int count, int height, int width) {
      List<float[]> all = new ArrayList<>();
      for (List<Answer> looks : answers(samples)) {
        float[] sum = new float[count * height * width];
        for (int look = 0; look < looks.size(); look++) {
          float[] own = looks.get(look).probabilities(teacher.head, height, width);
          add(own, look == 1, looks.size(), sum, height, width);
        }
        all.add(sum);
      }
      return all;
    }

    private void add(float[] own, boolean mirrored, int looks, float[] sum, int height, int width) {
      int area = height * width;
      for (int c = 0; c < teacher.classes.size(); c++) {
        int to = teacher.classes.get(c);
        if (to < 0) {
          continue;
        }
        for (int i = 0; i < area; i++) {
          int from = mirrored ? i / width * width + width - 1 - i % width : i;
          sum[to * area + i] += own[c * area + from] / looks;
        }
      }
    }

    /**
     * Depth of frames.
     *
     * @param task whose plane is a frame's own depth
     */
    List<Measured> depth(List<Sample> samples, String task, int height, int width) {
      List<Measured> all = new ArrayList<>();
      List<List<Answer>> answers = answers(samples);
      for (int i = 0; i < samples.size(); i++) {
        float[] said = new float[height * width];
        for (int look = 0; look < answers.get(i).size(); look++) {
          float[] own = answers.get(i).get(look).values(teacher.head, height, width);
          for (int at = 0; at < said.length; at++) {
            int from = look == 1 ? at / width * width + width - 1 - at % width : at;
            said[at] += own[from] / answers.get(i).size();
          }
        }
        all.add(
            teacher.isFitted()
                ? teacher.fitted(samples.get(i), task, said, height, width)
                : new Measured(teacher.metric(said), null, false));
      }
      return all;
    }

    @Override
    public void close() {
      session.close();
    }
  }

  private DepthEstimate metric(float[] said) {
    float[] metres = new float[said.length];
    float[] confidence = new float[said.length];
    for (int i = 0; i < said.length; i++) {
      boolean known = MetricMap.isKnown(said[i]) && said[i] <= maxMetres;
      metres[i] = known ? said[i] : Float.NaN;
      confidence[i] = known ? 1 : 0;
    }
    return new DepthEstimate(metres, confidence);
  }

  /** A frame's own pixels at the places of the map's; a sparse sensor must not lose any. */
  private Measured fitted(Sample sample, String task, float[] said, int height, int width) {
    float[] own = sample.values(task);
    int most = own == null ? 0 : own.length;
    double[] x = new double[most];
    double[] metres = new double[most];
    int[] places = new int[most];
    int count = 0;
    for (int i = 0; i < most; i++) {
      int at = Sampling.nearest(i, sample.width(), sample.height(), width, height);
      if (MetricMap.isKnown(own[i]) && RelativeMap.isKnown(said[at])) {
        x[count] = said[at];
        metres[count] = own[i];
        places[count++] = at;
      }
    }
    DepthFit.Pixels pixels =
        new DepthFit.Pixels(Arrays.copyOf(x, count), Arrays.copyOf(metres, count));
    boolean nearer = ((RelativeMap) head.kind()).larger() == RelativeMap.Larger.NEARER;
    long seed = sample.name().hashCode();
    DepthFit fit = DepthFit.of(pixels, nearer, seed);
    if (!fit.holds()) {
      float[] nothing = new float[said.length];
      Arrays.fill(nothing, Float.NaN);
      boolean otherWay = DepthFit.of(pixels, !nearer, seed).holds();
      return new Measured(new DepthEstimate(nothing, new float[said.length]), fit, otherWay);
    }
    return new Measured(
        estimate(fit, pixels, Arrays.copyOf(places, count), said, height, width), fit, false);
  }

  private DepthEstimate estimate(
      DepthFit fit, DepthFit.Pixels pixels, int[] places, float[] said, int height, int width) {
    int[] compared = new int[ROWS * COLUMNS];
    int[] agreeing = new int[ROWS * COLUMNS];
    for (int i = 0; i < places.length; i++) {
      int part = part(places[i], height, width);
      compared[part]++;
      agreeing[part] += fit.agrees(pixels.said()[i], pixels.metres()[i]) ? 1 : 0;
    }
    float[] metres = new float[said.length];
    float[] confidence = new float[said.length];
    for (int i = 0; i < said.length; i++) {
      double here = fit.metres(said[i]);
      if (!(here <= maxMetres)) {
        metres[i] = Float.NaN;
        continue;
      }
      int part = part(i, height, width);
      double share = (agreeing[part] + PRIOR * fit.inliers()) / (compared[part] + PRIOR);
      metres[i] = (float) here;
      confidence[i] = (float) (share * fit.support(here));
    }
    return new DepthEstimate(metres, confidence);
  }

  private static int part(int pixel, int height, int width) {
    return pixel / width * ROWS / height * COLUMNS + pixel % width * COLUMNS / width;
  }
}
