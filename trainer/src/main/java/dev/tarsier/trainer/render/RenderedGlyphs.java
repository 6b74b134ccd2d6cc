package dev.tarsier.trainer.render;

import dev.tarsier.runtime.task.Plane;
import dev.tarsier.trainer.dataset.CachedSource;
import dev.tarsier.trainer.dataset.ContentHash;
import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.dataset.DataSetOpening;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Small pictures of digits, or of made-up characters, that the product draws itself: a stand-in for
 * {@code svhn} and {@code omniglot} that needs no download. Digits are coloured, on a coloured
 * ground, often with parts of others beside them, as on a house; characters are dark strokes on
 * white. Both are turned, slanted, stretched and moved, and each image has a class of one task
 * alone. They are far easier than the data sets whose place they take: no figure compares.
 *
 * <p>Immutable; any thread. The same index gives the same bytes on every machine.
 *
 * @param options what is drawn
 * @param width of the images, pixels
 * @param height of the images, pixels
 */
public record RenderedGlyphs(Options options, int width, int height) implements SampleSource {
  /** Raised when the same options would no longer give the same images. */
  private static final int VERSION = 1;

  /** Of the made-up alphabet: the same characters whatever seed images are drawn with. */
  private static final long ALPHABET = 0xA1FABE7L;

  private static final int ARC_STEPS = 12;

  /** What is drawn. */
  public enum Glyphs {
    /** 0 to 9. */
    DIGITS("digit_class"),
    /** Of a made-up alphabet. */
    CHARACTERS("character_class");

    private final String task;

    Glyphs(String task) {
      this.task = task;
    }

    /** In lower case, as recipes write it. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Drawn images, at the size of the network's input. Each class comes equally often.
   *
   * @param glyphs what is drawn
   * @param characters how many there are; 20 when absent; of digits there are ten
   * @param task whose classes they are; {@code digit_class} or {@code character_class} when absent
   * @param seed of how they are drawn; 1 when absent
   * @param firstImage the first; data sets whose images do not overlap share none
   * @param images how many
   * @param perEpoch images an epoch takes; 0 when absent
   * @param depthProtocol of no consequence
   * @param optional of no consequence: they are never absent
   */
  public record Options(
      Glyphs glyphs,
      Integer characters,
      String task,
      Long seed,
      Integer firstImage,
      Integer images,
      Integer perEpoch,
      String depthProtocol,
      Boolean optional)
      implements DataSet {
    private static final int MOST_CHARACTERS = 10_000;

    /** Checks and fills in. */
    public Options {
      DataSet.require("glyphs", glyphs);
      DataSet.require("images", images);
      if (glyphs == Glyphs.DIGITS && characters != null && characters != 10) {
        throw new IllegalArgumentException(
            "characters is for glyphs: characters; there are ten digits, got " + characters);
      }
      characters =
          glyphs == Glyphs.DIGITS ? Integer.valueOf(10) : characters == null ? 20 : characters;
      task = task == null ? glyphs.task : task;
      seed = seed == null ? 1 : seed;
      firstImage = firstImage == null ? 0 : firstImage;
      perEpoch = DataSet.count(perEpoch);
      depthProtocol = depthProtocol == null ? FULL : depthProtocol;
      optional = optional != null && optional;
      if (images < 1 || firstImage < 0 || (long) firstImage + images > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "images must be >= 1 and first_image >= 0, got %d and %d"
                .formatted(images, firstImage));
      }
      if (characters < 2 || characters > MOST_CHARACTERS) {
        throw new IllegalArgumentException(
            "characters must be 2 to %d, got %d".formatted(MOST_CHARACTERS, characters));
      }
    }

    @Override
    public Map<String, List<String>> imageClasses() {
      String prefix = glyphs == Glyphs.DIGITS ? "" : "character ";
      return Map.of(task, IntStream.range(0, characters).mapToObj(id -> prefix + id).toList());
    }

    @Override
    public boolean madeToSize() {
      return true;
    }

    @Override
    public DepthScale depthScale() {
      return DepthScale.NONE;
    }

    @Override
    public Optional<SampleSource> open(DataSetOpening with) {
      return Optional.of(new CachedSource(new RenderedGlyphs(this, with.width(), with.height())));
    }
  }

  /** Registers it. */
  public static final class Registered extends DataSet.Kind {
    /** For the service loader. */
    public Registered() {
      super("rendered_glyphs", Options.class);
    }
  }

  /** Points of a line, x to the right and y down, both 0 to 1. */
  private record Line(double[] x, double[] y) {
    static Line of(double... points) {
      double[] x = new double[points.length / 2];
      double[] y = new double[points.length / 2];
      for (int i = 0; i < x.length; i++) {
        x[i] = points[2 * i];
        y[i] = points[2 * i + 1];
      }
      return new Line(x, y);
    }

    /** Part of an ellipse, from one angle to another, degrees, 0 to the right, 90 down. */
    static Line arc(double cx, double cy, double rx, double ry, double from, double to) {
      double[] x = new double[ARC_STEPS + 1];
      double[] y = new double[ARC_STEPS + 1];
      for (int i = 0; i <= ARC_STEPS; i++) {
        double angle = StrictMath.toRadians(from + (to - from) * i / ARC_STEPS);
        x[i] = cx + rx * StrictMath.cos(angle);
        y[i] = cy + ry * StrictMath.sin(angle);
      }
      return new Line(x, y);
    }

    /** A curve that begins and ends in two points and is drawn towards the one between. */
    static Line bent(double[] p) {
      double[] x = new double[ARC_STEPS + 1];
      double[] y = new double[ARC_STEPS + 1];
      for (int i = 0; i <= ARC_STEPS; i++) {
        double t = (double) i / ARC_STEPS;
        double a = (1 - t) * (1 - t);
        double b = 2 * t * (1 - t);
        double c = t * t;
        x[i] = a * p[0] + b * p[2] + c * p[4];
        y[i] = a * p[1] + b * p[3] + c * p[5];
      }
      return new Line(x, y);
    }

    /** Turned by half a circle about the middle. */
    Line turned() {
      double[] otherX = new double[x.length];
      double[] otherY = new double[y.length];
      for (int i = 0; i < x.length; i++) {
        otherX[i] = 1 - x[i];
        otherY[i] = 1 - y[i];
      }
      return new Line(otherX, otherY);
    }
  }

  private static final List<Line> SIX =
      List.of(
          Line.arc(0.5, 0.68, 0.29, 0.26, 0, 360),
          Line.of(0.68, 0.08, 0.45, 0.24, 0.29, 0.44, 0.21, 0.68));

  private static final List<List<Line>> DIGITS =
      List.of(
          List.of(Line.arc(0.5, 0.5, 0.32, 0.44, 0, 360)),
          List.of(Line.of(0.34, 0.24, 0.56, 0.06, 0.56, 0.94)),
          List.of(
              Line.arc(0.5, 0.32, 0.3, 0.26, -170, 35), Line.of(0.74, 0.46, 0.2, 0.94, 0.82, 0.94)),
          List.of(
              Line.arc(0.46, 0.28, 0.27, 0.22, -160, 90),
              Line.arc(0.46, 0.72, 0.31, 0.22, -90, 160)),
          List.of(Line.of(0.64, 0.94, 0.64, 0.06, 0.16, 0.66, 0.86, 0.66)),
          List.of(
              Line.of(0.78, 0.06, 0.3, 0.06, 0.26, 0.43),
              Line.arc(0.46, 0.66, 0.31, 0.28, -130, 150)),
          SIX,
          List.of(Line.of(0.18, 0.06, 0.82, 0.06, 0.42, 0.94)),
          List.of(Line.arc(0.5, 0.28, 0.24, 0.22, 0, 360), Line.arc(0.5, 0.72, 0.29, 0.22, 0, 360)),
          SIX.stream().map(Line::turned).toList());

  /** Ink in an image, 0 to 1, [height, width]. */
  private final class Ink {
    private final float[] cover = new float[width * height];

    /**
     * Draws lines.
     *
     * @param dice how they are turned, slanted, stretched and moved
     * @param aside by how many of its own size it is beside the middle
     */
    private void draw(List<Line> lines, Dice dice, double aside) {
      double size = Math.min(width, height) * dice.between(0.62, 0.88);
      double angle = StrictMath.toRadians(dice.between(-12, 12));
      double sin = StrictMath.sin(angle);
      double cos = StrictMath.cos(angle);
      double slant = dice.between(-0.2, 0.2);
      double narrow = dice.between(0.7, 1);
      double atX = width / 2.0 + size * (aside + dice.between(-0.08, 0.08));
      double atY = height / 2.0 + size * dice.between(-0.08, 0.08);
      double half = size * dice.between(0.035, 0.08);
      for (Line line : lines) {
        double beforeX = 0;
        double beforeY = 0;
        for (int i = 0; i < line.x().length; i++) {
          double x = (line.x()[i] - 0.5) * narrow - slant * (line.y()[i] - 0.5);
          double y = line.y()[i] - 0.5;
          double px = atX + size * (cos * x - sin * y);
          double py = atY + size * (sin * x + cos * y);
          if (i > 0) {
            stroke(beforeX, beforeY, px, py, half);
          }
          beforeX = px;
          beforeY = py;
        }
      }
    }

    /** A line with round ends; a pixel is covered by how near its middle is. */
    private void stroke(double x0, double y0, double x1, double y1, double half) {
      double dx = x1 - x0;
      double dy = y1 - y0;
      double squared = dx * dx + dy * dy;
      double reach = half + 1;
      int top = (int) Math.max(0, Math.min(y0, y1) - reach);
      int bottom = (int) Math.min(height - 1.0, Math.max(y0, y1) + reach);
      int left = (int) Math.max(0, Math.min(x0, x1) - reach);
      int right = (int) Math.min(width - 1.0, Math.max(x0, x1) + reach);
      for (int y = top; y <= bottom; y++) {
        for (int x = left; x <= right; x++) {
          double ax = x + 0.5 - x0;
          double ay = y + 0.5 - y0;
          double along = squared == 0 ? 0 : (ax * dx + ay * dy) / squared;
          double t = Math.max(0, Math.min(1, along));
          double ex = ax - t * dx;
          double ey = ay - t * dy;
          double covered = half + 0.5 - Math.sqrt(ex * ex + ey * ey);
          int at = y * width + x;
          cover[at] = Math.max(cover[at], (float) Math.max(0, Math.min(1, covered)));
        }
      }
    }
  }

  @Override
  public int size() {
    return options.images();
  }

  @Override
  public Sample get(int index) {
    if (index < 0 || index >= size()) {
      throw new IndexOutOfBoundsException("image must be 0 to " + (size() - 1) + ", got " + index);
    }
    int number = options.firstImage() + index;
    int id = number % options.characters();
    Dice dice =
        new Dice(Dice.mix(options.seed()) + number)
            .child(options.glyphs() == Glyphs.DIGITS ? 0 : 1);
    byte[] rgb = options.glyphs() == Glyphs.DIGITS ? digit(id, dice) : character(id, dice);
    return Sample.of(
            "%s-%d-%d".formatted(options.glyphs(), options.seed(), number), width, height, rgb)
        .with(options.task(), Plane.ofImageId(id));
  }

  private byte[] digit(int id, Dice dice) {
    Ink ink = new Ink();
    ink.draw(DIGITS.get(id), dice, 0);
    for (int side : new int[] {-1, 1}) {
      if (dice.chance(0.4)) {
        ink.draw(DIGITS.get(dice.below(10)), dice, side * dice.between(0.9, 1.1));
      }
    }
    int[] ground = color(dice);
    int[] fade = color(dice);
    int[] paint = color(dice);
    while (Math.abs(luma(paint) - luma(ground)) < 70 || Math.abs(luma(paint) - luma(fade)) < 45) {
      ground = color(dice);
      fade = color(dice);
      paint = color(dice);
    }
    double noise = dice.between(2, 12);
    byte[] rgb = new byte[3 * width * height];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int at = y * width + x;
        double down = (y + 0.5) / height;
        double grain = noise * dice.bell();
        for (int c = 0; c < 3; c++) {
          double behind = ground[c] + (fade[c] - ground[c]) * down;
          put(rgb, 3 * at + c, behind + (paint[c] - behind) * ink.cover[at] + grain);
        }
      }
    }
    return rgb;
  }

  private byte[] character(int id, Dice dice) {
    Dice shape = new Dice(ALPHABET).child(id);
    List<Line> lines = new ArrayList<>();
    int strokes = shape.from(2, 4);
    for (int s = 0; s < strokes; s++) {
      double[] points = new double[6];
      for (int i = 0; i < points.length; i++) {
        points[i] = shape.between(0.05, 0.95) + 0.02 * dice.bell();
      }
      lines.add(Line.bent(points));
    }
    Ink ink = new Ink();
    ink.draw(lines, dice, 0);
    byte[] rgb = new byte[3 * width * height];
    for (int i = 0; i < rgb.length; i++) {
      put(rgb, i, 255 * (1 - ink.cover[i / 3]));
    }
    return rgb;
  }

  private static int[] color(Dice dice) {
    return new int[] {dice.below(256), dice.below(256), dice.below(256)};
  }

  private static double luma(int[] rgb) {
    return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
  }

  private static void put(byte[] rgb, int at, double value) {
    rgb[at] = (byte) (int) Math.max(0, Math.min(255, value + 0.5));
  }

  /** Such as {@code rendered-digits-1-images-0-999}. */
  @Override
  public String name() {
    return "rendered-%s-%d-images-%d-%d"
        .formatted(
            options.glyphs(),
            options.seed(),
            options.firstImage(),
            options.firstImage() + options.images() - 1);
  }

  /** Of what decides the images. */
  @Override
  public String sha256() {
    return new ContentHash()
        .add("tarsier glyphs %d; %dx%d".formatted(VERSION, width, height))
        .add("%s of %d as %s".formatted(options.glyphs(), options.characters(), options.task()))
        .add(
            "seed %d; images %d+%d"
                .formatted(options.seed(), options.firstImage(), options.images()))
        .hex();
  }
}
