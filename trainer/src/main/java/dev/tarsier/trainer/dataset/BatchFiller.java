package dev.tarsier.trainer.dataset;

import dev.tarsier.trainer.task.Task;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Writes a frame into a slot of a batch: resized to the network's input, varied, cropped.
 *
 * <p>Colour is sampled bilinearly, averaged over more points where the frame is larger than the
 * input; labels and depth take the nearest pixel, since neither may be blended over an edge.
 * Magnifying by s brings the scene s times nearer: metric depth is divided by s. Where s is below 1
 * the batch shows more than the frame: nothing is known there, and it has the colour that networks
 * pad with.
 *
 * <p>Immutable; any thread.
 *
 * @param inputHeight of the network; the whole frame, at scale 1, has this height
 * @param inputWidth of the network
 * @param augmentation how frames are varied
 * @param classWeights weight of each class in the loss, by task and id; 1 where there is none. Not
 *     modified.
 */
record BatchFiller(
    int inputHeight, int inputWidth, Augmentation augmentation, Map<String, float[]> classWeights) {

  /**
   * Of what is not in the frame, RGB: ImageNet's mean, 0 once normalised as PyTorch's encoders have
   * it.
   */
  private static final float[] PADDING = {123.7f, 116.3f, 103.5f};

  /** Taps and weights along one axis: the value is the mean over samples of a linear blend. */
  private record Axis(int samples, int[] low, int[] high, float[] fraction) {
    static Axis of(int out, double first, double step, int size, boolean mirrored) {
      int samples = Math.max(1, (int) Math.round(step));
      int[] low = new int[out * samples];
      int[] high = new int[out * samples];
      float[] fraction = new float[out * samples];
      for (int i = 0; i < out; i++) {
        int at = mirrored ? out - 1 - i : i;
        for (int s = 0; s < samples; s++) {
          double x = first + (at + (s + 0.5) / samples) * step - 0.5;
          double clamped = Math.max(0, Math.min(size - 1.0, x));
          int floor = (int) clamped;
          low[i * samples + s] = floor;
          high[i * samples + s] = Math.min(size - 1, floor + 1);
          fraction[i * samples + s] = (float) (clamped - floor);
        }
      }
      return new Axis(samples, low, high, fraction);
    }
  }

  /** Fills slot {@code slot}; the same seed gives the same values. */
  void fill(Sample sample, long seed, Batch batch, int slot) {
    SplittableRandom random = new SplittableRandom(seed);
    boolean mirrored = random.nextDouble() < augmentation.flip();
    double scale = between(random, augmentation.minScale(), augmentation.maxScale());
    double perColumn = (double) sample.width() / inputWidth;
    double perRow = (double) sample.height() / inputHeight;
    double width = perColumn * batch.width() / scale;
    double height = perRow * batch.height() / scale;
    Grid.Region region =
        new Grid.Region(
            random.nextDouble() * (sample.width() - width),
            random.nextDouble() * (sample.height() - height),
            width,
            height);
    float[] curve = curve(sample, region, random);
    float saturation = (float) (1 + spread(random, augmentation.saturation()));
    color(sample, region, mirrored, curve, saturation, batch, slot);
    PlaneWriter writer = new PlaneWriter(sample, region, mirrored, (float) scale, slot);
    for (Task task : batch.contents().targets()) {
      writer.target(task, classWeights.get(task.id()), batch.target(task));
    }
    for (Task task : batch.contents().inputs()) {
      writer.input(task, batch.inputFloats(task), batch.height(), batch.width());
    }
    for (Task task : batch.contents().soft()) {
      writer.soft(task, batch.soft(task));
    }
  }

  private static double between(SplittableRandom random, double least, double most) {
    return least + random.nextDouble() * (most - least);
  }

  private static double spread(SplittableRandom random, double most) {
    return (2 * random.nextDouble() - 1) * most;
  }

  /** Gamma, brightness and contrast as one curve over 0..255. */
  private float[] curve(Sample sample, Grid.Region region, SplittableRandom random) {
    double exponent = Math.pow(1 + augmentation.gamma(), spread(random, 1));
    double brightness = 1 + spread(random, augmentation.brightness());
    double contrast = 1 + spread(random, augmentation.contrast());
    float[] curve = new float[256];
    for (int v = 0; v < curve.length; v++) {
      curve[v] = (float) (255 * Math.pow(v / 255.0, exponent) * brightness);
    }
    if (contrast != 1) {
      float mean = mean(sample, region, curve);
      for (int v = 0; v < curve.length; v++) {
        curve[v] = (float) ((curve[v] - mean) * contrast + mean);
      }
    }
    return curve;
  }

  private static float mean(Sample sample, Grid.Region region, float[] curve) {
    double sum = 0;
    int count = 0;
    int x0 = (int) Math.max(0, region.left());
    int x1 = (int) Math.min(sample.width(), region.left() + region.width());
    int y1 = (int) Math.min(sample.height(), region.top() + region.height());
    for (int y = (int) Math.max(0, region.top()); y < y1; y += 4) {
      for (int x = x0; x < x1; x += 4) {
        int at = 3 * (y * sample.width() + x);
        sum +=
            0.299 * curve[sample.rgb()[at] & 0xff]
                + 0.587 * curve[sample.rgb()[at + 1] & 0xff]
                + 0.114 * curve[sample.rgb()[at + 2] & 0xff];
        count++;
      }
    }
    return count == 0 ? 0 : (float) (sum / count);
  }

  private static void color(
      Sample sample,
      Grid.Region region,
      boolean mirrored,
      float[] curve,
      float saturation,
      Batch batch,
      int slot) {
    int w = batch.width();
    int h = batch.height();
    Axis columns = Axis.of(w, region.left(), region.width() / w, sample.width(), mirrored);
    Axis rows = Axis.of(h, region.top(), region.height() / h, sample.height(), false);
    Grid seen = Grid.of(region, sample.width(), sample.height(), w, h, mirrored);
    int samples = columns.samples() * rows.samples();
    byte[] rgb = sample.rgb();
    float[] line = new float[3 * w];
    FloatBuffer image = batch.imageFloats();
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        if (seen.pixel(y, x) == Grid.OUTSIDE) {
          for (int channel = 0; channel < 3; channel++) {
            line[channel * w + x] = PADDING[channel];
          }
          continue;
        }
        float r = 0;
        float g = 0;
        float b = 0;
        for (int i = y * rows.samples(); i < (y + 1) * rows.samples(); i++) {
          int low = rows.low()[i] * sample.width();
          int high = rows.high()[i] * sample.width();
          float fy = rows.fraction()[i];
          for (int j = x * columns.samples(); j < (x + 1) * columns.samples(); j++) {
            float fx = columns.fraction()[j];
            int a = 3 * (low + columns.low()[j]);
            int c = 3 * (low + columns.high()[j]);
            int d = 3 * (high + columns.low()[j]);
            int e = 3 * (high + columns.high()[j]);
            float wa = (1 - fx) * (1 - fy);
            float wc = fx * (1 - fy);
            float wd = (1 - fx) * fy;
            float we = fx * fy;
            r += blend(curve, rgb, a, c, d, e, wa, wc, wd, we);
            g += blend(curve, rgb, a + 1, c + 1, d + 1, e + 1, wa, wc, wd, we);
            b += blend(curve, rgb, a + 2, c + 2, d + 2, e + 2, wa, wc, wd, we);
          }
        }
        r /= samples;
        g /= samples;
        b /= samples;
        if (saturation != 1) {
          float grey = 0.299f * r + 0.587f * g + 0.114f * b;
          r = grey + (r - grey) * saturation;
          g = grey + (g - grey) * saturation;
          b = grey + (b - grey) * saturation;
        }
        line[x] = Math.max(0, Math.min(255, r));
        line[w + x] = Math.max(0, Math.min(255, g));
        line[2 * w + x] = Math.max(0, Math.min(255, b));
      }
      for (int channel = 0; channel < 3; channel++) {
        image.put(((slot * 3 + channel) * h + y) * w, line, channel * w, w);
      }
    }
  }

  private static float blend(
      float[] curve,
      byte[] rgb,
      int a,
      int c,
      int d,
      int e,
      float wa,
      float wc,
      float wd,
      float we) {
    return wa * curve[rgb[a] & 0xff]
        + wc * curve[rgb[c] & 0xff]
        + wd * curve[rgb[d] & 0xff]
        + we * curve[rgb[e] & 0xff];
  }
}
