package dev.tarsier.trainer.pseudolabel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.trainer.dataset.ContentHash;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.evaluation.NetworkFeed;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.run.StopSignal;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.NetworkTasks;
import dev.tarsier.trainer.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Lets teachers label frames (methods §1): the mean of their softmax over teachers, scales and
 * mirroring; a pixel's most probable class counts where its probability is greater than τ. In the
 * mirror direction it is the mean of their depth. Someone else's network may be a teacher too: its
 * classes count as another's, its depth as {@link DepthEstimate#mean} says.
 *
 * <pre>
 *   labels/NNNNN.png      uint8, class id + 1, 0 = not sure enough
 *   confidence/NNNNN.png  uint8, the greatest probability in 255ths
 *   soft/NNNNN.png        uint8, C planes of probabilities in 255ths, one under the other; if asked
 *   depth/NNNNN.png       uint16, millimetres, 0 = unknown or beyond 65.535 m; in the mirror
 *                         direction, in place of these. Of someone else's network confidence/ too,
 *                         in 255ths; depth below a half is left out
 *   overlays/NNNNN.jpg    for people: the frame and its labels
 *   manifest.json         what this is; written last
 * </pre>
 *
 * <p>While the network works on a batch, one thread prepares the next and another writes the last.
 */
public final class PseudoLabeler {
  private static final int BATCH = 4;
  private static final int BILINEAR = 1;
  private static final int MOST_WAITING = 3;
  private static final double MILLIMETRES = 1000;
  private static final int FARTHEST = 65535;

  /** Of a pixel's distribution, the least share of classes that the recipe has. */
  private static final float LEAST_KNOWN = 0.5f;

  /** Inputs of other scales than 1 are rounded to multiples of this. */
  private static final int GRAIN = 8;

  /** Hears how far it is. */
  public interface Listener {
    /** So many of the frames are labelled. */
    void labelled(int done, int total);
  }

  /**
   * What is to be labelled.
   *
   * @param frames with what the teachers see; frames that have labels of their own are labelled
   *     too, but do not count in the coverage
   * @param truth the same frames with all labels, to tell how right the pseudo-labels are; null
   *     where there is none. It decides nothing.
   * @param height of the teachers' input
   * @param width of the teachers' input
   * @param classes that the teachers tell apart
   * @param tasks what the first teacher does; null where there are others alone
   * @param others someone else's networks that say what is labelled; they see the image alone
   */
  public record Job(
      SampleSource frames,
      SampleSource truth,
      int height,
      int width,
      ClassSet classes,
      NetworkTasks tasks,
      List<OnnxTeacher> others) {
    /** For teachers that were trained here. */
    public Job(
        SampleSource frames,
        SampleSource truth,
        int height,
        int width,
        ClassSet classes,
        NetworkTasks tasks) {
      this(frames, truth, height, width, classes, tasks, List.of());
    }

    /** Checks that the truth is of the same frames. */
    public Job {
      others = List.copyOf(others);
      if (truth != null && truth.size() != frames.size()) {
        throw new IllegalArgumentException(
            "the truth must be of the same frames, got %d for %d"
                .formatted(truth.size(), frames.size()));
      }
    }
  }

  /**
   * A size that frames are seen at.
   *
   * @param height of the input
   * @param width of the input
   * @param magnification against the network's own size, after rounding
   * @param feeds two, so that one is filled while the network reads the other
   */
  private record View(int height, int width, double magnification, List<NetworkFeed> feeds) {
    static View of(LayerGraph graph, Job job, double scale) {
      int height = scaled(job.height(), scale);
      int width = scaled(job.width(), scale);
      double area = (double) height * width / ((double) job.height() * job.width());
      return new View(
          height,
          width,
          Math.sqrt(area),
          List.of(
              new NetworkFeed(graph, job.tasks(), BATCH, height, width),
              new NetworkFeed(graph, job.tasks(), BATCH, height, width)));
    }

    private static int scaled(int size, double scale) {
      return scale == 1 ? size : Math.max(GRAIN, (int) Math.round(size * scale / GRAIN) * GRAIN);
    }
  }

  private final List<GraphModule> teachers;
  private final NDManager base;
  private final Job job;
  private final PseudoLabelOptions options;
  private final Path folder;

  /** Id of the task that is labelled. */
  private final String target;

  private final boolean ofClasses;

  /** Name of the output that is labelled. */
  private final String output;

  private final List<View> views = new ArrayList<>();
  private final PseudoLabelCounts counts;
  private final List<PseudoLabelManifest.FrameEntry> entries = new ArrayList<>();
  private final ContentHash hash = new ContentHash();
  private final OtherTeachers others;
  private int height;
  private int width;

  /** Set when labelling begins. */
  private LabellingProgress progress;

  /** Frames whose depth would fit the other way round; the writer's alone until all is written. */
  private int otherWay;

  private PseudoLabeler(
      List<GraphModule> teachers,
      NDManager base,
      Job job,
      PseudoLabelOptions options,
      Path folder) {
    this.teachers = teachers;
    this.base = base;
    this.job = job;
    this.options = options;
    this.folder = folder;
    this.target = options.target().type().id();
    this.ofClasses = options.target().isOfClasses();
    this.output =
        teachers.isEmpty()
            ? target
            : job.tasks().outputs().stream()
                .filter(task -> task.id().equals(target))
                .map(Task::tensor)
                .findFirst()
                .orElse(target);
    this.counts = new PseudoLabelCounts(job.classes().names().size());
    this.others = new OtherTeachers(job.others());
    check();
    if (teachers.isEmpty()) {
      height = job.height();
      width = job.width();
      return;
    }
    for (double scale : options.scales()) {
      views.add(View.of(teachers.get(0).graph(), job, scale));
    }
  }

  /**
   * Labels all frames of a job. What an interrupted labelling of the same job left in the folder is
   * kept, and gone on from; whatever else lies there is replaced.
   *
   * @param teachers trained here; the first sees all that the others see, which may see less. None
   *     where the job has others. Not modified.
   * @param teacherSha256s hashes of their weights, in order
   * @param base what is computed lives in children of it
   * @param job what is labelled
   * @param options how
   * @param folder made if need be
   * @param listener hears how far it is
   * @param stop asks it to stop after the batch it is in
   * @return what was written; empty when it was stopped
   * @throws IllegalArgumentException if a teacher is of other classes, or lacks the output
   * @throws DataException if a frame cannot be read, none has what the teachers see, or no frame's
   *     depth fits what another's network says
   * @throws IOException if a file cannot be written
   */
  public static Optional<PseudoLabelManifest> write(
      List<GraphModule> teachers,
      List<String> teacherSha256s,
      NDManager base,
      Job job,
      PseudoLabelOptions options,
      Path folder,
      Listener listener,
      StopSignal stop)
      throws IOException, InterruptedException {
    return new PseudoLabeler(teachers, base, job, options, folder)
        .run(teacherSha256s, listener, stop);
  }

  private void check() {
    if (teachers.isEmpty() && job.others().isEmpty()) {
      throw new IllegalArgumentException("there must be a teacher");
    }
    for (GraphModule teacher : teachers) {
      LayerGraph graph = teacher.graph();
      if (!graph.outputs().containsKey(output)) {
        throw new IllegalArgumentException(
            "the teacher %s cannot label %s; it gives %s"
                .formatted(graph.name(), output, graph.outputs().keySet()));
      }
      int channels = graph.outputChannels(output);
      if (ofClasses && channels != job.classes().names().size()) {
        throw new IllegalArgumentException(
            "the teacher %s tells %d classes apart, %s has %d"
                .formatted(
                    graph.name(), channels, job.classes().id(), job.classes().names().size()));
      }
      Map<String, Integer> seen = teachers.get(0).graph().inputs();
      if (!seen.entrySet().containsAll(graph.inputs().entrySet())) {
        throw new IllegalArgumentException(
            "the first teacher must see all that the others see, got %s and %s"
                .formatted(seen, graph.inputs()));
      }
    }
  }

  private Optional<PseudoLabelManifest> run(
      List<String> teacherSha256s, Listener listener, StopSignal stop)
      throws IOException, InterruptedException {
    SampleSource frames = job.frames();
    if (!teachers.isEmpty()) {
      NetworkFeed.requireFits(
          teachers.get(0).graph(), job.tasks(), frames.name(), frames.size(), frames::get);
    }
    others.requireDepth(frames, target);
    Files.deleteIfExists(folder.resolve(PseudoLabelManifest.FILE));
    progress = new LabellingProgress(folder, identity(teacherSha256s));
    int begin = goOn();
    for (String kind : PseudoLabelManifest.files(options, fillsHoles())) {
      Files.createDirectories(folder.resolve(kind));
    }
    if (ofClasses || fillsHoles()) {
      Files.createDirectories(folder.resolve("overlays"));
    }
    int total = job.frames().size();
    ExecutorService loader = thread("pseudo-label-loader");
    ExecutorService writer = thread("pseudo-label-writer");
    Deque<Future<?>> written = new ArrayDeque<>();
    try {
      others.open(BATCH, options.flip());
      Future<List<Sample>> next = loader.submit(() -> load(begin));
      for (int first = begin; first < total; first += BATCH) {
        if (stop.asked()) {
          finish(written);
          return Optional.empty();
        }
        List<Sample> samples = get(next);
        int turn = first / BATCH % 2;
        int following = first + BATCH;
        if (following < total) {
          next = loader.submit(() -> load(following));
        }
        float[] values = teachers.isEmpty() ? null : look(turn, samples.size());
        int from = first;
        Said said = said(samples, values);
        written.add(writer.submit(() -> write(from, samples, said)));
        if (written.size() > MOST_WAITING) {
          get(written.remove());
          listener.labelled(first - (MOST_WAITING - 1) * BATCH, total);
        }
      }
      finish(written);
      listener.labelled(total, total);
    } finally {
      loader.shutdownNow();
      writer.shutdownNow();
      // Whoever takes the folder next must find nobody writing to it.
      writer.awaitTermination(1, TimeUnit.MINUTES);
      others.close();
    }
    others.requireKept(frames.name(), entries, otherWay);
    PseudoLabelManifest manifest = manifest(teacherSha256s);
    manifest.write(folder);
    progress.end();
    return Optional.of(manifest);
  }

  /** What makes labels what they are: what is labelled, by whom and how. */
  private String identity(List<String> teacherSha256s) {
    ContentHash identity = new ContentHash();
    identity.add(Json.SNAKE_CASE.text(options.withoutData())).add(job.frames().sha256());
    identity.add("%d %d %d".formatted(job.frames().size(), job.height(), job.width()));
    teacherSha256s.forEach(identity::add);
    job.others().forEach(each -> identity.add(Json.SNAKE_CASE.text(each.describe())));
    return identity.hex();
  }

  /** Takes up what an interrupted labelling wrote; the first frame that is still to be labelled. */
  private int goOn() throws IOException {
    List<LabellingProgress.Batch> batches = progress.batches();
    List<String> kinds = PseudoLabelManifest.files(options, fillsHoles());
    if (!batches.stream()
        .flatMap(batch -> batch.frames().stream())
        .allMatch(
            frame ->
                kinds.stream()
                    .allMatch(kind -> Files.exists(folder.resolve(kind).resolve(frame.file()))))) {
      progress.end(); // somebody tidied up
      return 0;
    }
    for (LabellingProgress.Batch batch : batches) {
      PseudoLabelManifest.add(hash, folder, batch.frames(), kinds);
      entries.addAll(batch.frames());
    }
    if (!batches.isEmpty()) {
      LabellingProgress.Batch last = batches.get(batches.size() - 1);
      height = last.height();
      width = last.width();
      otherWay = last.otherWay();
      counts.restore(last.sums());
    }
    return entries.size();
  }

  private static void finish(Deque<Future<?>> written) throws IOException, InterruptedException {
    while (!written.isEmpty()) {
      get(written.remove());
    }
  }

  private static ExecutorService thread(String name) {
    return Executors.newSingleThreadExecutor(
        task -> {
          Thread thread = new Thread(task, name);
          thread.setDaemon(true);
          return thread;
        });
  }

  private static <T> T get(Future<T> future) throws IOException, InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException("a frame could not be labelled", e.getCause());
    }
  }

  private List<Sample> load(int first) {
    List<Sample> samples = new ArrayList<>();
    int turn = first / BATCH % 2;
    for (int i = first; i < Math.min(first + BATCH, job.frames().size()); i++) {
      Sample sample = job.frames().get(i);
      for (View view : views) {
        view.feeds().get(turn).set(i - first, sample, view.magnification());
      }
      samples.add(sample);
    }
    return samples;
  }

  /** The mean of what all teachers say: [N,C,h,w] probabilities, or [N,1,h,w] metres. */
  private float[] look(int turn, int frames) {
    try (NDManager work = base.newSubManager()) {
      NDArray sum = null;
      int looks = 0;
      for (GraphModule teacher : teachers) {
        for (View view : views) {
          for (boolean mirrored : options.flip() ? new boolean[] {false, true} : new boolean[1]) {
            NDArray predicted = say(work, teacher, view, turn, frames, mirrored);
            sum = sum == null ? predicted : sum.add(predicted);
            looks++;
          }
        }
      }
      return sum.div(looks).toFloatArray();
    }
  }

  private NDArray say(
      NDManager work, GraphModule teacher, View view, int turn, int frames, boolean mirrored) {
    var inputs = view.feeds().get(turn).inputs(work, frames);
    if (mirrored) {
      inputs.replaceAll((name, value) -> value.flip(3));
    }
    var outputs = teacher.forward(inputs, false);
    NDArray predicted;
    if (ofClasses) {
      predicted = outputs.get(output).softmax(1);
    } else {
      predicted = outputs.get(output).mul((float) view.magnification());
    }
    if (mirrored) {
      predicted = predicted.flip(3);
    }
    Shape shape = predicted.getShape();
    if (height == 0) {
      // What the network gives at its own size, whatever the first one seen is.
      height = (int) Math.round((double) shape.get(2) * job.height() / view.height());
      width = (int) Math.round((double) shape.get(3) * job.width() / view.width());
    }
    if (shape.get(2) != height || shape.get(3) != width) {
      predicted =
          predicted.getNDArrayInternal().interpolation(new long[] {height, width}, BILINEAR, false);
    }
    return predicted;
  }

  /** What all say of frames: probabilities [C,h,w], or metres [h,w]; or depth with its fits. */
  private record Said(List<float[]> own, List<OtherTeachers.FrameDepth> depth) {}

  private boolean fillsHoles() {
    return !ofClasses && !job.others().isEmpty();
  }

  /**
   * Puts together what all say.
   *
   * @param values what those trained here say in the mean; null where there are none
   */
  private Said said(List<Sample> samples, float[] values) {
    List<float[]> own = new ArrayList<>();
    int size = values == null ? 0 : values.length / samples.size();
    for (int i = 0; values != null && i < samples.size(); i++) {
      own.add(Arrays.copyOfRange(values, i * size, (i + 1) * size));
    }
    if (ofClasses) {
      others.addTo(own, teachers.size(), samples, job.classes().names().size(), height, width);
      return new Said(own, List.of());
    }
    return fillsHoles()
        ? new Said(List.of(), others.depth(own, samples, target, height, width))
        : new Said(own, List.of());
  }

  private Void write(int first, List<Sample> samples, Said said) throws IOException {
    int before = entries.size();
    for (int i = 0; i < samples.size(); i++) {
      if (ofClasses) {
        classes(first + i, samples.get(i), said.own().get(i));
      } else if (said.depth().isEmpty()) {
        measures(first + i, samples.get(i), said.own().get(i), List.of());
      } else {
        DepthEstimate depth = said.depth().get(i).estimate();
        otherWay += said.depth().get(i).otherWay() ? 1 : 0;
        measures(first + i, samples.get(i), depth.sure(), said.depth().get(i).fits());
        store(
            PseudoLabelManifest.CONFIDENCE,
            file(first + i),
            LabelPictures.bytes(width, height, in255ths(depth.confidence())));
        overlay(
            file(first + i),
            LabelPictures.depthOverlay(samples.get(i), width, height, depth.sure()));
      }
    }
    progress.add(entries.subList(before, entries.size()), height, width, otherWay, counts.sums());
    return null;
  }

  private void classes(int index, Sample sample, float[] probabilities) throws IOException {
    HardLabels hard =
        HardLabels.of(probabilities, job.classes().names().size(), options.threshold());
    String file = file(index);
    byte[] stored = new byte[hard.ids().length];
    for (int i = 0; i < stored.length; i++) {
      stored[i] =
          (byte) (hard.kept()[i] == (byte) ClassMap.USUAL_IGNORE_ID ? 0 : hard.kept()[i] + 1);
    }
    store("labels", file, LabelPictures.bytes(width, height, stored));
    store("confidence", file, LabelPictures.bytes(width, height, in255ths(hard.confidence())));
    if (options.soft()) {
      int rows = job.classes().names().size() * height;
      forgetOthers(probabilities, job.classes().names().size());
      Temperature.apply(probabilities, job.classes().names().size(), options.temperature());
      store("soft", file, LabelPictures.bytes(width, rows, in255ths(probabilities)));
    }
    byte[] overlay =
        LabelPictures.overlay(sample, width, height, hard.kept(), job.classes().colors());
    overlay(file, overlay);
    double coverage = hard.coverage();
    if (sample.plane(target) == null) {
      counts.add(hard);
      if (job.truth() != null) {
        counts.audit(hard, width, height, job.truth().get(index), target);
      }
    }
    entries.add(new PseudoLabelManifest.FrameEntry(sample.name(), file, coverage));
  }

  /**
   * Where more than a half is the share of classes that the recipe has not, the distribution over
   * those that it has says little, and is left out.
   */
  private void forgetOthers(float[] probabilities, int classes) {
    int pixels = probabilities.length / classes;
    for (int i = 0; !job.others().isEmpty() && i < pixels; i++) {
      float sum = 0;
      for (int at = i; at < probabilities.length; at += pixels) {
        sum += probabilities[at];
      }
      for (int at = i; sum < LEAST_KNOWN && at < probabilities.length; at += pixels) {
        probabilities[at] = 0;
      }
    }
  }

  private void measures(
      int index, Sample sample, float[] metres, List<PseudoLabelManifest.Fitted> fits)
      throws IOException {
    short[] stored = new short[metres.length];
    int kept = 0;
    for (int i = 0; i < stored.length; i++) {
      long millimetres = Math.round(metres[i] * MILLIMETRES);
      if (millimetres > 0 && millimetres <= FARTHEST) {
        stored[i] = (short) millimetres;
        kept++;
      }
    }
    String file = file(index);
    store(target, file, LabelPictures.shorts(width, height, stored));
    entries.add(
        new PseudoLabelManifest.FrameEntry(
            sample.name(), file, (double) kept / stored.length, fits));
  }

  private static String file(int index) {
    return "%05d.png".formatted(index);
  }

  private static byte[] in255ths(float[] shares) {
    byte[] bytes = new byte[shares.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Math.round(255 * shares[i]);
    }
    return bytes;
  }

  private void overlay(String file, byte[] jpeg) throws IOException {
    WholeFile.write(folder.resolve("overlays").resolve(file.replace(".png", ".jpg")), jpeg);
  }

  private void store(String kind, String file, byte[] png) throws IOException {
    hash.add(kind).add(file).add(png);
    WholeFile.write(folder.resolve(kind).resolve(file), png);
  }

  /** Over all pixels too, for all frames are labelled at one size. */
  private double meanCoverage() {
    return entries.stream()
        .mapToDouble(PseudoLabelManifest.FrameEntry::coverage)
        .average()
        .orElseThrow();
  }

  private PseudoLabelManifest manifest(List<String> teacherSha256s) {
    return new PseudoLabelManifest(
        PseudoLabelManifest.SCHEMA,
        options.withoutData(),
        job.classes().names().size(),
        height,
        width,
        new PseudoLabelManifest.Data(
            job.frames().name(), job.frames().sha256(), job.frames().size()),
        teacherSha256s,
        hash.hex(),
        ofClasses ? counts.coverage() : meanCoverage(),
        ofClasses ? counts.meanConfidence() : Double.NaN,
        ofClasses ? counts.perClass() : List.of(),
        counts.audit(),
        fillsHoles() ? true : null,
        PseudoLabelManifest.Fits.of(entries),
        entries);
  }
}
