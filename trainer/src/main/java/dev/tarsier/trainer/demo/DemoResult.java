package dev.tarsier.trainer.demo;

import dev.tarsier.ros.replay.ReplayReport;
import dev.tarsier.runtime.accuracy.MetricErrors;
import dev.tarsier.runtime.metrics.LatencySummary;
import dev.tarsier.runtime.pipeline.PerceptionSnapshot;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What came back.
 *
 * @param bag that was played
 * @param sent images that were published
 * @param received images for which outputs came back
 * @param fpsIn images a second that were published
 * @param fpsOut images a second for which outputs came back
 * @param endToEnd from publishing an image to receiving its outputs, over TCP both ways
 * @param node how the node saw itself at the end
 * @param depth errors of the received depth against the rendered truth; none without depth
 * @param classes scores of the received classes against the rendered truth; none where the bundle
 *     has other classes than the rendered rooms, or none
 * @param telemetry what came over MQTT
 * @param replay the same bag, replayed for the report
 * @param report for people, an HTML file
 */
public record DemoResult(
    Path bag,
    int sent,
    int received,
    double fpsIn,
    double fpsOut,
    LatencySummary endToEnd,
    PerceptionSnapshot node,
    Optional<MetricErrors.Summary> depth,
    Optional<ClassScores> classes,
    Telemetry telemetry,
    ReplayReport replay,
    Path report) {
  /**
   * Scores of class ids.
   *
   * @param meanIou mean intersection over union
   * @param pixelAccuracy share of pixels with the right id
   */
  public record ClassScores(double meanIou, double pixelAccuracy) {}

  /**
   * What a subscriber at the broker saw.
   *
   * @param status messages
   * @param factsheets messages
   * @param metrics messages
   * @param state of the newest status, such as {@code online}; empty before the first
   * @param topic what was subscribed to
   */
  public record Telemetry(int status, int factsheets, int metrics, String state, String topic) {
    /** All messages. */
    public int messages() {
      return status + factsheets + metrics;
    }
  }

  /** Whether the whole way was gone: images in, outputs and telemetry back. */
  public boolean complete() {
    return received > 0 && telemetry.metrics() > 0 && telemetry.factsheets() > 0;
  }
}
