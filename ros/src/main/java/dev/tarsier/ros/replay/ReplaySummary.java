package dev.tarsier.ros.replay;

import dev.tarsier.ros.bag.Recording;
import dev.tarsier.ros.truth.TruthSource;
import dev.tarsier.runtime.accuracy.Metric;
import dev.tarsier.runtime.config.ProductVersion;
import dev.tarsier.runtime.inference.ProviderFallback;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.runtime.pipeline.Perceiver;
import dev.tarsier.runtime.task.MetricMap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * Makes the report of what a replay found.
 *
 * @param options what was asked for
 * @param bag what was replayed
 * @param topics which topics were taken for what
 * @param perceiver through what
 * @param tally what became of the images
 * @param evaluator how good the outputs are
 * @param truths what belongs to the images
 * @param camera whose images they are
 * @param troubles what was met while reading, in sentences
 */
record ReplaySummary(
    ReplayOptions options,
    Recording bag,
    BagTopics topics,
    Perceiver perceiver,
    ImageTally tally,
    Evaluator evaluator,
    TruthQueue truths,
    CameraTrack camera,
    List<String> troubles) {

  /**
   * The report.
   *
   * @param read what came of reading the bag
   * @param seconds that it took
   * @param outputSha256 hash of the outputs
   */
  ReplayReport report(Recording.Result read, double seconds, String outputSha256)
      throws IOException {
    BundleManifest manifest = perceiver.bundle().manifest();
    Map<String, ReplayReport.Value> metrics = metrics(seconds);
    List<String> notes = new ArrayList<>(topics.notes());
    notes.addAll(troubles);
    ReplayReport.CameraFacts cameraFacts =
        camera.facts(tally.width(), tally.height(), manifest, notes);
    explain(cameraFacts, notes);
    return new ReplayReport(
        ReplayReport.SCHEMA,
        ProductVersion.text(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        "%d processors, %s %s, Java %s"
            .formatted(
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                System.getProperty("java.version")),
        bagFacts(read),
        new ReplayReport.BundleFacts(
            manifest.name(),
            manifest.version(),
            perceiver.bundle().modelSha256(),
            perceiver.bundle().precision().id(),
            perceiver.step().toString(),
            perceiver.fallbacks().stream().map(ProviderFallback::toString).toList(),
            manifest.input().width(),
            manifest.input().height()),
        new ReplayReport.Topics(
            topics.image().topic(),
            byHead(truth -> topics.truths().get(truth.head()).stream().topic()),
            topics.cameraInfo(),
            topics.taken()),
        tally.counts(truths.topics(), options.toleranceMillis()),
        tally.stages(),
        metrics,
        evaluator.classFigures(),
        evaluator.bands(),
        cameraFacts,
        tally.figures(),
        outputSha256,
        options.gates().stream()
            .map(gate -> gate.judge(metrics, coverage(gate.metric()), options.minCoverage()))
            .toList(),
        new ReplayReport.Coverages(
            tally.coverage(),
            byHead(truth -> evaluator.coverage(truth.head(), tally.expected())),
            options.minCoverage()),
        List.copyOf(notes));
  }

  private ReplayReport.BagFacts bagFacts(Recording.Result read) throws IOException {
    return new ReplayReport.BagFacts(
        bag.name(),
        sha256(bag.files()),
        bag.bytes(),
        read.seconds(),
        read.messages(),
        read.damages().stream()
            .map(
                each ->
                    new ReplayReport.Damage(
                        each.file().getFileName().toString(),
                        each.damage().offset(),
                        each.damage().what()))
            .toList(),
        bag.files().stream().map(file -> file.getFileName().toString()).toList());
  }

  /** Of one file its hash, of several the hash of their hashes in the order of time. */
  private static String sha256(List<Path> files) throws IOException {
    if (files.size() == 1) {
      return Sha256.of(files.get(0));
    }
    MessageDigest all = Sha256.digest();
    for (Path file : files) {
      all.update(Sha256.of(file).getBytes(StandardCharsets.US_ASCII));
    }
    return Sha256.hex(all.digest());
  }

  private <T> Map<String, T> byHead(Function<TruthTopic, T> of) {
    Map<String, T> found = new LinkedHashMap<>();
    truths.topics().forEach(truth -> found.put(truth.head(), of.apply(truth)));
    return found;
  }

  /** What a metric rests on; null for one that counts frames itself. */
  private Coverage coverage(Metric metric) {
    if (!metric.head().isEmpty()) {
      return evaluator.coverage(metric.head(), tally.expected());
    }
    return metric.unit().equals(ReplayMetrics.FRAMES) ? null : tally.coverage();
  }

  private Map<String, ReplayReport.Value> metrics(double seconds) {
    Map<String, Double> values = evaluator.values();
    values.putAll(tally.values(seconds));
    Map<String, ReplayReport.Value> named = new LinkedHashMap<>();
    for (Metric metric : new ReplayMetrics(perceiver.bundle().manifest().heads()).all()) {
      Double value = values.get(metric.name());
      if (value != null && Double.isFinite(value)) {
        named.put(metric.name(), new ReplayReport.Value(value, metric.unit(), metric.protocol()));
      }
    }
    return named;
  }

  /** What a reader must know to read the figures rightly. */
  private void explain(ReplayReport.CameraFacts cameraFacts, List<String> notes) {
    Double ratio = cameraFacts == null ? null : cameraFacts.focalRatio();
    String words =
        ratio == null
            ? ""
            : String.format(
                Locale.ROOT,
                "The bag's camera has a focal length of %.0f px at the network's input, the"
                    + " training camera %.0f px.",
                cameraFacts.fx(),
                cameraFacts.trainedFx());
    perceiver
        .bundle()
        .manifest()
        .firstHead(MetricMap.class)
        .ifPresent(head -> notes.addAll(advice(head.id(), ratio, words)));
    tally.explainNothing(notes);
    long otherShape = truths.topics().stream().mapToLong(TruthTopic::otherShape).sum();
    if (otherShape > 0) {
      notes.add(
          "Truth has another shape than its image %s; they are not compared."
              .formatted(ImageTally.times(otherShape)));
    }
    tally.explainCamera(topics.image().frameId(), notes);
    tally.explainDrops(topics.image().topic(), notes);
    truths.topics().forEach(topic -> topic.explainUnmatched(notes));
    truths.topics().forEach(topic -> topic.explainLate(notes));
    tally.explainStamps(notes);
    for (Path again : bag.repeated()) {
      notes.add("%s is named more than once; it is read once.".formatted(again));
    }
    tally.explainOutputs(notes);
  }

  private List<String> advice(String head, Double ratio, String camera) {
    Map<String, Double> values = evaluator.values();
    TruthSource truth = topics.truths().get(head);
    return ScaleAdvice.of(
        ratio,
        camera,
        head,
        values.getOrDefault(head + ".scale", Double.NaN),
        values.getOrDefault(head + ".aligned.rel", Double.NaN),
        truth == null ? null : truth.unit());
  }
}
