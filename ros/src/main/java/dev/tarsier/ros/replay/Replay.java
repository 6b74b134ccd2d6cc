package dev.tarsier.ros.replay;

import dev.tarsier.ros.bag.BagConnection;
import dev.tarsier.ros.bag.Recording;
import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.ros.ros1.adapter.MessageToFrame;
import dev.tarsier.ros.truth.Calibrations;
import dev.tarsier.ros.truth.ImageStream;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import dev.tarsier.runtime.frame.PixelEncoding;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.pipeline.Perceiver;
import dev.tarsier.runtime.pipeline.Scene;
import dev.tarsier.runtime.pipeline.TimeSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs every image of a bag through a bundle and judges the outputs by what the bag itself knows;
 * see the package for the way of a frame. One use, by one thread; {@link Judging} has another.
 */
public final class Replay implements AutoCloseable {
  /** The name of the report for people, in the output folder. */
  public static final String HTML = "report.html";

  /** The name of the report for machines, in the output folder. */
  public static final String JSON = "report.json";

  private static final Logger LOG = LoggerFactory.getLogger(Replay.class);

  private static final int WARM_UP_FRAMES = 3;

  private final ReplayOptions options;
  private final Progress progress;
  private final Recording bag;
  private final BagTopics topics;
  private final Perceiver perceiver;
  private final FramePool frames = new FramePool(TruthQueue.MOST + Judging.MOST + 2);
  private final MessageToFrame messages;
  private final CameraTrack camera;
  private final TruthQueue truths;
  private final ImageTally tally;
  private final Evaluator evaluator;
  private final WorstFrames worst;
  private final OutputRecorder recorder;
  private final Judging judging;
  private final Troubles troubles = new Troubles();
  private long messagesRead;

  /** Told of each image as it is done. */
  @FunctionalInterface
  public interface Progress {
    /**
     * Takes the state.
     *
     * @param done images so far
     * @param total images that the bag's index promises
     */
    void images(long done, long total);

    /** Says nothing. */
    static Progress none() {
      return (done, total) -> {};
    }
  }

  private Replay(
      ReplayOptions options,
      Progress progress,
      Recording bag,
      BagTopics topics,
      Perceiver perceiver)
      throws IOException {
    this.options = options;
    this.progress = progress;
    this.bag = bag;
    this.topics = topics;
    this.perceiver = perceiver;
    this.messages = new MessageToFrame(topics.image().compressed());
    BundleManifest manifest = perceiver.bundle().manifest();
    this.camera =
        new CameraTrack(
            topics.cameraInfo(),
            Calibrations.first(bag, topics.cameraInfo()),
            topics.image().rectified());
    this.truths =
        new TruthQueue(
            manifest.heads().stream()
                .filter(head -> topics.truths().containsKey(head.id()))
                .map(
                    head ->
                        new TruthTopic(
                            head.id(),
                            BagTopics.role(head),
                            topics.truths().get(head.id()),
                            options.toleranceMillis()))
                .toList());
    long images = bag.count(this::isImage);
    this.tally = new ImageTally(images);
    this.evaluator = new Evaluator(manifest.heads());
    this.worst =
        new WorstFrames(
            new FramePainter(manifest.heads()),
            options.worstFrames(),
            images,
            !truths.topics().isEmpty());
    this.recorder = new OutputRecorder(options.record());
    this.judging = new Judging(truths, evaluator, worst, troubles);
  }

  /**
   * Replays a bag and writes the report.
   *
   * @param options what and how
   * @param progress called on this thread
   * @return the report that was written
   * @throws ReplayException when the bag lacks what was asked for
   * @throws BundleException when the bundle is refused
   * @throws InferenceException when no accepted provider works
   * @throws IOException when the file is no bag, or the report cannot be written
   */
  public static ReplayReport run(ReplayOptions options, Progress progress)
      throws ReplayException, BundleException, InferenceException, IOException {
    Bundle bundle =
        options.network().of(Bundle.load(options.bundle()), options.session().providers());
    ReplayChecks.files(options);
    try (Recording bag = Recording.open(options.bags())) {
      BagTopics topics = BagTopics.find(bag, options.topics(), bundle.manifest().heads());
      ReplayChecks.gates(options.gates(), topics, bundle.manifest().heads());
      ReplayChecks.out(options);
      try (Perceiver perceiver = new Perceiver(bundle, options.session(), TimeSource.system());
          Replay replay = new Replay(options, progress, bag, topics, perceiver)) {
        return replay.run();
      }
    }
  }

  private ReplayReport run() throws IOException {
    warmUp();
    long began = System.nanoTime();
    Recording.Result read =
        bag.forEach(
            c -> isImage(c) || isCalibration(c) || truths.topic(c).isPresent(), this::onMessage);
    judging.finish().forEach(tally::scored);
    double seconds = (System.nanoTime() - began) / 1e9;
    recorder.finish();
    ReplayReport report =
        new ReplaySummary(
                options,
                bag,
                topics,
                perceiver,
                tally,
                evaluator,
                truths,
                camera,
                troubles.sentences())
            .report(read, seconds, recorder.sha256());
    Path out = options.out();
    Files.createDirectories(out);
    report.writeJson(out.resolve(JSON));
    new HtmlReport(report, worst.pictures(tally::seconds)).write(out.resolve(HTML));
    return report;
  }

  private boolean isImage(BagConnection connection) {
    return ImageStream.is(connection, topics.image().topic(), messages.type());
  }

  private boolean isCalibration(BagConnection connection) {
    return Calibrations.is(connection, topics.cameraInfo());
  }

  /** The first frames load libraries and compile code, which is no frame's latency. */
  private void warmUp() {
    BundleManifest.Input input = perceiver.bundle().manifest().input();
    int width = input.width();
    int height = input.height();
    try (Frame black = frames.acquire()) {
      black.prepare(3 * width * height).put(new byte[3 * width * height]);
      black.describe(PixelEncoding.RGB8, width, height, 3 * width, 0, 0, "", 0);
      for (int i = 0; i < WARM_UP_FRAMES; i++) {
        perceiver.perceive(black);
      }
    } catch (RejectedFrameException e) {
      LOG.warn("warming up failed: {}", e.getMessage());
    }
  }

  private void onMessage(BagConnection connection, long receiveNanos, ByteBuffer body)
      throws IOException {
    messagesRead++;
    if (isImage(connection)) {
      onImage(receiveNanos, body);
      progress.images(tally.in(), tally.expected());
      return;
    }
    if (!isCalibration(connection)) {
      judging.truth(truths.topic(connection).orElseThrow(), messagesRead, receiveNanos, body);
      return;
    }
    try {
      camera.add(body);
    } catch (MessageFormatException | IllegalArgumentException e) {
      troubles.add(messagesRead, "camera_info", e);
    }
    judging.passed(receiveNanos);
  }

  private void onImage(long receiveNanos, ByteBuffer body) throws IOException {
    int index = tally.begin();
    long start = System.nanoTime();
    Frame frame;
    try {
      frame = messages.run(body, start, frames);
    } catch (RejectedFrameException e) {
      tally.dropped(index, 0, e);
      judging.passed(receiveNanos);
      return;
    }
    // A frame without a stamp is matched by when it was recorded.
    long stamp = frame.captureNanos() == 0 ? receiveNanos : frame.captureNanos();
    tally.stamped(stamp);
    boolean handedOver = false;
    try {
      Scene scene = perceiver.perceive(frame);
      tally.perceived(index, stamp, scene, System.nanoTime() - start);
      recorder.add(receiveNanos, scene, camera.of(scene.inputWidth(), scene.inputHeight()));
      // Truth was held against the camera of the first images.
      boolean comparable = frame.frameId().equals(topics.image().frameId());
      if (!comparable) {
        tally.otherCamera();
      }
      Perceived image = Perceived.of(index, receiveNanos, stamp, comparable, frame, scene);
      handedOver = true;
      judging.image(image);
    } catch (RejectedFrameException e) {
      tally.dropped(index, stamp, e);
      judging.passed(receiveNanos);
    } finally {
      if (!handedOver) {
        frame.close();
      }
    }
  }

  /** Closes what a failed run left open. */
  @Override
  public void close() throws IOException {
    judging.close();
    recorder.close();
  }
}
