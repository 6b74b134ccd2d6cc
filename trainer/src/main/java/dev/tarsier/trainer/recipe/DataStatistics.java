package dev.tarsier.trainer.recipe;

import dev.tarsier.trainer.dataset.ContentHash;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.TaskType;
import dev.tarsier.trainer.task.Tasks;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What there is to learn from in data sets, counted. */
final class DataStatistics {
  /** What is known does not depend on it. */
  private static final double ANY_METRES = 10;

  private final ClassSet classes;
  private final List<Task> tasks;
  private final Set<String> derived = new HashSet<>();
  private final double[] pixels;
  private final Map<String, List<String>> lacking = new LinkedHashMap<>();
  private final Map<String, String> frames = new LinkedHashMap<>();
  private long labelled;
  private long withDepth;
  private long soft;

  private DataStatistics(ClassSet classes) {
    this.classes = classes;
    TaskType.Settings settings = new TaskType.Settings(classes, ANY_METRES);
    tasks = Tasks.all().stream().map(type -> type.create(settings)).toList();
    pixels = new double[classes.size()];
  }

  /** Goes through all frames once. Parts count by the frames that an epoch takes of them. */
  static DataStatistics of(List<OpenedData> data, ClassSet classes) {
    DataStatistics statistics = new DataStatistics(classes);
    for (OpenedData each : data) {
      double share = (double) each.perEpoch() / each.source().size();
      double[] before = statistics.pixels();
      long labelledBefore = statistics.labelled;
      for (int i = 0; i < each.source().size(); i++) {
        statistics.add(each.source().get(i), share);
      }
      if (statistics.labelled > labelledBefore) {
        statistics.lacking.put(each.source().name(), statistics.same(before));
      }
    }
    return statistics;
  }

  private void add(Sample sample, double share) {
    frames.putIfAbsent(ContentHash.of(sample.rgb()), sample.name());
    if (knowsDepth(sample.values(Depth.ID))) {
      withDepth++;
    }
    if (!sample.soft().isEmpty()) {
      soft++;
    }
    for (Task task : tasks) {
      if (!sample.planes().containsKey(task.id())
          && !derived.contains(task.id())
          && task.target(sample.planes(), sample.width(), sample.height()) != null) {
        derived.add(task.id());
      }
    }
    if (sample.ids(Segmentation.ID) != null) {
      labelled++;
      for (byte label : sample.ids(Segmentation.ID)) {
        int id = label & 0xff;
        if (id < pixels.length) {
          pixels[id] += share;
        }
      }
    }
  }

  private static boolean knowsDepth(float[] metres) {
    for (int i = 0; metres != null && i < metres.length; i++) {
      if (!Float.isNaN(metres[i])) {
        return true;
      }
    }
    return false;
  }

  /** Names of frames whose photo another data set has too, under whatever name. */
  List<String> alsoIn(DataStatistics other) {
    return frames.entrySet().stream()
        .filter(each -> other.frames.containsKey(each.getKey()))
        .map(Map.Entry::getValue)
        .toList();
  }

  /** Pixels of each class in an epoch, by id. */
  double[] pixels() {
    return pixels.clone();
  }

  /** Frames with labels. */
  long labelled() {
    return labelled;
  }

  /** Frames whose depth is known somewhere. */
  long withDepth() {
    return withDepth;
  }

  /** Tasks whose target is made of what is known of others, in a frame at least. */
  Set<String> derived() {
    return derived;
  }

  /** Frames with a teacher's distribution. */
  long soft() {
    return soft;
  }

  /** Classes that no pixel has. */
  List<String> absent() {
    return same(new double[pixels.length]);
  }

  /**
   * Classes that no pixel of a data set has, though another has them, by data set; labelled ones.
   */
  Map<String, List<String>> lacking() {
    Map<String, List<String>> found = new LinkedHashMap<>();
    List<String> everywhere = absent();
    lacking.forEach(
        (name, names) -> {
          List<String> own = names.stream().filter(each -> !everywhere.contains(each)).toList();
          if (!own.isEmpty()) {
            found.put(name, own);
          }
        });
    return found;
  }

  private List<String> same(double[] before) {
    List<String> same = new ArrayList<>();
    for (int id = 0; id < pixels.length; id++) {
      if (pixels[id] == before[id]) {
        same.add(classes.names().get(id));
      }
    }
    return same;
  }
}
