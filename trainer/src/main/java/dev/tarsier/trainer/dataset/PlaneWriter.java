package dev.tarsier.trainer.dataset;

import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.task.UnitVectorMap;
import dev.tarsier.trainer.task.Task;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;

/**
 * Writes what is known of a frame into a slot of a batch, as the image was varied: ids and measures
 * from the nearest pixel, distances divided by the magnification, directions mirrored.
 *
 * @param sample the frame
 * @param region what is seen of it
 * @param mirrored whether left and right are exchanged
 * @param scale magnification
 * @param slot of the batch
 */
public record PlaneWriter(
    Sample sample, Grid.Region region, boolean mirrored, float scale, int slot) {
  /** The whole frame as it is, at a magnification. */
  public static PlaneWriter whole(Sample sample, float scale, int slot) {
    return new PlaneWriter(
        sample, new Grid.Region(0, 0, sample.width(), sample.height()), false, scale, slot);
  }

  private Grid grid(int width, int height) {
    return Grid.of(region, sample.width(), sample.height(), width, height, mirrored);
  }

  /**
   * Writes the target of a task.
   *
   * @param classWeights weight of each class by id; null where all count 1. Not modified.
   * @param to modified
   */
  void target(Task task, float[] classWeights, Target to) {
    Plane known = task.target(sample.known());
    task.head()
        .kind()
        .accept(new TargetOf(this, task, known, classWeights, grid(to.width(), to.height()), to));
  }

  /** Whether a value says anything; no box for each pixel. */
  private interface KnownValue {
    boolean test(float value);
  }

  private record TargetOf(
      PlaneWriter at, Task task, Plane known, float[] classWeights, Grid grid, Target to)
      implements HeadKind.Visitor<Void> {
    private static final int NONE = -1;

    @Override
    public Void classMap(ClassMap kind) {
      byte[] labels = known == null ? null : known.idArray();
      LongBuffer ids = to.idLongs();
      FloatBuffer weights = to.weightFloats();
      int w = grid.gridWidth();
      int h = grid.gridHeight();
      for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
          int from = grid.pixel(y, x);
          int id = labels == null || from == Grid.OUTSIDE ? kind.ignoreId() : labels[from] & 0xff;
          put(ids, weights, (at.slot * h + y) * w + x, id, kind.ignoreId());
        }
      }
      return null;
    }

    @Override
    public Void imageClass(ImageClass kind) {
      int id = known == null ? NONE : known.imageId();
      put(to.idLongs(), to.weightFloats(), at.slot, id, NONE);
      return null;
    }

    private void put(LongBuffer ids, FloatBuffer weights, int index, int id, int none) {
      boolean labelled = id != none;
      if (labelled && id >= task.channels()) {
        throw new DataException(
            "%s: label %d is out of range, there are %d classes"
                .formatted(at.sample.name(), id, task.channels()));
      }
      ids.put(index, labelled ? id : 0);
      weights.put(index, labelled ? classWeights == null ? 1 : classWeights[id] : 0);
    }

    @Override
    public Void metricMap(MetricMap kind) {
      one(task.nearerWhenMagnified() ? at.scale : 1, MetricMap::isKnown);
      return null;
    }

    @Override
    public Void relativeMap(RelativeMap kind) {
      one(1, RelativeMap::isKnown); // a scale says nothing of it
      return null;
    }

    /** One value for each pixel. */
    private void one(float divisor, KnownValue isKnown) {
      float[] all = known == null ? null : known.valueArray();
      FloatBuffer values = to.floats();
      FloatBuffer weights = to.weightFloats();
      int w = grid.gridWidth();
      int h = grid.gridHeight();
      for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
          int from = grid.pixel(y, x);
          boolean seen = all != null && from != Grid.OUTSIDE && isKnown.test(all[from]);
          int index = (at.slot * h + y) * w + x;
          values.put(index, seen ? all[from] / divisor : 0);
          weights.put(index, seen ? 1 : 0);
        }
      }
    }

    @Override
    public Void unitVectorMap(UnitVectorMap kind) {
      float[] all = known == null ? null : known.valueArray();
      FloatBuffer values = to.floats();
      FloatBuffer weights = to.weightFloats();
      int w = grid.gridWidth();
      int h = grid.gridHeight();
      int first = at.slot * 3 * h * w;
      for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
          int from = grid.pixel(y, x);
          int pixel = y * w + x;
          for (int axis = 0; axis < 3; axis++) {
            values.put(first + axis * h * w + pixel, at.direction(all, from, axis));
          }
          weights.put(at.slot * h * w + pixel, hasDirection(all, from) ? 1 : 0);
        }
      }
      return null;
    }
  }

  /** A measure at a pixel; 0 where it is not known. */
  private static float measured(float[] all, int pixel) {
    float value = all == null || pixel == Grid.OUTSIDE ? 0 : all[pixel];
    return MetricMap.isKnown(value) ? value : 0;
  }

  private static boolean hasDirection(float[] all, int pixel) {
    return all != null
        && pixel != Grid.OUTSIDE
        && UnitVectorMap.isKnown(all[3 * pixel], all[3 * pixel + 1], all[3 * pixel + 2]);
  }

  /** One coordinate of the direction at a pixel, as it is seen in a mirror; 0 where unknown. */
  private float direction(float[] all, int pixel, int axis) {
    if (!hasDirection(all, pixel)) {
      return 0;
    }
    float value = all[3 * pixel + axis];
    return mirrored && axis == 0 ? -value : value;
  }

  /**
   * Writes what the network sees of a task besides the image: classes one-hot, all 0 where ignored;
   * values and directions as they are, 0 where unknown.
   *
   * @param to float32 [N,C,H,W], modified
   */
  public void input(Task task, FloatBuffer to, int height, int width) {
    Grid grid = grid(width, height);
    Plane known = task.target(sample.known());
    int channels = task.channels();
    int first = slot * channels * height * width;
    float[] planes = new float[channels * height * width];
    if (known != null && known.isIds()) {
      byte[] ids = known.idArray();
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          int from = grid.pixel(y, x);
          int id = from == Grid.OUTSIDE ? ClassMap.USUAL_IGNORE_ID : ids[from] & 0xff;
          if (id < channels) {
            planes[(id * height + y) * width + x] = 1;
          }
        }
      }
    } else if (known != null && task.head().kind() instanceof UnitVectorMap) {
      float[] values = known.valueArray();
      for (int i = 0; i < planes.length; i++) {
        int pixel = i % (height * width);
        planes[i] =
            direction(values, grid.pixel(pixel / width, pixel % width), i / (height * width));
      }
    } else if (known != null) {
      float[] values = known.valueArray();
      float divisor = task.nearerWhenMagnified() ? scale : 1;
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          planes[y * width + x] = measured(values, grid.pixel(y, x)) / divisor;
        }
      }
    }
    to.put(first, planes);
  }

  /** Writes what a teacher thinks, which has a size of its own but covers the same frame. */
  void soft(Task task, Target to) {
    int w = to.width();
    int h = to.height();
    int classes = to.channels();
    float[] values = new float[classes * h * w];
    float[] mask = new float[h * w];
    SoftLabels soft = sample.soft().get(task.id());
    if (soft != null) {
      if (soft.classes() != classes) {
        throw new DataException(
            "%s: its soft labels are of %d classes, the network has %d"
                .formatted(sample.name(), soft.classes(), classes));
      }
      Grid.Region there =
          region.scaled(
              (double) soft.width() / sample.width(), (double) soft.height() / sample.height());
      Grid grid = Grid.of(there, soft.width(), soft.height(), w, h, mirrored);
      int plane = soft.width() * soft.height();
      for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
          int from = grid.pixel(y, x);
          if (from == Grid.OUTSIDE) {
            continue;
          }
          int sum = 0;
          for (int c = 0; c < classes; c++) {
            sum += soft.probabilities()[c * plane + from] & 0xff;
          }
          if (sum > 0) {
            mask[y * w + x] = 1;
            for (int c = 0; c < classes; c++) {
              int share = soft.probabilities()[c * plane + from] & 0xff;
              values[(c * h + y) * w + x] = (float) share / sum;
            }
          }
        }
      }
    }
    to.floats().put(slot * classes * h * w, values);
    to.weightFloats().put(slot * h * w, mask);
  }
}
