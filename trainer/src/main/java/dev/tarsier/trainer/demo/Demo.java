package dev.tarsier.trainer.demo;

import dev.tarsier.ros.bag.BagReader;
import dev.tarsier.ros.bag.Selection;
import dev.tarsier.ros.node.NodeOptions;
import dev.tarsier.ros.node.PerceptionNode;
import dev.tarsier.ros.node.Topic;
import dev.tarsier.ros.replay.Replay;
import dev.tarsier.ros.replay.ReplayException;
import dev.tarsier.ros.replay.ReplayOptions;
import dev.tarsier.ros.replay.ReplayReport;
import dev.tarsier.ros.ros1.adapter.Ros1Port;
import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.master.InProcessMaster;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.ImageView;
import dev.tarsier.ros.ros1.transport.Publisher;
import dev.tarsier.ros.ros1.transport.PublisherOptions;
import dev.tarsier.ros.ros1.transport.RosNode;
import dev.tarsier.ros.truth.DepthUnit;
import dev.tarsier.ros.truth.Truth;
import dev.tarsier.runtime.accuracy.Measure;
import dev.tarsier.runtime.accuracy.ScoredPixels;
import dev.tarsier.runtime.config.TelemetryConfig;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.inference.NetworkChoice;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.pipeline.LatencySummary;
import dev.tarsier.runtime.pipeline.PerceptionSnapshot;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.trainer.render.RenderedBag;
import dev.tarsier.trainer.task.ClassSet;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.HdrHistogram.Histogram;
import org.eclipse.paho.client.mqttv3.MqttException;

/**
 * The main job from end to end in one process: a rendered bag is played over TCP topics into the
 * perception node; its outputs are collected by another node and scored against the rendered truth,
 * its telemetry by an MQTT client. One use, one thread.
 */
public final class Demo {
  private static final String HOST = "127.0.0.1";
  private static final String ROBOT = "demo";
  private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(20);
  private static final Duration OUTPUT_PATIENCE = Duration.ofSeconds(5);
  private static final Duration TELEMETRY_PATIENCE = Duration.ofSeconds(4);
  private static final long LONGEST_NANOS = 60_000_000_000L;

  private final DemoRequest request;
  private final DemoProgress progress;
  private final Bundle bundle;
  private final Map<Long, Long> sentNanos = new HashMap<>();
  private long firstSent;
  private long lastSent;

  private Demo(DemoRequest request, DemoProgress progress, Bundle bundle) {
    this.request = request;
    this.progress = progress;
    this.bundle = bundle;
  }

  /**
   * Runs it.
   *
   * @param request what to show
   * @param progress told how far it is
   * @throws BundleException when the bundle is refused
   * @throws InferenceException when no accepted provider works
   * @throws IOException when the bag or the report cannot be written, or nothing connects
   * @throws InterruptedException when interrupted; everything is closed then
   */
  public static DemoResult run(DemoRequest request, DemoProgress progress)
      throws BundleException,
          InferenceException,
          IOException,
          ReplayException,
          InterruptedException {
    Bundle bundle = Bundle.load(request.bundle());
    return new Demo(request, progress, bundle).run();
  }

  private DemoResult run()
      throws BundleException,
          InferenceException,
          IOException,
          ReplayException,
          InterruptedException {
    Files.createDirectories(request.out());
    Path bag =
        DemoBag.at(request, done -> progress.at(DemoProgress.Step.RENDER, done, request.frames()));
    Live live = live(bag);
    Scores scores = score(bag, live.outputs());
    ReplayReport replay =
        Replay.run(
            ReplayOptions.of(bag, request.bundle(), request.out()),
            (done, total) -> progress.at(DemoProgress.Step.REPORT, done, total));
    return new DemoResult(
        bag,
        sentNanos.size(),
        scores.received(),
        rate(sentNanos.size(), firstSent, lastSent),
        scores.framesPerSecond(),
        LatencySummary.of(scores.endToEnd()),
        live.node(),
        scores.values(),
        live.telemetry(),
        replay,
        request.out().resolve(Replay.HTML));
  }

  /** What the live part leaves behind. */
  private record Live(
      OutputCollector outputs, PerceptionSnapshot node, DemoResult.Telemetry telemetry) {}

  private Live live(Path bag)
      throws BundleException, InferenceException, IOException, InterruptedException {
    Path scratch = Files.createTempDirectory("tarsier-demo");
    try (InProcessBroker broker = InProcessBroker.start(scratch);
        TelemetryListener operator = new TelemetryListener(broker.uri(), ROBOT);
        InProcessMaster master = new InProcessMaster(0);
        RosNode robot =
            node(
                master,
                PerceptionNode.DEFAULT_NAME,
                Map.of(Topic.IMAGE.topicName(), RenderedBag.RGB_TOPIC));
        RosNode camera = node(master, "tarsier_demo_camera", Map.of());
        RosNode user = node(master, "tarsier_demo_user", Map.of())) {
      try (PerceptionNode perception =
              PerceptionNode.start(new Ros1Port(robot), options(broker.uri()), bundle);
          OutputCollector outputs =
              new OutputCollector(user, robot.name(), bundle.manifest().heads());
          Publisher<Image> images =
              camera.advertise(RenderedBag.RGB_TOPIC, Image.TYPE, PublisherOptions.queue(4));
          Publisher<CameraInfo> infos =
              camera.advertise(
                  RenderedBag.CAMERA_INFO_TOPIC, CameraInfo.TYPE, PublisherOptions.queue(4))) {
        boolean connected =
            await(
                CONNECT_PATIENCE,
                () -> images.subscribers() > 0 && infos.subscribers() > 0 && outputs.connected());
        if (!connected) {
          throw new IOException(
              "the demo's nodes did not find each other on %s within %d s; is a firewall in the way?"
                  .formatted(HOST, CONNECT_PATIENCE.toSeconds()));
        }
        play(bag, images, infos);
        await(OUTPUT_PATIENCE, () -> isDone(perception.snapshot(), outputs));
        PerceptionSnapshot node = perception.snapshot();
        await(TELEMETRY_PATIENCE, () -> isComplete(operator.seen()));
        return new Live(outputs, node, operator.seen());
      }
    } catch (MqttException e) {
      throw new IOException("the demo's MQTT client failed: " + e.getMessage(), e);
    } finally {
      Files.deleteIfExists(scratch);
    }
  }

  private static RosNode node(InProcessMaster master, String name, Map<String, String> remappings)
      throws InterruptedException {
    return RosNode.start(
        new RosArguments(
            name,
            "/",
            master.uri(),
            Optional.of(HOST),
            Optional.empty(),
            remappings,
            Map.of(),
            List.of()));
  }

  private NodeOptions options(String broker) {
    NodeOptions usual = NodeOptions.DEFAULTS;
    return new NodeOptions(
        request.bundle().toString(),
        request.provider(),
        false,
        NetworkChoice.FLOAT.id(),
        request.threads(),
        usual.tensorrt(),
        usual.pluginOptions(),
        false,
        "",
        usual.lazy(),
        usual.maxAgeMillis(),
        usual.staleMillis(),
        usual.frozenFrames(),
        usual.inferenceTimeoutMillis(),
        broker,
        ROBOT,
        TelemetryConfig.DEFAULTS);
  }

  /** Publishes as a camera does: at the times at which the frames were recorded. */
  private void play(Path file, Publisher<Image> images, Publisher<CameraInfo> infos)
      throws IOException {
    try (BagReader bag = BagReader.open(file)) {
      long recordedStart = bag.startNanos();
      long playedStart = System.nanoTime();
      bag.forEach(
          Selection.topics(RenderedBag.RGB_TOPIC, RenderedBag.CAMERA_INFO_TOPIC),
          (connection, receiveNanos, body) -> {
            sleepUntil(playedStart + receiveNanos - recordedStart);
            if (connection.topic().equals(RenderedBag.RGB_TOPIC)) {
              Image image = Image.TYPE.read(body);
              lastSent = System.nanoTime();
              firstSent = sentNanos.isEmpty() ? lastSent : firstSent;
              sentNanos.put(image.header().stamp().toNanos(), lastSent);
              images.publish(image);
              progress.at(DemoProgress.Step.PLAY, sentNanos.size(), request.frames());
            } else {
              infos.publish(CameraInfo.TYPE.read(body));
            }
          });
    }
  }

  private static void sleepUntil(long nanoTime) throws InterruptedIOException {
    try {
      long wait = nanoTime - System.nanoTime();
      if (wait > 0) {
        TimeUnit.NANOSECONDS.sleep(wait);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("stopped while playing");
    }
  }

  /** Every image is either dropped by the node, or its outputs have come. */
  private boolean isDone(PerceptionSnapshot node, OutputCollector outputs) {
    return node.framesIn() >= sentNanos.size()
        && outputs.complete() + node.dropped() >= node.framesIn();
  }

  private static boolean isComplete(DemoResult.Telemetry seen) {
    return seen.metrics() > 0 && seen.factsheets() > 0 && seen.status() > 0;
  }

  private static boolean await(Duration patience, BooleanSupplier condition)
      throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
    return true;
  }

  /** What the collected outputs are worth. */
  private record Scores(
      int received,
      double framesPerSecond,
      Histogram endToEnd,
      Map<Head, Map<String, Double>> values) {}

  private Scores score(Path file, OutputCollector collected) throws IOException {
    Histogram endToEnd = new Histogram(1_000, LONGEST_NANOS, 3);
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;
    int counted = 0;
    for (Map.Entry<Long, Long> sent : sentNanos.entrySet()) {
      Optional<OutputCollector.Outputs> outputs = collected.at(sent.getKey());
      if (outputs.isPresent()) {
        long arrival = outputs.get().newestArrivalNanos();
        endToEnd.recordValue(Math.max(0, Math.min(LONGEST_NANOS, arrival - sent.getValue())));
        first = Math.min(first, arrival);
        last = Math.max(last, arrival);
        counted++;
      }
    }
    int received = counted;
    BundleManifest manifest = bundle.manifest();
    Map<String, Head> heads = new LinkedHashMap<>();
    manifest.firstHead(MetricMap.class).ifPresent(head -> heads.put(RenderedBag.DEPTH_TOPIC, head));
    manifest.firstHead(ClassMap.class).ifPresent(head -> heads.put(RenderedBag.LABELS_TOPIC, head));
    Map<Head, Measure> measures = new LinkedHashMap<>();
    heads.values().forEach(head -> measures.put(head, Measure.of(head, ScoredPixels.FULL)));
    Set<Long> scored = new HashSet<>();
    ImageView view = new ImageView();
    try (BagReader bag = BagReader.open(file)) {
      bag.forEach(
          Selection.topics(RenderedBag.DEPTH_TOPIC, RenderedBag.LABELS_TOPIC),
          (connection, receiveNanos, body) -> {
            view.over(body);
            Head head = heads.get(connection.topic());
            Optional<OutputCollector.Outputs> outputs = collected.at(view.stampNanos());
            if (head != null && outputs.isPresent()) {
              Truth truth =
                  head.kind().isIds()
                      ? Truth.labels(view, 0)
                      : Truth.depth(view, 0, DepthUnit.MILLIMETRE);
              measures.get(head).add(outputs.get().plane(head), truth.plane());
              scored.add(view.stampNanos());
            }
            progress.at(DemoProgress.Step.SCORE, scored.size(), received);
          });
    }
    Map<Head, Map<String, Double>> scores = new LinkedHashMap<>();
    measures.forEach(
        (head, measure) ->
            scores.put(head, hasRenderedClasses(head.kind()) ? measure.values() : Map.of()));
    return new Scores(received, received == 0 ? 0 : rate(received, first, last), endToEnd, scores);
  }

  /** Ids mean something only where the bundle has the classes of the rendered rooms. */
  private static boolean hasRenderedClasses(HeadKind kind) {
    if (!(kind instanceof ClassMap map)) {
      return true;
    }
    return map.classes().size() == ClassSet.NYU_13.names().size()
        && map.classes().stream()
            .allMatch(
                each ->
                    each.id() < map.classes().size()
                        && each.name().equals(ClassSet.NYU_13.names().get(each.id())));
  }

  /** Events a second, from the time between the first and the last. */
  private static double rate(int events, long firstNanos, long lastNanos) {
    return events < 2 || lastNanos <= firstNanos
        ? 0
        : (events - 1) * 1e9 / (lastNanos - firstNanos);
  }
}
