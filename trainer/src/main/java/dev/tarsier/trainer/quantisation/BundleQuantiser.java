package dev.tarsier.trainer.quantisation;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.tarsier.runtime.accuracy.ScoredPixels;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.inference.InferenceSession;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.model.BundleManifest.GoldenFrame;
import dev.tarsier.runtime.model.BundleManifest.Metrics;
import dev.tarsier.runtime.model.BundleManifest.ModelFile;
import dev.tarsier.runtime.model.BundleManifest.Variant;
import dev.tarsier.runtime.model.NetworkPrecision;
import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.evaluation.Scores;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.export.GoldenOutputs;
import dev.tarsier.trainer.task.Task;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Adds an int8 network to a bundle, beside the float one: quantises it, measures both on validation
 * data, and only where no more is lost than may be writes it with golden outputs of its own. One
 * that is refused changes nothing. One thread.
 */
public final class BundleQuantiser {
  private static final NetworkPrecision INT8 = NetworkPrecision.INT8;
  private static final String CARD = "CARD.md";
  private static final String CARD_TITLE = "## The int8 network";

  /** Hears how it goes. */
  public interface Listener {
    /** So much of a part of the work is done. */
    void worked(String part, long done, long total);

    /** Anything a person may want to know. */
    void note(String message);
  }

  /**
   * Data that both networks are measured on.
   *
   * @param frames with truth
   * @param protocol which pixels of metric maps are scored
   */
  public record Validation(SampleSource frames, ScoredPixels protocol) {}

  /**
   * What came of it.
   *
   * @param modelSha256 of the int8 ONNX file
   * @param losses of each output that there was truth for
   */
  public record Outcome(String modelSha256, List<AccuracyGate.Loss> losses) {
    /** Copies. */
    public Outcome {
      losses = List.copyOf(losses);
    }

    @Override
    public String toString() {
      return losses.stream().map(AccuracyGate.Loss::toString).collect(Collectors.joining(", "));
    }
  }

  private final Path folder;
  private final Bundle bundle;
  private final List<Task> tasks;
  private final Int8Options options;
  private final Listener listener;

  private BundleQuantiser(
      Path folder, Bundle bundle, List<Task> tasks, Int8Options options, Listener listener) {
    this.folder = folder;
    this.bundle = bundle;
    this.tasks = tasks;
    this.options = options;
    this.listener = listener;
  }

  /**
   * Adds the int8 network, or replaces the one that is there.
   *
   * @param folder a bundle's. Modified at the end, file by file; it is a sound bundle at any time.
   * @param tasks what its network does
   * @param options how
   * @param training frames that ranges are found on. Not modified.
   * @param validation what decides whether it is good enough; each figure on the first that has it
   * @param listener hears how it goes
   * @throws ConfigException if the bundle gives something else than the tasks
   * @throws ExportException if more is lost than may be, nothing can be measured, or the network
   *     cannot be quantised or run; the bundle is as it was
   * @throws IOException if a file cannot be read or written
   */
  public static Outcome add(
      Path folder,
      List<Task> tasks,
      Int8Options options,
      List<? extends SampleSource> training,
      List<Validation> validation,
      Listener listener)
      throws IOException, ExportException {
    try {
      Bundle bundle = Bundle.load(folder);
      requireHeads(bundle, tasks);
      return new BundleQuantiser(folder, bundle, tasks, options, listener)
          .run(training, validation);
    } catch (BundleException | InferenceException e) {
      throw new ExportException(e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new ExportException("%s cannot be quantised: %s".formatted(folder, e.getMessage()), e);
    }
  }

  private static void requireHeads(Bundle bundle, List<Task> tasks) {
    List<Head> has = bundle.manifest().heads();
    List<Head> learned = tasks.stream().map(Task::head).toList();
    if (has.size() == learned.size() && learned.containsAll(has)) {
      return;
    }
    throw new ConfigException(
        "%s does not give what the recipe's student does: %s; give the recipe that made the bundle"
            .formatted(bundle.folder(), difference(has, learned)));
  }

  /** Outputs by name where those differ; else what differs in one of them. */
  private static String difference(List<Head> has, List<Head> learned) {
    List<String> here = has.stream().map(Head::id).sorted().toList();
    List<String> there = learned.stream().map(Head::id).sorted().toList();
    if (!here.equals(there)) {
      return "the bundle gives %s, the student %s"
          .formatted(String.join(" and ", here), String.join(" and ", there));
    }
    Head one = has.stream().filter(each -> !learned.contains(each)).findFirst().orElseThrow();
    Head other =
        learned.stream().filter(each -> each.id().equals(one.id())).findFirst().orElseThrow();
    List<String> names = one.kind().classes().stream().map(ClassLabel::name).toList();
    List<String> others = other.kind().classes().stream().map(ClassLabel::name).toList();
    if (names.equals(others)) {
      return "%s differs in its unit, range or colours".formatted(one.id());
    }
    int at = 0;
    while (at < Math.min(names.size(), others.size()) && names.get(at).equals(others.get(at))) {
      at++;
    }
    return at == Math.min(names.size(), others.size())
        ? "%s has %d classes, not %d".formatted(one.id(), names.size(), others.size())
        : "class %d of %s is '%s', not '%s'".formatted(at, one.id(), names.get(at), others.get(at));
  }

  private Outcome run(List<? extends SampleSource> training, List<Validation> validation)
      throws IOException, ExportException, BundleException, InferenceException {
    ModelProto model = model();
    List<RgbImage> frames = frames(training);
    Quantiser.Kept kept = options.kept();
    Map<String, ActivationHistogram> seen =
        Calibration.run(
            model,
            Quantiser.tensors(model, kept),
            frames,
            (done, total) -> listener.worked("calibration", done, total));
    Map<String, Range> ranges = new LinkedHashMap<>();
    Map<String, double[]> means = new LinkedHashMap<>();
    seen.forEach(
        (tensor, histogram) -> {
          ranges.put(tensor, options.range().of(histogram));
          if (options.correctBias()) {
            means.put(tensor, histogram.means());
          }
        });
    byte[] bytes = Quantiser.quantise(model, ranges, means, kept).toByteArray();
    listener.note(
        "%s in 8 bits; %,d bytes instead of %,d"
            .formatted(
                Quantiser.convolutions(model, kept), bytes.length, model.getSerializedSize()));
    Path part = Files.createTempDirectory("tarsier-int8-");
    try {
      return judged(bytes, calibration(training, frames), validation, part);
    } finally {
      delete(part);
    }
  }

  private ModelProto model() throws BundleException, ExportException {
    try {
      return ModelProto.parseFrom(bundle.readModel());
    } catch (InvalidProtocolBufferException e) {
      throw new ExportException(
          "%s is no ONNX model: %s".formatted(bundle.modelFile(), e.getMessage()), e);
    }
  }

  /** Drawn from all frames together, in their order, at the network's size. */
  private List<RgbImage> frames(List<? extends SampleSource> training) throws ExportException {
    int all = training.stream().mapToInt(SampleSource::size).sum();
    if (all == 0) {
      throw new ExportException("there are no training frames to find ranges on");
    }
    int[] order = new int[all];
    SplittableRandom random = new SplittableRandom(options.seed());
    for (int i = 0; i < all; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    int count = Math.min(options.frames(), all);
    BundleManifest.Input input = bundle.manifest().input();
    List<RgbImage> frames = new ArrayList<>();
    for (int at : Arrays.copyOf(order, count)) {
      int left = at;
      for (SampleSource source : training) {
        if (left < source.size()) {
          frames.add(image(source.get(left)).stretch(input.width(), input.height()));
          break;
        }
        left -= source.size();
      }
    }
    return frames;
  }

  private static RgbImage image(Sample sample) {
    return new RgbImage(sample.width(), sample.height(), sample.rgb());
  }

  private Map<String, String> calibration(
      List<? extends SampleSource> training, List<RgbImage> frames) {
    MessageDigest digest = Sha256.digest();
    frames.forEach(frame -> digest.update(frame.pixels()));
    Map<String, String> said = new TreeMap<>();
    said.put("data", training.stream().map(SampleSource::name).collect(Collectors.joining(", ")));
    said.put("frames", Integer.toString(frames.size()));
    said.put("seed", options.seed().toString());
    said.put("sha256", Sha256.hex(digest.digest()));
    said.put("range", options.range().id());
    said.put("correctBias", options.correctBias().toString());
    said.put("firstFloat", options.firstFloat().toString());
    if (!options.keepFloat().isEmpty()) {
      said.put("keepFloat", String.join(", ", options.keepFloat()));
    }
    return said;
  }

  private Outcome judged(
      byte[] bytes, Map<String, String> calibration, List<Validation> validation, Path part)
      throws IOException, ExportException, BundleException, InferenceException {
    BundleManifest from = bundle.manifest();
    String file = from.model().file().replaceFirst("(\\.onnx)?$", ".int8.onnx");
    WholeFile.write(part.resolve(file), bytes);
    ModelFile model =
        new ModelFile(file, Sha256.of(bytes), from.model().opset(), from.model().irVersion());
    Bundle quantised = new Bundle(part, with(new Variant(model, List.of(), List.of(), Map.of())));
    quantised = quantised.in(INT8);
    try (InferenceSession before = open(bundle);
        InferenceSession after = open(quantised)) {
      List<AccuracyGate.Compared> compared = measure(validation, before, after);
      List<AccuracyGate.Loss> losses =
          new AccuracyGate(options.maxMiouLost(), options.maxPercentLost())
              .judge(from.heads(), compared);
      Outcome outcome = new Outcome(model.sha256(), losses);
      requireGood(outcome);
      List<GoldenFrame> golden = golden(after, part);
      List<Metrics> metrics = metrics(compared);
      put(new Variant(model, golden, metrics, calibration), part, outcome);
      return outcome;
    }
  }

  private BundleManifest with(Variant variant) {
    BundleManifest of = bundle.manifest();
    return new BundleManifest(
        of.schema(),
        of.name(),
        of.version(),
        of.model(),
        of.input(),
        of.outputs(),
        of.intrinsics(),
        of.provenance(),
        of.golden(),
        Map.of(INT8.id(), variant));
  }

  private static InferenceSession open(Bundle of) throws BundleException, InferenceException {
    return InferenceSession.open(of, SessionOptions.of(ProviderPreference.cpu()).withThreads(1));
  }

  private List<AccuracyGate.Compared> measure(
      List<Validation> validation, InferenceSession before, InferenceSession after)
      throws InferenceException {
    long total = validation.stream().mapToLong(each -> each.frames().size()).sum();
    long done = 0;
    List<AccuracyGate.Compared> compared = new ArrayList<>();
    for (Validation each : validation) {
      Scores asFloat = new Scores(tasks, each.protocol());
      Scores asInt8 = new Scores(tasks, each.protocol());
      for (int i = 0; i < each.frames().size(); i++) {
        Sample sample = each.frames().get(i);
        score(before, sample, asFloat);
        score(after, sample, asInt8);
        listener.worked("validation", ++done, total);
      }
      compared.add(
          new AccuracyGate.Compared(
              each.frames().name(),
              each.frames().size(),
              asFloat.protocol(),
              asFloat.values(),
              asInt8.values()));
    }
    return compared;
  }

  private void score(InferenceSession session, Sample sample, Scores scores)
      throws InferenceException {
    BundleManifest.Input input = bundle.manifest().input();
    session.input().put(image(sample).stretch(input.width(), input.height()).pixels());
    session.run();
    for (Task task : tasks) {
      scores.add(task, sample, session.plane(task.id()));
    }
  }

  private void requireGood(Outcome outcome) throws ExportException {
    Collection<String> judged = outcome.losses().stream().map(AccuracyGate.Loss::metric).toList();
    for (Head head : bundle.manifest().heads()) {
      if (judged.stream().noneMatch(metric -> metric.startsWith(head.id() + "."))) {
        throw new ExportException(
            "what int8 loses of %s was not measured, since no validation data has truth for it; add some to the recipe's validation.data"
                .formatted(head.id()));
      }
    }
    if (!outcome.losses().stream().allMatch(AccuracyGate.Loss::passes)) {
      throw new ExportException(
          "the int8 network of %s is refused, for it loses too much: %s; calibrate on more frames or with another range, keep layers float (keep_float), or allow a larger loss"
              .formatted(folder, outcome));
    }
  }

  private List<GoldenFrame> golden(InferenceSession session, Path part)
      throws IOException, ExportException, InferenceException {
    Map<String, String> tensors = new LinkedHashMap<>();
    tasks.forEach(task -> tensors.put(task.id(), task.tensor()));
    List<GoldenFrame> golden = new ArrayList<>();
    for (GoldenFrame each : bundle.manifest().golden()) {
      session.input().put(goldenImage(each).pixels());
      session.run();
      String name = each.image().replaceFirst("\\.png$", "") + "." + INT8.id();
      Path parent = part.resolve(name).getParent();
      Files.createDirectories(parent);
      golden.add(new GoldenFrame(each.image(), GoldenOutputs.write(part, name, tensors, session)));
    }
    return golden;
  }

  private RgbImage goldenImage(GoldenFrame golden) throws IOException, ExportException {
    Path file = folder.resolve(golden.image());
    try {
      RgbImage image = RgbImage.decode(Files.readAllBytes(file));
      BundleManifest.Input input = bundle.manifest().input();
      if (image.width() == input.width() && image.height() == input.height()) {
        return image;
      }
      throw new ExportException(
          "%s, a golden frame, is %dx%d where the network takes %dx%d"
              .formatted(file, image.width(), image.height(), input.width(), input.height()));
    } catch (RejectedFrameException e) {
      throw new ExportException("%s, a golden frame: %s".formatted(file, e.getMessage()), e);
    }
  }

  /** The float network stands beside, measured on the same machine in the same run. */
  private static List<Metrics> metrics(List<AccuracyGate.Compared> compared) {
    List<Metrics> metrics = new ArrayList<>();
    for (AccuracyGate.Compared each : compared) {
      metrics.add(new Metrics(each.protocol(), each.data(), finite(each.after())));
      metrics.add(new Metrics(each.protocol(), each.data() + ", float", finite(each.before())));
    }
    return metrics;
  }

  private static Map<String, Double> finite(Map<String, Double> values) {
    Map<String, Double> finite = new TreeMap<>(values);
    finite.values().removeIf(value -> !Double.isFinite(value));
    return finite;
  }

  /**
   * Moves all into the bundle. First an older int8 network goes from the manifest, then files come,
   * last the manifest names them: a bundle that is read in between is sound.
   */
  private void put(Variant variant, Path part, Outcome outcome) throws IOException {
    Path manifest = folder.resolve(BundleManifest.FILE);
    ObjectNode tree = (ObjectNode) Json.read(manifest);
    ObjectNode variants = tree.path("variants") instanceof ObjectNode there ? there : Json.object();
    if (variants.remove(INT8.id()) != null) {
      tree.set("variants", variants);
      Json.write(manifest, tree);
    }
    List<String> files = new ArrayList<>();
    files.add(variant.model().file());
    variant.golden().forEach(each -> files.addAll(each.outputs().values()));
    for (String file : files) {
      WholeFile.write(folder.resolve(file), Files.readAllBytes(part.resolve(file)));
    }
    variants.set(INT8.id(), Json.CAMEL_CASE.<ObjectNode>tree(variant));
    tree.set("variants", variants);
    Json.write(manifest, tree);
    Path card = folder.resolve(CARD);
    if (Files.isRegularFile(card)) {
      String text = Files.readString(card, StandardCharsets.UTF_8);
      WholeFile.write(card, withSection(text, section(variant, outcome)));
    }
  }

  /** In the place of the section that is there, or at the end. */
  private static String withSection(String card, String section) {
    int begin = card.indexOf(CARD_TITLE);
    if (begin < 0) {
      return card.stripTrailing() + "\n\n" + section;
    }
    int next = card.indexOf("\n## ", begin);
    return card.substring(0, begin) + section + (next < 0 ? "" : card.substring(next));
  }

  private String section(Variant variant, Outcome outcome) {
    StringBuilder text = new StringBuilder();
    Map<String, String> made = variant.calibration();
    text.append(
        """
        %s

        `%s`, sha256 %s: the same network in 8-bit integers, for processors; used where `precision` says so.
        Ranges by `%s` on %s frames of %s, seed %s. What it loses:

        | figure | data | float | int8 | lost | at most |
        |---|---|---|---|---|---|
        """
            .formatted(
                CARD_TITLE,
                variant.model().file(),
                variant.model().sha256(),
                made.get("range"),
                made.get("frames"),
                made.get("data"),
                made.get("seed")));
    for (AccuracyGate.Loss each : outcome.losses()) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %s | %.4f | %.4f | %.2f %s | %s |%n",
              each.metric(),
              each.data(),
              each.before(),
              each.after(),
              each.lost(),
              each.points() ? "points" : "%",
              each.most()));
    }
    return text.toString();
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
