package dev.tarsier.trainer.demo;

import dev.tarsier.ros.replay.ReplayReport;
import dev.tarsier.runtime.pipeline.LatencySummary;
import dev.tarsier.runtime.pipeline.PerceptionSnapshot;
import dev.tarsier.runtime.task.Head;
import java.nio.file.Path;
import java.util.Map;

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
 * @param scores metrics of what was received against the rendered truth, for each head that has a
 *     truth; empty where nothing came, or the bundle has other classes than the rendered rooms
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
    Map<Head, Map<String, Double>> scores,
    Telemetry telemetry,
    ReplayReport replay,
    Path report) {
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
