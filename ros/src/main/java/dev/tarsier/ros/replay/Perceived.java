package dev.tarsier.ros.replay;

import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.pipeline.Scene;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.Plane;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A perceived frame that waits for its truth. Owns the frame, for the pictures of the report.
 *
 * @param index in bag order
 * @param receiveNanos when it was recorded
 * @param stampNanos of its header; receiveNanos where that has none
 * @param comparable whether it is of the camera that the truth was held against
 * @param imageWidth pixels of the image
 * @param imageHeight pixels of the image
 * @param frame the image; closed with this
 * @param planes what each head says, by its id, in the bundle's order
 */
record Perceived(
    int index,
    long receiveNanos,
    long stampNanos,
    boolean comparable,
    int imageWidth,
    int imageHeight,
    Frame frame,
    Map<String, Plane> planes)
    implements AutoCloseable {
  /**
   * Copies what the scene says.
   *
   * @param frame from now on owned by this
   * @param scene Not modified.
   */
  static Perceived of(
      int index, long receiveNanos, long stampNanos, boolean comparable, Frame frame, Scene scene) {
    Map<String, Plane> planes = new LinkedHashMap<>();
    for (Head head : scene.heads()) {
      planes.put(head.id(), scene.plane(head.id()).copy());
    }
    return new Perceived(
        index,
        receiveNanos,
        stampNanos,
        comparable,
        scene.inputWidth(),
        scene.inputHeight(),
        frame,
        planes);
  }

  @Override
  public void close() {
    frame.close();
  }
}
