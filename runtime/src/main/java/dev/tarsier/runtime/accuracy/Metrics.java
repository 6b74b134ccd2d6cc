package dev.tarsier.runtime.accuracy;

import dev.tarsier.runtime.accuracy.Metric.Better;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.task.UnitVectorMap;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The metrics of heads: the one list that validation, replay, gates, cards and tables share. */
public final class Metrics {
  private static final String POOLED =
      " over all valid truth pixels of all matched frames, pooled; the prediction is taken at the"
          + " nearest pixel";
  private static final String FITTED =
      " over all valid truth pixels of all matched frames, after a scale and a shift of each frame's"
          + " prediction were fitted to the truth by least squares%s";
  private static final String ALIGNED =
      "as the plain one, after each frame's prediction was multiplied by"
          + " median(truth)/median(prediction)";

  private Metrics() {}

  /** Every metric of these heads, in the order of reports. */
  public static List<Metric> of(Collection<Head> heads) {
    List<Metric> metrics = new ArrayList<>();
    heads.forEach(head -> metrics.addAll(of(head)));
    return metrics;
  }

  /** Every metric of a head, the first one being the one to judge it by. */
  public static List<Metric> of(Head head) {
    Listed listed = new Listed(head.id(), new ArrayList<>());
    head.kind().accept(listed);
    return List.copyOf(listed.metrics);
  }

  private record Listed(String head, List<Metric> metrics) implements HeadKind.Visitor<Void> {
    private void put(String figure, String unit, Better better, String protocol) {
      metrics.add(new Metric(head + "." + figure, head, unit, better, protocol));
    }

    @Override
    public Void classMap(ClassMap kind) {
      put(
          "miou",
          "",
          Better.HIGHER,
          "one confusion matrix over all matched frames, void removed, mean over the classes present"
              + " in truth or prediction; the prediction is taken at the nearest pixel");
      put(
          "pixel_accuracy",
          "",
          Better.HIGHER,
          "share of labelled pixels with the right class, pooled over all matched frames");
      return null;
    }

    @Override
    public Void metricMap(MetricMap kind) {
      String unit = kind.unit();
      put("rmse", unit, Better.LOWER, "sqrt(mean (p − t)²)" + POOLED);
      put("abs", unit, Better.LOWER, "mean |p − t|" + POOLED);
      put("rel", "", Better.LOWER, "mean |p − t| / t" + POOLED);
      put("log_rmse", "", Better.LOWER, "sqrt(mean (ln max(p, 1e-9) − ln t)²)" + POOLED);
      for (int k = 1; k <= 3; k++) {
        put(
            "delta" + k,
            "",
            Better.HIGHER,
            "share of pixels with max(p/t, t/p) < 1.25^%d (strict)%s".formatted(k, POOLED));
      }
      put("bias", unit, Better.NEITHER, "mean (p − t)" + POOLED);
      put(
          "scale",
          "",
          Better.NEITHER,
          "geometric mean over frames of median(truth)/median(prediction): by how much predictions"
              + " are to be multiplied; 1 is right");
      put("scale_error", "", Better.LOWER, "|" + head + ".scale − 1|");
      put(
          "scale_spread",
          "",
          Better.LOWER,
          "standard deviation over frames of ln(median(truth)/median(prediction)): how much the"
              + " scale wavers");
      put("aligned.rmse", unit, Better.LOWER, ALIGNED);
      put("aligned.abs", unit, Better.LOWER, ALIGNED);
      put("aligned.rel", "", Better.LOWER, ALIGNED);
      put("aligned.delta1", "", Better.HIGHER, ALIGNED);
      put(
          "coverage",
          "",
          Better.HIGHER,
          "share of valid truth pixels for which the model gave a value");
      return null;
    }

    @Override
    public Void relativeMap(RelativeMap kind) {
      String fitted =
          FITTED.formatted(
              kind.larger() == RelativeMap.Larger.NEARER ? ", as inverse depth" : ", as depth");
      put("fitted.rel", "", Better.LOWER, "mean |p − t| / t" + fitted);
      put(
          "fitted.delta1",
          "",
          Better.HIGHER,
          "share of pixels with max(p/t, t/p) < 1.25 (strict)" + fitted);
      put(
          "coverage",
          "",
          Better.HIGHER,
          "share of valid truth pixels for which the model gave a value");
      return null;
    }

    @Override
    public Void unitVectorMap(UnitVectorMap kind) {
      put("mean", "°", Better.LOWER, "mean angle to the truth" + POOLED);
      put("median", "°", Better.LOWER, "median angle to the truth, to 0.1°," + POOLED);
      put("rmse", "°", Better.LOWER, "sqrt(mean angle²)" + POOLED);
      for (double limit : AngleErrors.LIMITS_DEGREES) {
        put(
            AngleErrors.within(limit),
            "",
            Better.HIGHER,
            "share of pixels whose angle to the truth is less than %s°%s".formatted(limit, POOLED));
      }
      put(
          "coverage",
          "",
          Better.HIGHER,
          "share of valid truth pixels for which the model gave a direction");
      return null;
    }

    @Override
    public Void imageClass(ImageClass kind) {
      put("accuracy", "", Better.HIGHER, "share of labelled images with the right class");
      if (kind.classes().size() > 5) {
        put(
            "top5",
            "",
            Better.HIGHER,
            "share of labelled images whose class is among the five most probable");
      }
      return null;
    }
  }
}
