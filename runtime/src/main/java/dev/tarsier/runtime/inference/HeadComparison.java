package dev.tarsier.runtime.inference;

import dev.tarsier.runtime.inference.SelfTest.Compared;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.NamedClasses;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.task.UnitVectorMap;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Locale;

/**
 * What a head gave for a frame, beside what is expected.
 *
 * @param frame name of it
 * @param head id
 * @param output as the bundle has it
 * @param tolerance that holds for the precision
 * @param given what was computed. Not modified.
 * @param golden what is expected; null where nothing is. Not modified.
 */
record HeadComparison(
    String frame,
    String head,
    BundleManifest.Output output,
    BundleManifest.Tolerance tolerance,
    Plane given,
    Plane golden)
    implements HeadKind.Visitor<Compared> {

  static Compared of(
      String frame,
      String head,
      BundleManifest.Output output,
      Precision precision,
      Plane given,
      Plane golden) {
    BundleManifest.Tolerance tolerance =
        precision == Precision.FP16 ? output.tolerance().inHalfPrecision() : output.tolerance();
    return output.kind().accept(new HeadComparison(frame, head, output, tolerance, given, golden));
  }

  @Override
  public Compared classMap(ClassMap kind) {
    NamedClasses named = new NamedClasses(kind);
    ByteBuffer ids = given.ids();
    int pixels = ids.limit();
    int same = 0;
    int unnamed = -1;
    for (int i = 0; i < pixels; i++) {
      int id = Byte.toUnsignedInt(ids.get(i));
      if (unnamed < 0 && !named.contains(id)) {
        unnamed = id;
      }
      if (golden == null || ids.get(i) == golden.ids().get(i)) {
        same++;
      }
    }
    int others = named.countOthers(ids);
    double agreement = (double) same / pixels;
    String failure = null;
    if (others > 0) {
      failure =
          "%d of %d pixels have a class id that %s does not name, the first is %d (0 are allowed)"
              .formatted(others, pixels, BundleManifest.FILE, unnamed);
    } else if (agreement < tolerance.minAgreement()) {
      failure =
          text(
              "classes agree on %.2f %% of the pixels, at least %.2f %% are demanded",
              100 * agreement, 100 * tolerance.minAgreement());
    }
    return compared(
        pixels,
        others,
        1 - agreement,
        text("classes agree on %.3f %% of the pixels or more", 100 * agreement),
        failure);
  }

  @Override
  public Compared metricMap(MetricMap kind) {
    FloatBuffer values = given.values();
    FloatBuffer expected = golden == null ? null : golden.values();
    int pixels = values.limit();
    Tally tally = new Tally();
    for (int i = 0; i < pixels; i++) {
      float value = values.get(i);
      boolean known = MetricMap.isKnown(value);
      if (expected == null) {
        tally.add(known, known, 0);
      } else {
        float truth = expected.get(i);
        tally.add(known, MetricMap.isKnown(truth), Math.abs((double) value - truth) / truth);
      }
    }
    return valued(
        pixels, tally, "NaN, infinite or not positive", "%s differs by %.2f %% in the mean", 100);
  }

  /** Differences are shares of the golden frame's range: there is no unit, and 0 is a value. */
  @Override
  public Compared relativeMap(RelativeMap kind) {
    FloatBuffer values = given.values();
    FloatBuffer expected = golden == null ? null : golden.values();
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    for (int i = 0; expected != null && i < expected.limit(); i++) {
      if (RelativeMap.isKnown(expected.get(i))) {
        least = Math.min(least, expected.get(i));
        most = Math.max(most, expected.get(i));
      }
    }
    double range = most > least ? most - least : 1;
    Tally tally = new Tally();
    for (int i = 0; i < values.limit(); i++) {
      float value = values.get(i);
      boolean known = RelativeMap.isKnown(value);
      if (expected == null) {
        tally.add(known, known, 0);
      } else {
        float truth = expected.get(i);
        tally.add(known, RelativeMap.isKnown(truth), Math.abs((double) value - truth) / range);
      }
    }
    return valued(
        values.limit(),
        tally,
        "NaN or infinite",
        "%s differs by %.2f %% of its range in the mean",
        100);
  }

  @Override
  public Compared unitVectorMap(UnitVectorMap kind) {
    FloatBuffer values = given.values();
    FloatBuffer expected = golden == null ? null : golden.values();
    int pixels = values.limit() / 3;
    Tally tally = new Tally();
    for (int i = 0; i < values.limit(); i += 3) {
      boolean known = isKnownVector(values, i);
      if (expected == null) {
        tally.add(known, known, 0);
      } else {
        tally.add(known, isKnownVector(expected, i), angle(values, expected, i));
      }
    }
    return valued(
        pixels,
        tally,
        "NaN, infinite or of length 0",
        "%s differ by %.2f° in the mean",
        Math.toDegrees(1));
  }

  @Override
  public Compared imageClass(ImageClass kind) {
    FloatBuffer scores = given.values();
    boolean usable = true;
    double difference = 0;
    for (int i = 0; i < scores.limit(); i++) {
      usable &= scores.get(i) >= 0 && scores.get(i) <= 1;
      if (golden != null) {
        difference = Math.max(difference, Math.abs(scores.get(i) - golden.values().get(i)));
      }
    }
    String failure = null;
    if (!usable) {
      failure = "the scores of %s are no probabilities".formatted(head);
    } else if (difference > tolerance.maxError()) {
      failure =
          text(
              "the scores of %s differ by up to %.3f, at most %.3f is allowed",
              head, difference, tolerance.maxError());
    }
    return compared(
        1,
        usable ? 0 : 1,
        difference,
        text("the scores of %s differ by %.3f or less", head, difference),
        failure);
  }

  /** What is counted over the pixels of values. */
  private static final class Tally {
    int known;
    int onlyOne;
    int both;
    double error;

    void add(boolean here, boolean there, double difference) {
      known += here ? 1 : 0;
      onlyOne += here == there ? 0 : 1;
      if (here && there) {
        both++;
        error += difference;
      }
    }

    double meanError() {
      return both == 0 ? 0 : error / both;
    }
  }

  private Compared valued(
      int pixels, Tally tally, String unknownWords, String differsWords, double scale) {
    double most = tolerance.maxError();
    double onlyOne = (double) tally.onlyOne / pixels;
    String failure = null;
    if (tally.known == 0) {
      failure = "%s is %s in all %d pixels".formatted(head, unknownWords, pixels);
    } else if (onlyOne > tolerance.maxUnknown()) {
      failure =
          text(
              "%s is known in only one of golden frame and network on %.2f %% of the pixels, at most %.2f %% are allowed",
              head, 100 * onlyOne, 100 * tolerance.maxUnknown());
    } else if (!(tally.meanError() <= most)) {
      String unit = scale == 100 ? " %" : "°";
      failure =
          text(differsWords, head, scale * tally.meanError())
              + text(", at most %.2f", scale * most)
              + unit
              + " is allowed";
    }
    String summary =
        text(
            differsWords.replace(".2f", ".3f").replace("in the mean", "or less"),
            head,
            scale * tally.meanError());
    return compared(pixels, pixels - tally.known, tally.meanError(), summary, failure);
  }

  private Compared compared(
      int pixels, int unusable, double difference, String words, String failure) {
    return new Compared(frame, head, pixels, unusable, difference, words, failure);
  }

  private static boolean isKnownVector(FloatBuffer values, int i) {
    return UnitVectorMap.isKnown(values.get(i), values.get(i + 1), values.get(i + 2));
  }

  private static double angle(FloatBuffer a, FloatBuffer b, int i) {
    return UnitVectorMap.angle(
        a.get(i), a.get(i + 1), a.get(i + 2), b.get(i), b.get(i + 1), b.get(i + 2));
  }

  private static String text(String form, Object... values) {
    return String.format(Locale.ROOT, form, values);
  }
}
