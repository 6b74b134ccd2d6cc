package dev.tarsier.trainer.recipe;

import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.trainer.dataset.DataFile;
import dev.tarsier.trainer.dataset.RgbdSample;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.dataset.depth.DepthMap;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.Tasks;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IntSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What one data set of a recipe holds, counted frame by frame. One thread. */
final class DataPart {
  private static final Pattern STAMP = Pattern.compile("(\\d{16,19})|(\\d{9,10})[._](\\d{1,9})");

  /** At most so many frames, at even distances, have targets made of others' truth. */
  private static final int MADE_FRAMES = 20;

  private final String use;
  private final SampleSource source;
  private final boolean learned;
  private final ClassSet classes;
  private final long[] pixels;
  private final long[] framesOf;
  private final Map<String, Integer> sizes = new LinkedHashMap<>();
  private final Map<String, List<String>> byContent = new LinkedHashMap<>();
  private final Set<String> names = new LinkedHashSet<>();
  private final Map<Long, String> stamps = new LinkedHashMap<>();
  private final List<Integer> labelled = new ArrayList<>();
  private final List<Integer> unlabelled = new ArrayList<>();
  private final Map<String, Map<Integer, Integer>> imageClasses = new TreeMap<>();
  private final Map<Task, Made> made = new LinkedHashMap<>();
  private int withDepth;
  private int withCamera;
  private double knownDepth;
  private float near = Float.POSITIVE_INFINITY;
  private float far;
  private long unknownPixels;

  /**
   * Nothing counted yet.
   *
   * @param use what the recipe uses it for, such as {@code training}
   * @param learned whether a network learns from it; otherwise one is judged by it
   * @param heads of the network that the recipe ends with. Not modified.
   */
  DataPart(String use, SampleSource source, boolean learned, ClassSet classes, List<Task> heads) {
    this.use = use;
    this.source = source;
    this.learned = learned;
    this.classes = classes;
    pixels = new long[classes.size()];
    framesOf = new long[classes.size()];
    heads.stream()
        .filter(task -> task.madeOf().isPresent() && !task.learnsIds())
        .forEach(task -> made.put(task, new Made()));
  }

  /** What came of making a task's targets of others' truth. */
  private static final class Made {
    private int frames;
    private double known;
  }

  /** Counts a frame. */
  void add(int index, Sample sample) {
    sizes.merge("%d×%d".formatted(sample.width(), sample.height()), 1, Integer::sum);
    String name = sample.name().replaceFirst(".*/", "");
    byContent.computeIfAbsent(Sha256.of(sample.rgb()), hash -> new ArrayList<>()).add(name);
    names.add(DataFile.withoutExtension(name));
    stamp(name).ifPresent(nanos -> stamps.put(nanos, name));
    byte[] ids = RgbdSample.labels(sample);
    if (ids == null) {
      unlabelled.add(index);
    } else {
      labelled.add(index);
      count(ids);
    }
    sample
        .planes()
        .forEach(
            (task, plane) -> {
              if (Tasks.of(task).any().head().kind() instanceof ImageClass) {
                imageClasses
                    .computeIfAbsent(task, of -> new TreeMap<>())
                    .merge(plane.imageId(), 1, Integer::sum);
              }
            });
    if (index % ((source.size() + MADE_FRAMES - 1) / MADE_FRAMES) == 0) {
      made.forEach((task, of) -> make(task, of, sample));
    }
    float[] metres = RgbdSample.depth(sample);
    if (metres != null) {
      DepthMap.Look look =
          new DepthMap(Path.of(name), sample.width(), sample.height(), metres).look();
      withDepth++;
      withCamera += sample.known().camera() == null ? 0 : 1;
      knownDepth += look.known();
      if (look.known() > 0) {
        near = Math.min(near, look.near());
        far = Math.max(far, look.far());
      }
    }
  }

  /** Making targets costs, so some frames stand for all. */
  private static void make(Task task, Made of, Sample sample) {
    Plane target = task.target(sample.known());
    of.frames++;
    if (target != null) {
      int channels = target.valueArray().length / (sample.width() * sample.height());
      int known = 0;
      for (int i = 0; i < target.valueArray().length; i += channels) {
        known += Float.isNaN(target.valueArray()[i]) ? 0 : 1;
      }
      of.known += (double) known / (sample.width() * sample.height());
    }
  }

  /**
   * What is made of others' truth, such as {@code normals of 62 % of the pixels, in 20 frames
   * looked at}; empty where no head is.
   */
  List<String> made() {
    List<String> lines = new ArrayList<>();
    made.forEach(
        (task, of) ->
            lines.add(
                of.known == 0
                    ? "%s: none in %d frames looked at; they are made of %s"
                        .formatted(task.truth(), of.frames, task.madeOf().orElseThrow())
                    : String.format(
                        Locale.ROOT,
                        "%s: of %.0f %% of the pixels, in %d frames looked at",
                        task.truth(),
                        100 * of.known / of.frames,
                        of.frames)));
    return lines;
  }

  /** The stamp in a frame's name, nanoseconds; none where it is named otherwise. */
  static OptionalLong stamp(String name) {
    Matcher stamp = STAMP.matcher(name);
    if (!stamp.find()) {
      return OptionalLong.empty();
    }
    if (stamp.group(1) != null) {
      return OptionalLong.of(Long.parseLong(stamp.group(1)));
    }
    String decimals = (stamp.group(3) + "000000000").substring(0, 9);
    return OptionalLong.of(
        Long.parseLong(stamp.group(2)) * 1_000_000_000L + Long.parseLong(decimals));
  }

  private void count(byte[] ids) {
    long[] here = new long[256];
    for (byte id : ids) {
      here[id & 0xff]++;
    }
    for (int id = 0; id < pixels.length; id++) {
      pixels[id] += here[id];
      framesOf[id] += here[id] > 0 ? 1 : 0;
    }
    unknownPixels += here[ClassMap.USUAL_IGNORE_ID];
  }

  String use() {
    return use;
  }

  SampleSource source() {
    return source;
  }

  boolean learned() {
    return learned;
  }

  ClassSet classes() {
    return classes;
  }

  /** Places of frames that have labels. */
  List<Integer> labelled() {
    return labelled;
  }

  /** Places of frames that have none. */
  List<Integer> unlabelled() {
    return unlabelled;
  }

  /** Frames by the hash of their image. */
  Map<String, List<String>> byContent() {
    return byContent;
  }

  /** Names without extension. */
  Set<String> names() {
    return names;
  }

  /** Names by stamp in nanoseconds, of those that are named so. */
  Map<Long, String> stamps() {
    return stamps;
  }

  /** The farthest depth that more than a fiftieth of a frame has, metres; 0 where there is none. */
  float far() {
    return far;
  }

  /** Such as {@code 640×480 (118), 320×240 (2)}. */
  String sizes() {
    if (sizes.size() == 1) {
      return sizes.keySet().iterator().next();
    }
    List<String> each = new ArrayList<>();
    sizes.forEach((size, count) -> each.add("%s (%d)".formatted(size, count)));
    return String.join(", ", each);
  }

  /**
   * Such as {@code 50 of 120 (81 % of their pixels)}, and of classes of whole images {@code
   * digit_class of 120 (10 classes, 8 to 15 images of each)}.
   */
  String labels() {
    List<String> labels = new ArrayList<>();
    if (!labelled.isEmpty()) {
      labels.add(
          String.format(
              Locale.ROOT,
              "%d of %d (%.0f %% of their pixels)",
              labelled.size(),
              source.size(),
              100 * labelledShare()));
    }
    imageClasses.forEach(
        (task, images) -> {
          IntSummaryStatistics counts =
              images.values().stream().mapToInt(Integer::intValue).summaryStatistics();
          labels.add(
              String.format(
                  Locale.ROOT,
                  "%s of %d of %d (%d classes, %s images of each)",
                  task,
                  counts.getSum(),
                  source.size(),
                  images.size(),
                  counts.getMin() == counts.getMax()
                      ? counts.getMin()
                      : counts.getMin() + " to " + counts.getMax()));
        });
    return labels.isEmpty() ? "none" : String.join("; ", labels);
  }

  /** Such as {@code 120 of 120 (87 % known, 0.41 to 9.8 m, camera known)}. */
  String depth() {
    if (withDepth == 0) {
      return "none";
    }
    return String.format(
        Locale.ROOT,
        "%d of %d (%.0f %% known%s, camera %s)",
        withDepth,
        source.size(),
        100 * knownDepth / withDepth,
        far == 0 ? "" : String.format(Locale.ROOT, ", %.2f to %.1f m", near, far),
        withCamera == withDepth ? "known" : withCamera == 0 ? "unknown" : "of some known");
  }

  /** Share of the pixels of labelled frames that have a class, 0 to 1; 1 without labels. */
  double labelledShare() {
    long known = 0;
    for (long each : pixels) {
      known += each;
    }
    return known + unknownPixels == 0 ? 1 : (double) known / (known + unknownPixels);
  }

  /** Pixels of a class in all labelled frames. */
  long pixels(int id) {
    return pixels[id];
  }

  /** Share of the labelled pixels, and how many frames show it. */
  String share(int id) {
    long all = 0;
    for (long each : pixels) {
      all += each;
    }
    return all == 0
        ? "–"
        : pixels[id] == 0
            ? "none"
            : String.format(
                Locale.ROOT,
                "%.2f %% in %d %s",
                100.0 * pixels[id] / all,
                framesOf[id],
                framesOf[id] == 1 ? "frame" : "frames");
  }
}
