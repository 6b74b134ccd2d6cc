package dev.tarsier.ros.replay;

import dev.tarsier.ros.truth.Truth;
import dev.tarsier.runtime.accuracy.ConfusionMatrix;
import dev.tarsier.runtime.accuracy.MetricErrors;
import dev.tarsier.runtime.accuracy.ScoredPixels;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.task.ClassMap;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Compares outputs with what the bag knows. One owner thread. */
final class Evaluator {
  private final BundleManifest manifest;
  private final MetricErrors depthErrors = new MetricErrors(ScoredPixels.FULL);
  private final DistanceBands bands = new DistanceBands();
  private final ConfusionMatrix confusion;
  private final long[] predictedPixels = new long[256];
  private long depthJudged;
  private long labelsJudged;
  private long labelPixels;
  private boolean anyLabels;

  Evaluator(BundleManifest manifest) {
    this.manifest = manifest;
    this.confusion =
        manifest
            .firstKind(ClassMap.class)
            .map(kind -> new ConfusionMatrix(Math.min(kind.idLimit(), 255)))
            .orElse(null);
  }

  /** Takes what was predicted, whether or not there is truth for it. */
  void predicted(ByteBuffer ids) {
    while (ids.hasRemaining()) {
      predictedPixels[Byte.toUnsignedInt(ids.get())]++;
    }
  }

  /**
   * Judges an image.
   *
   * @param image Not modified.
   * @param depth its truth; null without. Not modified.
   * @param labels its truth; null without. Not modified.
   */
  FrameScore add(Perceived image, Truth depth, Truth labels) {
    double rmse = Double.NaN;
    double scale = Double.NaN;
    double accuracy = Double.NaN;
    if (depth != null) {
      MetricErrors.ImageError error =
          depthErrors.add(
              image.metres(),
              image.width(),
              image.height(),
              FloatBuffer.wrap(depth.metres()),
              depth.width(),
              depth.height());
      bands.add(image.metres(), image.width(), image.height(), depth);
      depthJudged += isEnough(error.pixels(), depth) ? 1 : 0;
      rmse = error.rmse();
      scale = error.scale();
    }
    if (labels != null) {
      anyLabels = true;
      ConfusionMatrix own = new ConfusionMatrix(confusion.classes());
      addLabels(confusion, labels, image);
      addLabels(own, labels, image);
      accuracy = own.pixelAccuracy();
      long labelled = 0;
      for (byte id : labels.ids()) {
        labelled += Byte.toUnsignedInt(id) < confusion.classes() ? 1 : 0;
      }
      labelPixels += labelled;
      labelsJudged += isEnough(labelled, labels) ? 1 : 0;
    }
    return new FrameScore(rmse, scale, accuracy);
  }

  private static boolean isEnough(long pixels, Truth of) {
    return pixels > 0 && pixels >= Coverage.LEAST_OF_A_FRAME * of.width() * of.height();
  }

  private static void addLabels(ConfusionMatrix to, Truth labels, Perceived image) {
    to.add(
        ByteBuffer.wrap(labels.ids()),
        labels.width(),
        labels.height(),
        image.ids(),
        image.width(),
        image.height());
  }

  /**
   * What the figures of depth rest on.
   *
   * @param images that there are
   */
  Coverage depthCoverage(long images) {
    return new Coverage(
        depthJudged, images, depthErrors.summary().pixels(), depthErrors.coverage());
  }

  /**
   * What the figures of classes rest on.
   *
   * @param images that there are
   */
  Coverage labelCoverage(long images) {
    return new Coverage(labelsJudged, images, labelPixels, 1);
  }

  /** Geometric mean of median(truth)/median(prediction); NaN without truth. */
  double depthScale() {
    return depthErrors.scale();
  }

  /** Mean relative error after each image was scaled; NaN without truth. */
  double alignedRel() {
    return depthErrors.medianAligned().rel();
  }

  /** Figures by metric name. */
  Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    MetricErrors.Summary raw = depthErrors.summary();
    if (raw.pixels() > 0) {
      values.put("depth.rmse", raw.rmse());
      values.put("depth.abs", raw.abs());
      values.put("depth.rel", raw.rel());
      values.put("depth.logrmse", raw.logRmse());
      values.put("depth.delta1", raw.delta1());
      values.put("depth.delta2", raw.delta2());
      values.put("depth.delta3", raw.delta3());
      values.put("depth.bias", raw.bias());
      values.put("depth.scale", depthErrors.scale());
      values.put("depth.scale_error", depthErrors.scaleError());
      values.put("depth.scale_spread", depthErrors.scaleSpread());
      MetricErrors.Summary aligned = depthErrors.medianAligned();
      values.put("depth.aligned.rmse", aligned.rmse());
      values.put("depth.aligned.abs", aligned.abs());
      values.put("depth.aligned.rel", aligned.rel());
      values.put("depth.aligned.delta1", aligned.delta1());
      values.put("depth.coverage", depthErrors.coverage());
    }
    if (anyLabels) {
      values.put("classes.miou", confusion.meanIou());
      values.put("classes.pixel_accuracy", confusion.pixelAccuracy());
    }
    return values;
  }

  /** Per class, in id order; empty without that head. */
  List<ReplayReport.ClassFigures> classFigures() {
    if (confusion == null) {
      return List.of();
    }
    double[] iou = confusion.iouPerClass();
    double all = Arrays.stream(predictedPixels).sum();
    return manifest.firstKind(ClassMap.class).orElseThrow().classes().stream()
        .map(
            each ->
                new ReplayReport.ClassFigures(
                    each.id(),
                    each.name(),
                    each.color(),
                    all == 0 ? 0 : predictedPixels[each.id()] / all,
                    each.id() < iou.length ? ReplayReport.finite(iou[each.id()]) : null))
        .toList();
  }

  /** Depth error by distance. */
  List<ReplayReport.DistanceBand> bands() {
    return bands.bands();
  }
}
