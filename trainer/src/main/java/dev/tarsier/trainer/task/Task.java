package dev.tarsier.trainer.task;

import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.trainer.network.Layer.Normalise;
import dev.tarsier.trainer.network.Ports;
import java.util.Map;
import java.util.Optional;

/**
 * Something that a network learns to say of an image. One file for each; immutable. Measure, ONNX
 * output and colours follow from the kind of its {@link #head}.
 */
public interface Task {
  /**
   * What the robot gets: an id, and what the values are. The same at each call and made once: it is
   * asked pixel by pixel.
   */
  Head head();

  /**
   * The losses to choose from by name, as recipes call them; the first one unless a recipe says
   * otherwise.
   */
  Map<String, PixelLoss> losses();

  /** Name of the task, of its topic, its metrics and its losses. */
  default String id() {
    return head().id();
  }

  /** Name of the output in networks and ONNX files, by which other programs ask for it. */
  default String tensor() {
    return id();
  }

  /** What data sets call what is known of it: what a network may see besides the image. */
  default String truth() {
    return id();
  }

  /**
   * What its targets are made of where the data has none, in a few words; empty if they are not.
   */
  default Optional<String> madeOf() {
    return Optional.empty();
  }

  /** Name of the input of networks that see its truth besides the image. */
  default String input() {
    return truth() + "_input";
  }

  /** Channels of the network's output, and of what a network sees: one for each class. */
  default int channels() {
    return head().kind() instanceof ClassMap kind
        ? kind.classes().size()
        : head().kind().channels();
  }

  /** Whether its targets are class ids; otherwise they are values. */
  default boolean learnsIds() {
    HeadKind kind = head().kind();
    return kind instanceof ClassMap || kind instanceof ImageClass;
  }

  /** What the network's numbers are brought into; null where they stay as they are. */
  default Ports.Range range() {
    return null;
  }

  /** What a network that sees its values brings them to first; null for ids, seen one-hot. */
  default Normalise normalisation() {
    return null;
  }

  /**
   * Whether values are distances, which a magnified image shows as nearer: they are divided by the
   * magnification.
   */
  default boolean nearerWhenMagnified() {
    return false;
  }

  /**
   * What is known of a frame.
   *
   * @param planes by the task's id. Not modified.
   * @param width of the frame, pixels
   * @param height of the frame, pixels
   * @param camera that took it; null where that is not known
   */
  record Known(Map<String, Plane> planes, int width, int height, Intrinsics camera) {}

  /**
   * The target of a frame: what is known of the task itself, unless the task derives it.
   *
   * @return of the frame's size; null where nothing is known
   */
  default Plane target(Known known) {
    return known.planes().get(id());
  }
}
