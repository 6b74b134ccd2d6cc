package dev.tarsier.ros.node;

import dev.tarsier.ros.port.Calibration;
import dev.tarsier.ros.port.NodeStatus;
import dev.tarsier.runtime.health.HealthState;
import dev.tarsier.runtime.logging.VisibleText;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.pipeline.PerceptionSnapshot;
import dev.tarsier.runtime.pipeline.Stage;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.MetricMap;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A snapshot of perception as {@code /diagnostics} shows it. Stateless. */
final class Diagnostics {
  private Diagnostics() {}

  /**
   * What else is worth saying of the node.
   *
   * @param nodeName full name
   * @param imageTopic full name
   * @param cameras publishers connected to it
   * @param calibrated whether a camera_info has come in
   * @param calibrators publishers connected to the camera_info's topic
   * @param calibration of the last image; null where there is none
   * @param lost messages that subscribers did not take in time, by output. Not modified.
   * @param stampNanos ROS time now
   */
  record NodeState(
      String nodeName,
      String imageTopic,
      int cameras,
      boolean calibrated,
      int calibrators,
      Calibration calibration,
      Map<String, Long> lost,
      long stampNanos) {}

  static NodeStatus of(PerceptionSnapshot snapshot, NodeState node) {
    List<NodeStatus.Detail> values = new ArrayList<>();
    put(values, "bundle", snapshot.bundle().manifest().name());
    put(values, "version", snapshot.bundle().manifest().version());
    put(values, "model_sha256", snapshot.bundle().modelSha256());
    put(values, "precision", snapshot.bundle().precision().id());
    put(values, "provider", snapshot.provider());
    if (!snapshot.threads().isEmpty()) {
      put(values, "threads", snapshot.threads());
    }
    if (!snapshot.building().isEmpty()) {
      put(values, "building_engine", snapshot.building());
    }
    for (String fallback : snapshot.fallbacks()) {
      put(values, "not_used", fallback);
    }
    put(values, "idle", Boolean.toString(snapshot.idle()));
    put(values, "image_topic", node.imageTopic());
    put(values, "image_publishers", Integer.toString(node.cameras()));
    put(values, "camera_info", cameraInfo(node));
    BundleManifest manifest = snapshot.bundle().manifest();
    manifest
        .firstHead(MetricMap.class)
        .ifPresent(
            head ->
                put(values, "expected_%s_scale".formatted(head.id()), scale(node, manifest, head)));
    put(values, "fps_in", decimal(snapshot.fpsIn()));
    put(values, "fps_out", decimal(snapshot.fpsOut()));
    put(values, "frames_in", Long.toString(snapshot.framesIn()));
    put(values, "frames_out", Long.toString(snapshot.framesOut()));
    put(values, "frames_dropped", Long.toString(snapshot.dropped()));
    snapshot
        .drops()
        .forEach(
            (reason, count) -> {
              if (count > 0) {
                put(values, "dropped." + reason.id(), Long.toString(count));
              }
            });
    node.lost()
        .forEach(
            (output, count) -> {
              if (count > 0) {
                put(values, "lost." + output, Long.toString(count));
              }
            });
    put(values, "frames_leaked", Long.toString(snapshot.leakedFrames()));
    put(values, "frames_leased", Integer.toString(snapshot.held().frames()));
    put(values, "frame_overflows", Long.toString(snapshot.held().frameOverflows()));
    put(values, "tensors", Long.toString(snapshot.held().tensors()));
    put(values, "opencv_objects", Long.toString(snapshot.held().openCv()));
    put(values, "age_from", snapshot.ageFrom());
    put(values, "stamps_went_back", Long.toString(snapshot.stampsWentBack()));
    if (snapshot.lastFrameAgeNanos() >= 0) {
      put(values, "last_image_seconds_ago", decimal(snapshot.lastFrameAgeNanos() / 1e9));
    }
    snapshot
        .recent()
        .forEach(
            (stage, latency) -> {
              // Stamps of a bag or of another machine's clock are no latency.
              if (latency.count() > 0 && stage != Stage.STAMP_AGE) {
                put(values, stage.id() + "_p50_ms", decimal(latency.p50Millis()));
                put(values, stage.id() + "_p99_ms", decimal(latency.p99Millis()));
              }
            });
    put(values, "uptime_seconds", decimal(snapshot.uptimeNanos() / 1e9));
    HealthState state = snapshot.health().state();
    String message =
        snapshot.health().reasons().isEmpty()
            ? state.name().toLowerCase(Locale.ROOT)
                + (snapshot.idle() ? "; idle, since nobody subscribes to an output" : "")
            : String.join("; ", snapshot.health().reasons());
    return new NodeStatus(
        node.stampNanos(),
        state,
        node.nodeName().substring(1) + ": perception",
        message,
        snapshot.bundle().manifest().name(),
        values);
  }

  private static String scale(NodeState node, BundleManifest manifest, Head head) {
    return CameraWatch.focalRatio(manifest, node.calibration())
        .map(Diagnostics::decimal)
        .orElseGet(
            () ->
                "unknown; %s scale assumes the training camera's focal length%s"
                    .formatted(
                        head.id(),
                        manifest.intrinsics() == null
                            ? ""
                            : " of %s px".formatted(decimal(manifest.intrinsics().fx()))));
  }

  private static String cameraInfo(NodeState node) {
    if (!node.calibrated()) {
      return "none yet";
    }
    String lost = node.calibrators() > 0 ? "" : "lost, its publisher is gone; ";
    Calibration calibration = node.calibration();
    if (calibration == null || calibration.remark().isEmpty()) {
      return lost + "received";
    }
    return lost + (calibration.usable() ? "received; " : "not used; ") + calibration.remark();
  }

  private static void put(List<NodeStatus.Detail> values, String key, String value) {
    values.add(new NodeStatus.Detail(key, VisibleText.of(value)));
  }

  /** With three digits after the point. String.format would make 3 kB of objects, each second. */
  private static String decimal(double value) {
    return Double.isFinite(value)
        ? BigDecimal.valueOf(value).setScale(3, RoundingMode.HALF_UP).toPlainString()
        : Double.toString(value);
  }
}
