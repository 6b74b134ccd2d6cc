package dev.tarsier.ros.replay;

import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.pipeline.Scene;
import dev.tarsier.runtime.pipeline.Stage;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.Plane;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** What became of the images and how long they took. One owner thread. */
final class ImageTally {
  private final long promised;
  private final Map<String, Histogram> stages = new LinkedHashMap<>();
  private final Map<DropReason, Long> drops = new EnumMap<>(DropReason.class);
  private final Map<String, String> firstOfReason = new TreeMap<>();
  private final List<ReplayReport.FrameFigures> figures = new ArrayList<>();

  /** By head: images whose output says what no network's should. */
  private final Map<Head, Long> useless = new LinkedHashMap<>();

  private long in;
  private long out;
  private long stampsWentBack;
  private long otherCamera;
  private long lastStamp = Long.MIN_VALUE;
  private int width;
  private int height;

  /**
   * @param promised images that the bag's index promises
   */
  ImageTally(long promised) {
    this.promised = promised;
    for (String stage : ReplayMetrics.STAGES) {
      stages.put(stage, new Histogram(1_000, 600_000_000_000L, 3));
    }
  }

  /** Counts an image and gives its index. */
  int begin() {
    return (int) in++;
  }

  /** Takes the stamp of an image, in recorded order. */
  void stamped(long stampNanos) {
    stampsWentBack += stampNanos < lastStamp ? 1 : 0;
    lastStamp = stampNanos;
  }

  /** Counts an image of another camera than the first. */
  void otherCamera() {
    otherCamera++;
  }

  /** Takes a perceived image. */
  void perceived(int index, long stampNanos, Scene scene, long totalNanos) {
    out++;
    for (int i = 0; i < scene.heads().size(); i++) {
      Head head = scene.heads().get(i);
      Plane plane = scene.plane(head.id());
      int enough = head.kind().isIds() ? 1 : plane.width() * plane.height();
      if (scene.unusablePixels(i) >= enough) {
        useless.merge(head, 1L, Long::sum);
      }
    }
    width = scene.inputWidth();
    height = scene.inputHeight();
    long decode = scene.times().nanos(Stage.DECODE);
    long infer = scene.times().nanos(Stage.INFER);
    stages.get("decode").recordValue(decode);
    stages.get("infer").recordValue(infer);
    stages.get("total").recordValue(totalNanos);
    figures.add(
        new ReplayReport.FrameFigures(
            index, stampNanos, null, decode / 1e6, infer / 1e6, totalNanos / 1e6, Map.of()));
  }

  /** Takes an image that was refused. */
  void dropped(int index, long stampNanos, RejectedFrameException e) {
    drops.merge(e.reason(), 1L, Long::sum);
    firstOfReason.putIfAbsent(e.reason().id(), "image %d: %s".formatted(index, e.getMessage()));
    figures.add(
        new ReplayReport.FrameFigures(
            index, stampNanos, e.reason().id(), null, null, null, Map.of()));
  }

  /** Takes how far a perceived image is from its truth. */
  void scored(Judging.Scored judged) {
    ReplayReport.FrameFigures before = figures.get(judged.index());
    figures.set(
        judged.index(),
        new ReplayReport.FrameFigures(
            before.index(),
            before.stampNanos(),
            null,
            before.decodeMillis(),
            before.inferMillis(),
            before.totalMillis(),
            finite(judged.score().values())));
  }

  private static Map<String, Double> finite(Map<String, Double> values) {
    Map<String, Double> kept = new LinkedHashMap<>(values);
    kept.values().removeIf(value -> !Double.isFinite(value));
    return kept;
  }

  /** From the first image on. */
  double seconds(long stampNanos) {
    return (stampNanos - figures.get(0).stampNanos()) / 1e9;
  }

  long in() {
    return in;
  }

  long out() {
    return out;
  }

  /** Images that the index promises and that damage swallowed count too. */
  long expected() {
    return Math.max(in, promised);
  }

  /** Columns of the newest perceived image; 0 without one. */
  int width() {
    return width;
  }

  /** Rows of the newest perceived image; 0 without one. */
  int height() {
    return height;
  }

  Coverage coverage() {
    return new Coverage(out, expected(), 0, 1);
  }

  ReplayReport.Counts counts(List<TruthTopic> truths, double toleranceMillis) {
    Map<String, Long> byReason = new LinkedHashMap<>();
    drops.forEach((reason, count) -> byReason.put(reason.id(), count));
    Map<String, Long> matched = new LinkedHashMap<>();
    truths.forEach(truth -> matched.put(truth.head(), truth.matched()));
    return new ReplayReport.Counts(in, out, in - out, byReason, matched, toleranceMillis);
  }

  List<ReplayReport.FrameFigures> figures() {
    return List.copyOf(figures);
  }

  /** The stages that were timed. */
  List<ReplayReport.Stage> stages() {
    return stages.entrySet().stream()
        .filter(stage -> stage.getValue().getTotalCount() > 0)
        .map(stage -> stage(stage.getKey(), stage.getValue()))
        .toList();
  }

  private static ReplayReport.Stage stage(String name, Histogram nanos) {
    return new ReplayReport.Stage(
        name,
        nanos.getTotalCount(),
        nanos.getValueAtPercentile(50) / 1e6,
        nanos.getValueAtPercentile(95) / 1e6,
        nanos.getValueAtPercentile(99) / 1e6,
        nanos.getMaxValue() / 1e6,
        nanos.getMean() / 1e6);
  }

  /** Figures by metric name. */
  Map<String, Double> values(double seconds) {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("frames.in", (double) in);
    values.put("frames.out", (double) out);
    values.put("frames.dropped", (double) (in - out));
    values.put("throughput.fps", out / seconds);
    for (ReplayReport.Stage stage : stages()) {
      String latency = "latency." + stage.name();
      values.put(latency + ".p50", stage.p50());
      values.put(latency + ".p95", stage.p95());
      values.put(latency + ".p99", stage.p99());
      values.put(latency + ".max", stage.max());
    }
    return values;
  }

  /** Says so where nothing was perceived. */
  void explainNothing(List<String> notes) {
    if (out == 0) {
      notes.add("Nothing was perceived, so nothing is shown to be right.");
    }
  }

  /** Says so where images are of another camera than the truth was held against. */
  void explainCamera(String frameId, List<String> notes) {
    if (otherCamera > 0) {
      notes.add(
          "%s of another frame than the first (%s) and not compared with the truth."
              .formatted(otherCamera == 1 ? "1 image is" : otherCamera + " images are", frameId));
    }
  }

  /** Says why images were refused. */
  void explainDrops(String topic, List<String> notes) {
    if (in == 0) {
      notes.add("No image could be read from %s.".formatted(topic));
    }
    firstOfReason.forEach(
        (reason, message) -> notes.add("Dropped as %s, first: %s.".formatted(reason, message)));
  }

  /** Says so where images are not in the order of their stamps. */
  void explainStamps(List<String> notes) {
    if (stampsWentBack > 0) {
      notes.add(
          "Stamps went backwards %s; frames are in recorded order."
              .formatted(times(stampsWentBack)));
    }
  }

  /** Says what the network gave that no network should. */
  void explainOutputs(List<String> notes) {
    useless.forEach(
        (head, images) ->
            notes.add(
                "the network gave %s in %d of %d images"
                    .formatted(
                        head.kind().isIds()
                            ? "class ids that the bundle does not name"
                            : "no %s (NaN, infinite or not positive in every pixel)"
                                .formatted(head.id()),
                        images,
                        out)));
  }

  static String times(long count) {
    return count == 1 ? "once" : count + " times";
  }
}
