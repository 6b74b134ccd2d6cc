package dev.tarsier.ros.node;

import dev.tarsier.ros.port.Calibration;
import dev.tarsier.ros.port.CameraImage;
import dev.tarsier.ros.port.FaultListener;
import dev.tarsier.ros.port.ImageHandler;
import dev.tarsier.ros.port.ImageToFrame;
import dev.tarsier.ros.port.Input;
import dev.tarsier.ros.port.NodeStatus;
import dev.tarsier.ros.port.Output;
import dev.tarsier.ros.port.RosClock;
import dev.tarsier.ros.port.RosPort;
import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.health.HealthState;
import dev.tarsier.runtime.inference.InferenceEngine;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.inference.ProviderFallback;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.ProviderStep;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.pipeline.Perceiver;
import dev.tarsier.runtime.pipeline.PerceptionPipeline;
import dev.tarsier.runtime.pipeline.PerceptionSnapshot;
import dev.tarsier.runtime.pipeline.TimeSource;
import dev.tarsier.runtime.telemetry.PipelineTelemetry;
import dev.tarsier.runtime.telemetry.TelemetryIdentity;
import dev.tarsier.runtime.telemetry.TelemetryPublisher;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node: subscribes to a camera, perceives its newest image, publishes what it sees; topics in
 * {@link Topic}, parameters in {@link NodeOptions}. Runs in any process that has a {@link RosPort}.
 * Any thread may call its methods.
 */
public final class PerceptionNode implements AutoCloseable {
  /** The node's name unless ROS gives it another. */
  public static final String DEFAULT_NAME = TelemetryIdentity.DEFAULT_NODE;

  private static final Logger LOG = LoggerFactory.getLogger(PerceptionNode.class);
  private static final String PROVIDER = "provider";
  private static final String PACKED = "/compressed";

  private final RosPort ros;
  private final NodeOptions options;
  private final PerceptionPipeline pipeline;
  private final ScenePublisher scenes;
  private final Output<NodeStatus> diagnostics;
  private final ImageToFrame frames = new ImageToFrame();
  private final Input images;
  private final Input calibrations;
  private final TelemetryPublisher telemetry;
  private final ScheduledExecutorService ticker;
  private final ScheduledFuture<?> tick;
  private final ScheduledFuture<?> watching;
  private final ScheduledExecutorService watcher;
  private final CameraWatch watch;
  private final FrameIds frameIds = new FrameIds();
  private final AtomicBoolean closed = new AtomicBoolean();

  private PerceptionNode(
      RosPort ros,
      NodeOptions options,
      ImageTopics topics,
      Perceiver perceiver,
      ScenePublisher scenes,
      PerceptionPipeline pipeline) {
    this.ros = ros;
    this.scenes = scenes;
    this.pipeline = pipeline;
    this.options = options;
    judgeProvider();
    pipeline.onProviderChange(this::providerChanged);
    this.diagnostics = ros.status(Topic.DIAGNOSTICS.topicName());
    if (!scenes.withheld().isEmpty()) {
      String reason =
          "%s is the camera's own topic, so the node does not publish there; give the node another name, such as __name:=%s_perception"
              .formatted(
                  String.join(", ", scenes.withheld()),
                  ros.name().substring(ros.name().lastIndexOf('/') + 1));
      LOG.warn(reason);
      pipeline.raise("name", HealthState.DEGRADED, reason);
    }
    pipeline.start();
    this.calibrations = ros.calibrations(topics.cameraInfo(), scenes::camera);
    this.images = ros.images(topics.image(), topics.compressed(), new Images());
    this.telemetry =
        options.effectiveTelemetry().enabled()
            ? TelemetryPublisher.start(
                options.effectiveTelemetry(),
                ros.name(),
                new PipelineTelemetry(pipeline::snapshot),
                pipeline)
            : null;
    this.ticker = Ticker.named("tarsier-diagnostics");
    this.watch =
        new CameraWatch(
            ros.name(),
            topics,
            perceiver.bundle().manifest(),
            new PipelineConditions(pipeline),
            ros::publishedTopics,
            System.nanoTime());
    // A thread of its own: a master that is slow to answer must not hold up the diagnostics.
    this.watcher = Ticker.named("tarsier-camera-watch");
    this.watching = watcher.scheduleAtFixedRate(this::watchCamera, 1, 1, TimeUnit.SECONDS);
    this.tick = ticker.scheduleAtFixedRate(this::publishDiagnostics, 1, 1, TimeUnit.SECONDS);
    ros.onFault(new ThreadHealth(pipeline));
    LOG.info(
        "{} perceives {} with {} {} on {}",
        ros.name(),
        images.topic(),
        perceiver.bundle().manifest().name(),
        perceiver.bundle().manifest().version(),
        perceiver.step());
  }

  /**
   * Starts the node.
   *
   * @param ros stays the caller's, who ends it after the node
   * @param options as {@link NodeOptions#read} gives them
   * @throws BundleException when there is no such bundle, or it is not whole
   * @throws InferenceException when no accepted provider works
   */
  public static PerceptionNode start(RosPort ros, NodeOptions options)
      throws BundleException, InferenceException {
    Path folder = ModelFolder.find(options.model(), List.of(ModelFolder.home()));
    return start(ros, options, Bundle.load(folder));
  }

  /**
   * Starts the node with a bundle that is at hand.
   *
   * @param ros stays the caller's, who ends it after the node
   * @param options whose {@code model} is not looked at
   * @param loaded Not modified.
   * @throws BundleException when the bundle's network is not what its manifest says
   * @throws InferenceException when no accepted provider works
   */
  public static PerceptionNode start(RosPort ros, NodeOptions options, Bundle loaded)
      throws BundleException, InferenceException {
    options.checkFiles(); // before the network is loaded, which takes seconds
    Bundle bundle = options.network().of(loaded, options.providers());
    ImageTopics topics = ImageTopics.of(ros, options);
    GraphTime time = new GraphTime(ros.clock());
    Perceiver perceiver =
        Perceiver.serving(bundle, options.session(), time, InferenceEngine.usual());
    // What the start left behind is swept before the first image: it would make the next
    // collection,
    // a minute or two later, a pause of 3 ms instead of 2.
    System.gc();
    ScenePublisher scenes;
    PerceptionPipeline pipeline;
    try {
      scenes =
          new ScenePublisher(
              ros,
              bundle,
              Set.of(topics.image(), topics.cameraInfo()),
              Calibration.isRectified(topics.image()),
              options.lazy());
      pipeline = new PerceptionPipeline(perceiver, scenes, options.pipeline(time));
    } catch (RuntimeException e) {
      perceiver.close();
      throw e;
    }
    PerceptionNode node;
    try {
      node = new PerceptionNode(ros, options, topics, perceiver, scenes, pipeline);
    } catch (RuntimeException | Error e) {
      // Frames may be perceived by now: the pipeline closes the engine after the one in work.
      pipeline.close();
      throw e;
    }
    ros.onShutdown(node::close);
    return node;
  }

  private void providerChanged() {
    pipeline.clear(PROVIDER);
    judgeProvider();
  }

  /** Another provider than the one that was asked for is worth knowing. */
  private void judgeProvider() {
    ProviderPreference asked = options.providers();
    ProviderStep used = pipeline.step();
    if (!asked.wanted() || asked.order().get(0) == used.provider()) {
      return;
    }
    String reason =
        "provider %s was asked for, %s is used: %s"
            .formatted(
                options.provider(),
                used,
                pipeline.fallbacks().stream()
                    .map(ProviderFallback::toString)
                    .collect(Collectors.joining("; ")));
    LOG.warn(reason);
    pipeline.raise(PROVIDER, HealthState.DEGRADED, reason);
  }

  /** Frames of the camera's images, into the pipeline. */
  private final class Images implements ImageHandler {
    @Override
    public void onImage(CameraImage image, long arrivalNanos) {
      try {
        Frame frame = frames.run(image, arrivalNanos, pipeline.frames());
        frameIds.saw(frame.frameId(), arrivalNanos);
        pipeline.offer(frame);
      } catch (RejectedFrameException e) {
        pipeline.reject(e.reason(), e.getMessage());
      }
    }

    @Override
    public void onMalformed(String reason) {
      pipeline.reject(DropReason.BAD_MESSAGE, reason);
    }
  }

  private void publishDiagnostics() {
    try {
      PerceptionSnapshot snapshot = pipeline.snapshot();
      if (diagnostics.wanted()) {
        diagnostics.publish(
            Diagnostics.of(
                snapshot,
                new Diagnostics.NodeState(
                    ros.name(),
                    images.topic(),
                    images.publishers(),
                    scenes.hasCameraInfo(),
                    calibrations.publishers(),
                    scenes.calibration(),
                    scenes.lost(),
                    ros.clock().nowNanos())));
      }
    } catch (Throwable e) { // an error too
      // A scheduled task that throws is never run again.
      LOG.warn("diagnostics could not be published", e);
    }
  }

  private void watchCamera() {
    try {
      long now = System.nanoTime();
      watch.look(
          new CameraWatch.Look(
              now,
              pipeline.framesIn(),
              pipeline.framesOut() + pipeline.framesNotWanted(),
              images.publisherStates(),
              frameIds.alternating(now),
              pipeline.standsStill(),
              scenes.hasCameraInfo(),
              scenes.calibration()));
    } catch (Throwable e) { // an error too
      // A scheduled task that throws is never run again.
      LOG.warn("the camera could not be looked after", e);
    }
  }

  /** Where the camera watch puts its conditions. */
  private record PipelineConditions(PerceptionPipeline pipeline) implements CameraWatch.Conditions {
    @Override
    public void raise(String key, HealthState level, String reason) {
      pipeline.raise(key, level, reason);
    }

    @Override
    public void clear(String key) {
      pipeline.clear(key);
    }
  }

  /**
   * Whether an inference still hung when {@link #close} had waited for it, or an engine is still
   * being built.
   */
  public boolean outlivesItsEnd() {
    return pipeline.outlivesItsEnd();
  }

  /** Whether an inference takes longer than anything but a hang can. */
  public boolean hangs() {
    return pipeline.hangs();
  }

  /** How perception is doing. */
  public PerceptionSnapshot snapshot() {
    return pipeline.snapshot();
  }

  /** Full name of the image topic that is subscribed to. */
  public String imageTopic() {
    return images.topic();
  }

  /** Ends the subscriptions, lets the frame in work be published, and withdraws the topics. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    images.close();
    calibrations.close();
    tick.cancel(false);
    watching.cancel(false);
    ticker.shutdownNow();
    watcher.shutdownNow();
    pipeline.close();
    if (telemetry != null) {
      telemetry.close();
    }
    scenes.close();
    diagnostics.close();
  }

  /**
   * Which topics to subscribe to.
   *
   * @param image full name
   * @param compressed whether its messages are compressed
   * @param cameraInfo full name
   */
  record ImageTopics(String image, boolean compressed, String cameraInfo) {
    static ImageTopics of(RosPort ros, NodeOptions options) {
      String image = ros.resolve(Topic.IMAGE.topicName());
      boolean named = image.endsWith(PACKED);
      boolean compressed = options.compressed() || named;
      String base = named ? image.substring(0, image.length() - PACKED.length()) : image;
      return new ImageTopics(
          compressed ? base + PACKED : image, compressed, cameraInfo(ros, options, base));
    }

    private static String cameraInfo(RosPort ros, NodeOptions options, String image) {
      if (!options.cameraInfo().isBlank()) {
        return ros.resolve(options.cameraInfo());
      }
      String name = Topic.CAMERA_INFO.topicName();
      String resolved = ros.resolve(name);
      String namespace = ros.name().substring(0, ros.name().lastIndexOf('/') + 1);
      boolean remapped = !resolved.equals(namespace + name);
      return remapped ? resolved : image.substring(0, image.lastIndexOf('/') + 1) + name;
    }
  }

  /** A thread of the graph that ended is an error, until it has not happened for a while. */
  private record ThreadHealth(PerceptionPipeline pipeline) implements FaultListener {
    @Override
    public void raised(String key, String reason) {
      pipeline.raise("thread " + key, HealthState.ERROR, reason);
    }

    @Override
    public void cleared(String key) {
      pipeline.clear("thread " + key);
    }
  }

  /** The monotonic clock of the machine, and ROS's time for stamps. */
  private record GraphTime(RosClock clock) implements TimeSource {
    @Override
    public long monotonicNanos() {
      return System.nanoTime();
    }

    @Override
    public long epochNanos() {
      return clock.nowNanos();
    }

    @Override
    public boolean simulated() {
      return clock.simulated();
    }
  }
}
