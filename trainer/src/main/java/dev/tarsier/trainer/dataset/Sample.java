package dev.tarsier.trainer.dataset;

import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.trainer.task.Task;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One frame for training or evaluation. The arrays are owned by the sample and are not copied.
 *
 * @param name which frame, for messages: a file name, or a bag and stamp
 * @param width pixels
 * @param height pixels
 * @param rgb uint8 [height, width, 3], RGB
 * @param planes what is known of it by the task's id, of the image's size or, of the image as a
 *     whole, of one pixel; on the heap. Absent where nobody has said or measured anything.
 * @param soft how probable a teacher holds each class, by the task's id; absent where none was
 *     asked
 * @param camera that took it; null where that is not known
 */
public record Sample(
    String name,
    int width,
    int height,
    byte[] rgb,
    Map<String, Plane> planes,
    Map<String, SoftLabels> soft,
    Intrinsics camera) {
  /** Checks the sizes. */
  public Sample {
    if (rgb.length != 3 * width * height) {
      throw new IllegalArgumentException(
          "%s: rgb must have %d bytes for %dx%d, got %d"
              .formatted(name, 3 * width * height, width, height, rgb.length));
    }
    planes = Collections.unmodifiableMap(new LinkedHashMap<>(planes));
    soft = Collections.unmodifiableMap(new LinkedHashMap<>(soft));
    for (Map.Entry<String, Plane> each : planes.entrySet()) {
      Plane plane = each.getValue();
      if ((plane.width() != width || plane.height() != height)
          && (plane.width() != 1 || plane.height() != 1)) {
        throw new IllegalArgumentException(
            "%s: %s must be as large as the image (%dx%d), got %dx%d"
                .formatted(name, each.getKey(), width, height, plane.width(), plane.height()));
      }
    }
  }

  /** A frame of which nothing is known but its image. */
  public static Sample of(String name, int width, int height, byte[] rgb) {
    return new Sample(name, width, height, rgb, Map.of(), Map.of(), null);
  }

  /** What is known for a task; null where nothing is. */
  public Plane plane(String task) {
    return planes.get(task);
  }

  /** The ids that are known for a task, uint8 [height, width]; null where nothing is. */
  public byte[] ids(String task) {
    Plane plane = planes.get(task);
    return plane == null ? null : plane.idArray();
  }

  /** The values that are known for a task, float32 [height, width, C]; null where nothing is. */
  public float[] values(String task) {
    Plane plane = planes.get(task);
    return plane == null ? null : plane.valueArray();
  }

  /** The same with ids for a task, uint8 [height, width]; without any where null. */
  public Sample withIds(String task, byte[] ids) {
    return with(task, ids == null ? null : Plane.ofIds(ids, width, height));
  }

  /** The same with values for a task, float32 [height, width]; without any where null. */
  public Sample withValues(String task, float[] values) {
    return with(task, values == null ? null : Plane.ofValues(values, width, height, 1));
  }

  /** The same with another plane for a task; without any where null. */
  public Sample with(String task, Plane plane) {
    Map<String, Plane> others = new LinkedHashMap<>(planes);
    if (plane == null) {
      others.remove(task);
    } else {
      others.put(task, plane);
    }
    return new Sample(name, width, height, rgb, others, soft, camera);
  }

  /** The same with a teacher's distribution for a task; without any where null. */
  public Sample withSoft(String task, SoftLabels labels) {
    Map<String, SoftLabels> others = new LinkedHashMap<>(soft);
    if (labels == null) {
      others.remove(task);
    } else {
      others.put(task, labels);
    }
    return new Sample(name, width, height, rgb, planes, others, camera);
  }

  /** The same from a camera; null where it is not known. */
  public Sample withCamera(Intrinsics other) {
    return new Sample(name, width, height, rgb, planes, soft, other);
  }

  /** What tasks make their targets of. */
  public Task.Known known() {
    return new Task.Known(planes, width, height, camera);
  }
}
