package dev.tarsier.trainer.recipe;

import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.TaskType;
import dev.tarsier.trainer.task.Tasks;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** What there is to learn from in data sets, counted. */
final class DataStatistics {
  /** What is known of does not depend on it. */
  private static final double ANY_METRES = 10;

  private final Map<String, Known> known = new LinkedHashMap<>();
  private final Map<String, String> frames = new LinkedHashMap<>();

  private DataStatistics(ClassSet classes) {
    TaskType.Settings settings = new TaskType.Settings(classes, ANY_METRES);
    Stream.concat(Tasks.all().stream(), classes.images().keySet().stream().map(Tasks::of))
        .forEach(type -> known.put(type.id(), new Known(type.create(settings))));
  }

  /**
   * Goes through all frames of a data set once. A part counts by what an epoch takes of it.
   *
   * @param heads ids of the tasks that somebody learns or is judged by. Not modified.
   */
  static DataStatistics of(OpenedData data, ClassSet classes, Set<String> heads) {
    DataStatistics statistics = new DataStatistics(classes);
    for (int i = 0; i < data.source().size(); i++) {
      Sample sample = data.source().get(i);
      statistics.frames.putIfAbsent(Sha256.of(sample.rgb()), sample.name());
      statistics.known.values().forEach(task -> task.count(sample, heads.contains(task.task.id())));
    }
    double share = (double) data.perEpoch() / Math.max(1, data.source().size());
    statistics.known.values().forEach(task -> task.counted(data.source().name(), share));
    return statistics;
  }

  /** What data sets have together. Not modified. */
  static DataStatistics of(List<DataStatistics> sets, ClassSet classes) {
    DataStatistics together = new DataStatistics(classes);
    for (DataStatistics set : sets) {
      set.frames.forEach(together.frames::putIfAbsent);
      set.known.forEach((task, known) -> together.known.get(task).add(known));
    }
    return together;
  }

  /** What is known for a task. */
  Known known(Task task) {
    return known.get(task.id());
  }

  /** Classes of these tasks that no pixel has. */
  List<String> absent(List<Task> tasks) {
    return tasks.stream().flatMap(task -> known(task).absent().stream()).toList();
  }

  /** Names of frames whose photo another data set has too, under whatever name. */
  List<String> alsoIn(DataStatistics other) {
    return frames.entrySet().stream()
        .filter(each -> other.frames.containsKey(each.getKey()))
        .map(Map.Entry::getValue)
        .toList();
  }

  /** What is known of frames for one task. */
  static final class Known {
    private final Task task;
    private final List<ClassLabel> classes;
    private final double[] pixels;
    private final Map<String, List<String>> lacking = new LinkedHashMap<>();
    private long frames;
    private long soft;

    private Known(Task task) {
      this.task = task;
      HeadKind kind = task.head().kind();
      classes =
          kind instanceof ClassMap map
              ? map.classes()
              : kind instanceof ImageClass image ? image.classes() : List.of();
      pixels = new double[classes.size()];
    }

    /** All frames of a data set are counted. */
    private void counted(String name, double share) {
      for (int id = 0; id < pixels.length; id++) {
        pixels[id] *= share;
      }
      if (frames > 0) {
        lacking.put(name, absent());
      }
    }

    private void add(Known other) {
      for (int id = 0; id < pixels.length; id++) {
        pixels[id] += other.pixels[id];
      }
      frames += other.frames;
      soft += other.soft;
      lacking.putAll(other.lacking);
    }

    private void count(Sample sample, boolean asked) {
      if (sample.soft().containsKey(task.id())) {
        soft++;
      }
      Plane plane = sample.plane(task.id());
      if (plane == null) {
        // Deriving a target costs: that it can be derived at all is what is asked.
        if (frames == 0 && asked) {
          Plane derived = task.target(sample.known());
          frames += derived != null && (task.learnsIds() || anyKnown(derived.valueArray())) ? 1 : 0;
        }
      } else if (task.head().kind() instanceof ImageClass) {
        frames++;
        if (plane.imageId() < pixels.length) {
          pixels[plane.imageId()]++;
        }
      } else if (task.learnsIds()) {
        frames++;
        for (byte label : plane.idArray()) {
          int id = label & 0xff;
          if (id < pixels.length) {
            pixels[id]++;
          }
        }
      } else if (anyKnown(plane.valueArray())) {
        frames++;
      }
    }

    private static boolean anyKnown(float[] values) {
      for (float value : values) {
        if (!Float.isNaN(value)) {
          return true;
        }
      }
      return false;
    }

    /** Frames of which something is known; of a task that derives its target, whether any is. */
    long frames() {
      return frames;
    }

    /** Frames with a teacher's distribution. */
    long soft() {
      return soft;
    }

    /**
     * Pixels, or images where each has one, of each class in an epoch, by id; of none where the
     * task has no classes.
     */
    double[] pixels() {
      return pixels.clone();
    }

    /** Classes that no pixel has. */
    List<String> absent() {
      List<String> absent = new ArrayList<>();
      for (int id = 0; id < pixels.length; id++) {
        if (pixels[id] == 0) {
          absent.add(classes.get(id).name());
        }
      }
      return absent;
    }

    /** Whether a frame is known, and of a task with classes any pixel. */
    boolean judges() {
      return frames > 0 && (classes.isEmpty() || absent().size() < classes.size());
    }

    /** Classes that no pixel of a data set has, though another has them, by data set. */
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
  }
}
