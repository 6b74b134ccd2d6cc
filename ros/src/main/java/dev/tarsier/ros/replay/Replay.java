package dev.tarsier.ros.replay;

import dev.tarsier.ros.bag.BagCompression;
import dev.tarsier.ros.bag.BagWriter;
import dev.tarsier.ros.bag.Recording;
import dev.tarsier.ros.bag.Selection;
import dev.tarsier.ros.frame.Calibration;
import dev.tarsier.ros.frame.MessageToFrame;
import dev.tarsier.ros.message.CameraInfo;
import dev.tarsier.ros.message.Header;
import dev.tarsier.ros.message.MessageFormatException;
import dev.tarsier.ros.node.SceneMessages;
import dev.tarsier.ros.truth.Calibrations;
import dev.tarsier.ros.truth.ImageStream;
import dev.tarsier.ros.truth.Truth;
import dev.tarsier.ros.truth.TruthReader;
import dev.tarsier.ros.truth.TruthSource;
import dev.tarsier.ros.truth.TruthWindow;
import dev.tarsier.runtime.accuracy.ConfusionMatrix;
import dev.tarsier.runtime.accuracy.DepthErrors;
import dev.tarsier.runtime.accuracy.DepthProtocol;
import dev.tarsier.runtime.config.ProductVersion;
import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import dev.tarsier.runtime.frame.PixelEncoding;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.inference.ProviderFallback;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.metrics.Stage;
import dev.tarsier.runtime.metrics.TimeSource;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.runtime.pipeline.Perceiver;
import dev.tarsier.runtime.scene.Scene;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs every image of a bag through a bundle and judges the outputs by what the bag itself knows;
 * see the package for the way of a frame. One use, one thread.
 */
public final class Replay implements AutoCloseable {
  /** The name of the report for people, in the output folder. */
  public static final String HTML = "report.html";

  /** The name of the report for machines, in the output folder. */
  public static final String JSON = "report.json";

  private static final Logger LOG = LoggerFactory.getLogger(Replay.class);

  /** Frames that may wait for their truth at once. */
  private static final int MOST_WAITING = 32;

  private static final int WARM_UP_FRAMES = 3;
  private static final String RECORDED_AS = "/tarsier_perception/";

  private final ReplayOptions options;
  private final Progress progress;
  private final Recording bag;
  private final BagTopics topics;
  private final Perceiver perceiver;
  private final BundleManifest manifest;
  private final BagWriter record;

  private final FramePool frames = new FramePool(MOST_WAITING + 1);
  private final MessageToFrame messages;
  private final TruthWindow depthTruths;
  private final TruthWindow labelTruths;
  private final ArrayDeque<Perceived> waiting = new ArrayDeque<>();
  private final MessageDigest outputs = Sha256.digest();
  private final FramePainter painter;

  private final DepthErrors depthErrors = new DepthErrors(DepthProtocol.FULL);
  private final DistanceBands bands = new DistanceBands();
  private final ConfusionMatrix confusion;
  private final long[] predictedPixels = new long[256];
  private final Map<String, Histogram> stages = new LinkedHashMap<>();
  private final Map<DropReason, Long> drops = new EnumMap<>(DropReason.class);
  private final Map<String, String> firstOfReason = new TreeMap<>();
  private final List<ReplayReport.FrameFigures> figures = new ArrayList<>();
  private final PriorityQueue<Shown> shown =
      new PriorityQueue<>(Comparator.comparingDouble(Shown::badness));
  private final List<String> notes = new ArrayList<>();

  private int apart = 1;
  private long paintingNanos;
  private CameraInfo camera;
  private Calibration calibration;
  private int imageWidth;
  private int imageHeight;
  private long imagesTotal;
  private long in;
  private long out;
  private long messagesRead;
  private long depthMatched;
  private long labelsMatched;
  private long depthJudged;
  private long labelsJudged;
  private long labelPixels;
  private long otherCamera;
  private long otherShape;
  private long depthMessages;
  private long labelMessages;
  private long stampsWentBack;
  private long framesWithoutDepth;
  private long framesWithUnnamedClasses;
  private long lastStamp = Long.MIN_VALUE;
  private long firstReceive = Long.MIN_VALUE;
  private long lastReceive;

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

  /** A frame kept for the report, with how bad it is. */
  private record Shown(double badness, int index, FramePicture picture) {}

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
    this.manifest = perceiver.bundle().manifest();
    this.messages = new MessageToFrame(topics.image().compressed());
    long tolerance = Math.round(options.toleranceMillis() * 1e6);
    this.depthTruths = topics.depth() == null ? null : new TruthWindow(tolerance);
    this.labelTruths = topics.labels() == null ? null : new TruthWindow(tolerance);
    this.painter = new FramePainter(manifest);
    this.confusion =
        manifest.classesHead().isPresent()
            ? new ConfusionMatrix(Math.min(manifest.classIdLimit(), 255))
            : null;
    for (String stage : Metric.STAGES) {
      stages.put(stage, new Histogram(1_000, 600_000_000_000L, 3));
    }
    this.record =
        options.record().isPresent()
            ? new BagWriter(options.record().get(), BagCompression.NONE)
            : null;
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
    Bundle bundle = Bundle.load(options.bundle());
    checkPlaces(options);
    try (Recording bag = Recording.open(options.bags())) {
      BagTopics topics = BagTopics.find(bag, options, bundle.manifest());
      checkGates(options, topics, bundle.manifest());
      checkCanBeMade(options.out());
      if (options.record().filter(each -> isIn(options.out(), each)).isPresent()) {
        Files.createDirectories(options.out());
      }
      SessionOptions session =
          SessionOptions.of(options.providers()).withThreads(options.threads());
      try (Perceiver perceiver = new Perceiver(bundle, session, TimeSource.system());
          Replay replay = new Replay(options, progress, bag, topics, perceiver)) {
        return replay.run();
      }
    }
  }

  /**
   * The folder is made when there is something to write into it; that it can be is looked at before
   * the work.
   */
  private static void checkCanBeMade(Path folder) throws ReplayException {
    Path there = folder.toAbsolutePath().normalize();
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    if (!Files.isDirectory(there) || !Files.isWritable(there)) {
      throw new ReplayException(
          "--out %s cannot be written: %s is no folder that can be written"
              .formatted(folder, there));
    }
  }

  private static boolean isIn(Path folder, Path file) {
    return file.toAbsolutePath().normalize().startsWith(folder.toAbsolutePath().normalize());
  }

  private static void checkPlaces(ReplayOptions options) throws IOException, ReplayException {
    if (Files.exists(options.out()) && !Files.isDirectory(options.out())) {
      throw new ReplayException("--out %s must be a folder".formatted(options.out()));
    }
    Optional<Path> record = options.record();
    for (Path bag : options.bags()) {
      if (record.isPresent()
          && Files.exists(record.get())
          && Files.exists(bag)
          && Files.isSameFile(record.get(), bag)) {
        throw new ReplayException(
            "--record %s is the bag that is replayed; choose another file".formatted(record.get()));
      }
    }
  }

  /** A gate that cannot be measured is told before the work, not after it. */
  private static void checkGates(ReplayOptions options, BagTopics topics, BundleManifest manifest)
      throws ReplayException {
    for (Gate gate : options.gates()) {
      boolean possible =
          switch (gate.metric().needs()) {
            case IMAGES -> true;
            case DEPTH -> topics.depth() != null && manifest.depthHead().isPresent();
            case LABELS -> topics.labels() != null && manifest.classesHead().isPresent();
          };
      if (!possible) {
        String what = gate.metric().needs().name().toLowerCase(Locale.ROOT);
        List<String> why =
            topics.notes().stream()
                .filter(note -> note.contains("is not taken for " + what))
                .toList();
        throw new ReplayException(
            "gate %s needs %s: the bag has no such topic (--%s names one), or the bundle no such output%s"
                .formatted(gate, what, what, why.isEmpty() ? "" : ". " + String.join(" ", why)));
      }
    }
  }

  private ReplayReport run() throws IOException {
    notes.addAll(topics.notes());
    Selection images = c -> ImageStream.is(c, topics.image().topic(), messages.type());
    Selection depth = selection(topics.depth());
    Selection labels = selection(topics.labels());
    Selection calibration = c -> ImageStream.is(c, topics.cameraInfo(), CameraInfo.TYPE);
    imagesTotal = bag.count(images);
    // A picture of each stretch of the bag says more than six neighbours.
    apart = Math.max(1, (int) (imagesTotal / (4L * Math.max(1, options.worstFrames()))));
    camera = Calibrations.first(bag, topics.cameraInfo()).orElse(null);
    warmUp();
    long began = System.nanoTime();
    Recording.Result read =
        bag.forEach(
            c ->
                images.includes(c)
                    || depth.includes(c)
                    || labels.includes(c)
                    || calibration.includes(c),
            (connection, receiveNanos, body) -> {
              firstReceive = firstReceive == Long.MIN_VALUE ? receiveNanos : firstReceive;
              lastReceive = receiveNanos;
              if (images.includes(connection)) {
                onImage(receiveNanos, body);
              } else if (calibration.includes(connection)) {
                onCameraInfo(body);
              } else {
                onTruth(depth.includes(connection), receiveNanos, body);
              }
              judgeDecided(receiveNanos);
            });
    messagesRead = read.messages();
    judgeDecided(Long.MAX_VALUE);
    double seconds = (System.nanoTime() - began - paintingNanos) / 1e9;
    if (record != null) {
      record.close();
    }
    ReplayReport report = report(read.damages(), seconds);
    Files.createDirectories(options.out());
    report.writeJson(options.out().resolve(JSON));
    List<FramePicture> pictures =
        shown.stream()
            .sorted(
                Comparator.comparingDouble(Shown::badness)
                    .reversed()
                    .thenComparingInt(Shown::index))
            .map(Shown::picture)
            .toList();
    new HtmlReport(report, pictures).write(options.out().resolve(HTML));
    return report;
  }

  private static Selection selection(TruthSource source) {
    return source == null
        ? c -> false
        : c -> ImageStream.is(c, source.stream().topic(), source.reader().type());
  }

  /** The first frames load libraries and compile code, which is no frame's latency. */
  private void warmUp() {
    int width = manifest.input().width();
    int height = manifest.input().height();
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

  private void onImage(long receiveNanos, ByteBuffer body) throws IOException {
    int index = (int) in++;
    long start = System.nanoTime();
    Frame frame;
    try {
      frame = messages.run(body, start, frames);
    } catch (RejectedFrameException e) {
      drop(index, 0, e);
      return;
    }
    // A frame without a stamp is matched by when it was recorded.
    long stamp = frame.captureNanos() == 0 ? receiveNanos : frame.captureNanos();
    if (stamp < lastStamp) {
      stampsWentBack++;
    }
    lastStamp = stamp;
    boolean kept = false;
    try {
      Scene scene = perceiver.perceive(frame);
      long total = System.nanoTime() - start;
      note(index, stamp, scene, total);
      outputs.update(scene.classIds());
      outputs.update(scene.depthBytes());
      writeOutputs(receiveNanos, scene);
      waiting.addLast(
          new Perceived(
              index,
              receiveNanos,
              stamp,
              isComparable(frame),
              scene.inputWidth(),
              scene.inputHeight(),
              frame,
              scene.width(),
              scene.height(),
              copy(scene.classIds()),
              copy(scene.depthMetres())));
      kept = true;
    } catch (RejectedFrameException e) {
      drop(index, stamp, e);
    } finally {
      if (!kept) {
        frame.close();
      }
    }
    progress.images(in, Math.max(in, imagesTotal));
  }

  /** Truth was held against the camera of the first images. */
  private boolean isComparable(Frame frame) {
    boolean same = frame.frameId().equals(topics.image().frameId());
    otherCamera += same ? 0 : 1;
    return same;
  }

  private void note(int index, long stamp, Scene scene, long total) {
    out++;
    framesWithoutDepth +=
        scene.hasDepth() && scene.unknownDepthPixels() == scene.width() * scene.height() ? 1 : 0;
    framesWithUnnamedClasses += scene.unnamedClassPixels() > 0 ? 1 : 0;
    imageWidth = scene.inputWidth();
    imageHeight = scene.inputHeight();
    long decode = scene.times().nanos(Stage.DECODE);
    long infer = scene.times().nanos(Stage.INFER);
    stages.get("decode").recordValue(decode);
    stages.get("infer").recordValue(infer);
    stages.get("total").recordValue(total);
    ByteBuffer ids = scene.classIds();
    while (ids.hasRemaining()) {
      predictedPixels[Byte.toUnsignedInt(ids.get())]++;
    }
    figures.add(
        new ReplayReport.FrameFigures(
            index, stamp, null, decode / 1e6, infer / 1e6, total / 1e6, null, null, null));
  }

  private void drop(int index, long stamp, RejectedFrameException e) {
    drops.merge(e.reason(), 1L, Long::sum);
    firstOfReason.putIfAbsent(e.reason().id(), "image %d: %s".formatted(index, e.getMessage()));
    figures.add(
        new ReplayReport.FrameFigures(
            index, stamp, e.reason().id(), null, null, null, null, null, null));
    progress.images(in, Math.max(in, imagesTotal));
  }

  private static ByteBuffer copy(ByteBuffer from) {
    return ByteBuffer.allocate(from.remaining()).put(from).flip();
  }

  private static FloatBuffer copy(FloatBuffer from) {
    return FloatBuffer.allocate(from.remaining()).put(from).flip();
  }

  private void writeOutputs(long receiveNanos, Scene scene) throws IOException {
    if (record == null) {
      return;
    }
    Header header = SceneMessages.header(scene);
    if (scene.hasClasses()) {
      record.write(
          RECORDED_AS + "segmentation", receiveNanos, SceneMessages.segmentation(header, scene));
    }
    if (scene.hasDepth()) {
      record.write(RECORDED_AS + "depth", receiveNanos, SceneMessages.depth(header, scene));
    }
    Calibration judged = calibration(scene.inputWidth(), scene.inputHeight());
    if (judged != null && judged.usable()) {
      record.write(
          RECORDED_AS + "camera_info",
          receiveNanos,
          SceneMessages.cameraInfo(header, scene, judged));
    }
  }

  /** What the newest camera_info says of images of a size; null before the first. */
  private Calibration calibration(int width, int height) {
    if (camera == null || width == 0) {
      return null;
    }
    if (calibration == null
        || calibration.imageWidth() != width
        || calibration.imageHeight() != height
        || !calibration.isOf(camera)) {
      calibration = Calibration.of(camera, width, height);
    }
    return calibration;
  }

  private void onCameraInfo(ByteBuffer body) {
    try {
      camera = CameraInfo.TYPE.read(body);
    } catch (MessageFormatException | IllegalArgumentException e) {
      truthIsBad("camera_info", e);
    }
  }

  private void onTruth(boolean isDepth, long receiveNanos, ByteBuffer body) {
    try {
      TruthReader reader = (isDepth ? topics.depth() : topics.labels()).reader();
      Truth truth = reader.read(body, receiveNanos);
      if (isDepth) {
        depthMessages++;
        depthTruths.add(truth);
      } else {
        labelMessages++;
        labelTruths.add(truth);
      }
    } catch (MessageFormatException e) {
      truthIsBad(isDepth ? "depth" : "labels", e);
    }
  }

  private void truthIsBad(String role, RuntimeException e) {
    if (firstOfReason.putIfAbsent(role, e.getMessage()) == null) {
      notes.add("Some %s messages cannot be used: %s.".formatted(role, e.getMessage()));
    }
  }

  /** Judges, in their order, the frames whose truth is decided. */
  private void judgeDecided(long nowNanos) {
    while (!waiting.isEmpty()) {
      Perceived first = waiting.peekFirst();
      boolean decided =
          nowNanos == Long.MAX_VALUE
              || waiting.size() > MOST_WAITING
              || (isDecided(depthTruths, topics.depth(), first, nowNanos)
                  && isDecided(labelTruths, topics.labels(), first, nowNanos));
      if (!decided) {
        break;
      }
      waiting.removeFirst();
      try (Frame frame = first.frame()) {
        judge(first, frame);
      }
    }
    long oldest = waiting.isEmpty() ? nowNanos : waiting.peekFirst().receiveNanos();
    if (depthTruths != null) {
      depthTruths.forgetBefore(oldest);
    }
    if (labelTruths != null) {
      labelTruths.forgetBefore(oldest);
    }
  }

  private static boolean isDecided(
      TruthWindow truths, TruthSource source, Perceived frame, long nowNanos) {
    return truths == null
        || truths.isDecided(pairingNanos(source, frame), frame.receiveNanos(), nowNanos);
  }

  private static long pairingNanos(TruthSource source, Perceived frame) {
    return source.reader().pairingNanos(frame.stampNanos(), frame.receiveNanos());
  }

  private void judge(Perceived perceived, Frame frame) {
    Truth depth =
        nearest(depthTruths, topics.depth(), perceived, perceived.metres().hasRemaining());
    Truth labels = nearest(labelTruths, topics.labels(), perceived, perceived.ids().hasRemaining());
    DepthErrors.ImageError error = null;
    if (depth != null) {
      depthMatched++;
      error =
          depthErrors.add(
              perceived.metres(),
              perceived.width(),
              perceived.height(),
              FloatBuffer.wrap(depth.metres()),
              depth.width(),
              depth.height());
      bands.add(perceived.metres(), perceived.width(), perceived.height(), depth);
      depthJudged += isEnough(error.pixels(), depth) ? 1 : 0;
    }
    double accuracy = Double.NaN;
    if (labels != null) {
      labelsMatched++;
      addLabels(confusion, labels, perceived);
      ConfusionMatrix own = new ConfusionMatrix(confusion.classes());
      addLabels(own, labels, perceived);
      accuracy = own.pixelAccuracy();
      long labelled = 0;
      for (byte id : labels.ids()) {
        labelled += Byte.toUnsignedInt(id) < confusion.classes() ? 1 : 0;
      }
      labelPixels += labelled;
      labelsJudged += isEnough(labelled, labels) ? 1 : 0;
    }
    ReplayReport.FrameFigures before = figures.get(perceived.index());
    figures.set(
        perceived.index(),
        new ReplayReport.FrameFigures(
            before.index(),
            before.stampNanos(),
            null,
            before.decodeMillis(),
            before.inferMillis(),
            before.totalMillis(),
            error == null ? null : finite(error.rmse()),
            error == null ? null : finite(error.scale()),
            finite(accuracy)));
    show(perceived, frame, depth, labels, error, accuracy);
  }

  private static boolean isEnough(long pixels, Truth of) {
    return pixels > 0 && pixels >= Coverage.LEAST_OF_A_FRAME * of.width() * of.height();
  }

  private static void addLabels(ConfusionMatrix to, Truth labels, Perceived perceived) {
    to.add(
        ByteBuffer.wrap(labels.ids()),
        labels.width(),
        labels.height(),
        perceived.ids(),
        perceived.width(),
        perceived.height());
  }

  private Truth nearest(
      TruthWindow truths, TruthSource source, Perceived perceived, boolean hasHead) {
    if (truths == null || !hasHead || !perceived.comparable()) {
      return null;
    }
    long stamp = pairingNanos(source, perceived);
    Truth truth = truths.nearest(stamp).orElse(null);
    if (truth == null) {
      truths.missed(stamp, perceived.receiveNanos());
    }
    if (truth != null && !source.fits(truth, perceived.imageWidth(), perceived.imageHeight())) {
      otherShape++;
      return null;
    }
    return truth;
  }

  private static Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  /** Keeps the frame for the report when it is among the worst so far. */
  private void show(
      Perceived perceived,
      Frame frame,
      Truth depth,
      Truth labels,
      DepthErrors.ImageError error,
      double accuracy) {
    double badness =
        error != null && !Double.isNaN(error.rmse())
            ? error.rmse()
            : labels != null && !Double.isNaN(accuracy) ? 1 - accuracy : -1;
    if (options.worstFrames() == 0) {
      return;
    }
    boolean judged = depthTruths != null || labelTruths != null;
    if (judged
        ? !isAmongTheWorst(perceived.index(), badness)
        : !isEvenlySpaced(perceived.index())) {
      return;
    }
    long began = System.nanoTime();
    // Image size is that of this frame for raw images; a compressed one has that of its neighbours.
    int width = frame.width() > 0 ? frame.width() : imageWidth;
    int height = frame.height() > 0 ? frame.height() : imageHeight;
    double seconds = (perceived.stampNanos() - figures.get(0).stampNanos()) / 1e9;
    StringBuilder words = new StringBuilder();
    if (error != null && !Double.isNaN(error.rmse())) {
      words.append(
          String.format(Locale.ROOT, "depth RMSE %.2f m, scale %.2f", error.rmse(), error.scale()));
    }
    if (!Double.isNaN(accuracy)) {
      words
          .append(words.isEmpty() ? "" : " · ")
          .append(String.format(Locale.ROOT, "pixel accuracy %.1f %%", 100 * accuracy));
    }
    shown.add(
        new Shown(
            judged ? badness : -perceived.index(),
            perceived.index(),
            new FramePicture(
                String.format(Locale.ROOT, "Frame %d, %.2f s", perceived.index(), seconds),
                words.toString(),
                painter.tiles(perceived, width, height, depth, labels))));
    if (shown.size() > options.worstFrames()) {
      shown.poll();
    }
    paintingNanos += System.nanoTime() - began;
  }

  /** Also makes room: of two neighbours only the worse is kept. */
  private boolean isAmongTheWorst(int index, double badness) {
    if (badness < 0) {
      return false;
    }
    Optional<Shown> neighbour =
        shown.stream().filter(other -> Math.abs(other.index() - index) < apart).findFirst();
    if (neighbour.isPresent()) {
      return badness > neighbour.get().badness() && shown.remove(neighbour.get());
    }
    return shown.size() < options.worstFrames() || badness > shown.peek().badness();
  }

  private boolean isEvenlySpaced(int index) {
    long total = Math.max(1, imagesTotal);
    long wanted = options.worstFrames();
    return index * wanted / total != (index - 1) * wanted / total || index == 0;
  }

  private void explainOutputs() {
    if (framesWithoutDepth > 0) {
      notes.add(
          "the network gave no depth (NaN, infinite or not positive in every pixel) in %d of %d images"
              .formatted(framesWithoutDepth, out));
    }
    if (framesWithUnnamedClasses > 0) {
      notes.add(
          "the network gave class ids that the bundle does not name in %d of %d images"
              .formatted(framesWithUnnamedClasses, out));
    }
  }

  private ReplayReport report(List<Recording.Damage> damages, double seconds) throws IOException {
    Map<String, ReplayReport.Value> metrics = metrics(seconds);
    ReplayReport.CameraFacts cameraFacts = cameraFacts();
    explain(cameraFacts);
    explainOutputs();
    Map<String, Long> byReason = new LinkedHashMap<>();
    drops.forEach((reason, count) -> byReason.put(reason.id(), count));
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
        new ReplayReport.BagFacts(
            bag.name(),
            sha256(bag.files()),
            bag.bytes(),
            firstReceive == Long.MIN_VALUE ? 0 : (lastReceive - firstReceive) / 1e9,
            messagesRead,
            damages.stream()
                .map(
                    each ->
                        new ReplayReport.Damage(
                            each.file().getFileName().toString(),
                            each.damage().offset(),
                            each.damage().what()))
                .toList(),
            bag.files().stream().map(file -> file.getFileName().toString()).toList()),
        new ReplayReport.BundleFacts(
            manifest.name(),
            manifest.version(),
            perceiver.bundle().modelSha256(),
            perceiver.provider().id(),
            perceiver.fallbacks().stream().map(ProviderFallback::toString).toList(),
            manifest.input().width(),
            manifest.input().height()),
        new ReplayReport.Topics(
            topics.image().topic(),
            name(topics.depth()),
            name(topics.labels()),
            topics.cameraInfo(),
            topics.taken()),
        new ReplayReport.Counts(
            in, out, in - out, byReason, depthMatched, labelsMatched, options.toleranceMillis()),
        stages.entrySet().stream()
            .filter(stage -> stage.getValue().getTotalCount() > 0)
            .map(stage -> stage(stage.getKey(), stage.getValue()))
            .toList(),
        metrics,
        classFigures(),
        bands.bands(),
        cameraFacts,
        List.copyOf(figures),
        Sha256.hex(outputs.digest()),
        options.gates().stream()
            .map(gate -> gate.judge(metrics, coverage(gate.metric()), options.minCoverage()))
            .toList(),
        new ReplayReport.Coverages(
            imageCoverage(),
            topics.depth() == null ? null : depthCoverage(),
            topics.labels() == null ? null : labelCoverage(),
            options.minCoverage()),
        List.copyOf(notes));
  }

  /** Of one file its hash, of several the hash of their hashes in the order of time. */
  private static String sha256(List<Path> files) throws IOException {
    if (files.size() == 1) {
      return Sha256.of(files.get(0));
    }
    MessageDigest all = Sha256.digest();
    for (Path file : files) {
      all.update(Sha256.of(file).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    }
    return Sha256.hex(all.digest());
  }

  private static String name(TruthSource source) {
    return source == null ? null : source.stream().topic();
  }

  /** What a metric rests on; null for one that counts frames itself. */
  private Coverage coverage(Metric metric) {
    return switch (metric.needs()) {
      case IMAGES -> metric.unit().equals("frames") ? null : imageCoverage();
      case DEPTH -> depthCoverage();
      case LABELS -> labelCoverage();
    };
  }

  /** Images that the index promises and that damage swallowed count as not judged. */
  private long imagesExpected() {
    return Math.max(in, imagesTotal);
  }

  private Coverage imageCoverage() {
    return new Coverage(out, imagesExpected(), 0, 1);
  }

  private Coverage depthCoverage() {
    return new Coverage(
        depthJudged, imagesExpected(), depthErrors.summary().pixels(), depthErrors.coverage());
  }

  private Coverage labelCoverage() {
    return new Coverage(labelsJudged, imagesExpected(), labelPixels, 1);
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

  private Map<String, ReplayReport.Value> metrics(double seconds) {
    Map<String, Double> values = new LinkedHashMap<>();
    DepthErrors.Summary raw = depthErrors.summary();
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
      DepthErrors.Summary aligned = depthErrors.medianAligned();
      values.put("depth.aligned.rmse", aligned.rmse());
      values.put("depth.aligned.abs", aligned.abs());
      values.put("depth.aligned.rel", aligned.rel());
      values.put("depth.aligned.delta1", aligned.delta1());
      values.put("depth.coverage", depthErrors.coverage());
    }
    if (labelsMatched > 0) {
      values.put("classes.miou", confusion.meanIou());
      values.put("classes.pixel_accuracy", confusion.pixelAccuracy());
    }
    values.put("frames.in", (double) in);
    values.put("frames.out", (double) out);
    values.put("frames.dropped", (double) (in - out));
    values.put("throughput.fps", out / seconds);
    stages.forEach(
        (name, nanos) -> {
          if (nanos.getTotalCount() > 0) {
            ReplayReport.Stage stage = stage(name, nanos);
            values.put("latency." + name + ".p50", stage.p50());
            values.put("latency." + name + ".p95", stage.p95());
            values.put("latency." + name + ".p99", stage.p99());
            values.put("latency." + name + ".max", stage.max());
          }
        });
    Map<String, ReplayReport.Value> named = new LinkedHashMap<>();
    for (Metric metric : Metric.known().values()) {
      Double value = values.get(metric.name());
      if (value != null && Double.isFinite(value)) {
        named.put(metric.name(), new ReplayReport.Value(value, metric.unit(), metric.protocol()));
      }
    }
    return named;
  }

  private List<ReplayReport.ClassFigures> classFigures() {
    if (confusion == null) {
      return List.of();
    }
    double[] iou = confusion.iouPerClass();
    double all = Arrays.stream(predictedPixels).sum();
    return manifest.classes().stream()
        .map(
            each ->
                new ReplayReport.ClassFigures(
                    each.id(),
                    each.name(),
                    each.color(),
                    all == 0 ? 0 : predictedPixels[each.id()] / all,
                    each.id() < iou.length ? finite(iou[each.id()]) : null))
        .toList();
  }

  private ReplayReport.CameraFacts cameraFacts() {
    Calibration judged = calibration(imageWidth, imageHeight);
    if (judged == null) {
      return null;
    }
    if (!judged.remark().isEmpty()) {
      notes.add("%s: %s.".formatted(topics.cameraInfo(), judged.remark()));
    }
    if (!judged.usable()) {
      return null;
    }
    int width = manifest.input().width();
    Double trained = manifest.intrinsics() == null ? null : manifest.intrinsics().fx();
    return new ReplayReport.CameraFacts(
        imageWidth,
        imageHeight,
        judged.fx() * width / imageWidth,
        trained,
        trained == null ? null : judged.focalRatio(trained, width));
  }

  private void explain(ReplayReport.CameraFacts cameraFacts) {
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
    notes.addAll(
        ScaleAdvice.of(
            ratio,
            words,
            depthErrors.scale(),
            depthErrors.medianAligned().rel(),
            topics.depth() == null ? null : topics.depth().unit()));
    if (out == 0) {
      notes.add("Nothing was perceived, so nothing is shown to be right.");
    }
    if (otherShape > 0) {
      notes.add(
          "Truth has another shape than its image %s; they are not compared."
              .formatted(times(otherShape)));
    }
    if (otherCamera > 0) {
      notes.add(
          "%s of another frame than the first (%s) and not compared with the truth."
              .formatted(
                  otherCamera == 1 ? "1 image is" : otherCamera + " images are",
                  topics.image().frameId()));
    }
    if (in == 0) {
      notes.add("No image could be read from %s.".formatted(topics.image().topic()));
    }
    firstOfReason.forEach(
        (reason, message) -> {
          if (drops.keySet().stream().anyMatch(drop -> drop.id().equals(reason))) {
            notes.add("Dropped as %s, first: %s.".formatted(reason, message));
          }
        });
    if (topics.depth() != null && depthMessages > 0 && depthMatched + depthTruths.late() == 0) {
      notes.add(unmatched("depth", depthMessages));
    }
    if (topics.labels() != null && labelMessages > 0 && labelsMatched + labelTruths.late() == 0) {
      notes.add(unmatched("labels", labelMessages));
    }
    late("depth", depthTruths).ifPresent(notes::add);
    late("labels", labelTruths).ifPresent(notes::add);
    if (stampsWentBack > 0) {
      notes.add(
          "Stamps went backwards %s; frames are in recorded order."
              .formatted(times(stampsWentBack)));
    }
    for (Path again : bag.repeated()) {
      notes.add("%s is named more than once; it is read once.".formatted(again));
    }
  }

  private static Optional<String> late(String role, TruthWindow truths) {
    return truths == null || truths.late() == 0
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "%s of %d images is recorded up to %.1f s after them, later than a replay waits; these images are judged without it. Record it beside the images, not after them.",
                role.equals("depth") ? "Depth" : "Labels",
                truths.late(),
                truths.longestLagNanos() / 1e9));
  }

  private static String times(long count) {
    return count == 1 ? "once" : count + " times";
  }

  private String unmatched(String role, long count) {
    return "%s within %.0f ms of an image's stamp, or the bundle has no such output; --tolerance widens it."
        .formatted(
            count == 1
                ? "The only %s message is not".formatted(role)
                : "None of %d %s messages is".formatted(count, role),
            options.toleranceMillis());
  }

  /** Closes what a failed run left open. */
  @Override
  public void close() throws IOException {
    while (!waiting.isEmpty()) {
      waiting.removeFirst().frame().close();
    }
    if (record != null) {
      if (record.failed()) {
        record.discard(); // half of it would pass for a whole one
      } else {
        record.close();
      }
    }
  }
}
