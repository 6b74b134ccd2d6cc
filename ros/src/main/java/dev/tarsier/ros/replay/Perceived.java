package dev.tarsier.ros.replay;

import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.scene.Scene;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.Plane;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Optional;

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
 * @param width pixels of the outputs
 * @param height pixels of the outputs
 * @param ids uint8 [height, width]; empty without that head
 * @param metres float32 [height, width]; empty without that head
 */
record Perceived(
    int index,
    long receiveNanos,
    long stampNanos,
    boolean comparable,
    int imageWidth,
    int imageHeight,
    Frame frame,
    int width,
    int height,
    ByteBuffer ids,
    FloatBuffer metres)
    implements AutoCloseable {
  /**
   * Copies what the scene says.
   *
   * @param frame from now on owned by this
   * @param scene Not modified.
   */
  static Perceived of(
      int index, long receiveNanos, long stampNanos, boolean comparable, Frame frame, Scene scene) {
    return new Perceived(
        index,
        receiveNanos,
        stampNanos,
        comparable,
        scene.inputWidth(),
        scene.inputHeight(),
        frame,
        scene.width(),
        scene.height(),
        first(scene, ClassMap.class)
            .map(plane -> ByteBuffer.allocate(plane.ids().limit()).put(plane.ids()).flip())
            .orElse(ByteBuffer.allocate(0)),
        first(scene, MetricMap.class)
            .map(plane -> FloatBuffer.allocate(plane.values().limit()).put(plane.values()).flip())
            .orElse(FloatBuffer.allocate(0)));
  }

  private static Optional<Plane> first(Scene scene, Class<? extends HeadKind> kind) {
    return scene.bundle().manifest().firstHead(kind).map(head -> scene.plane(head.id()));
  }

  /** Whether the bundle gives classes. */
  boolean hasIds() {
    return ids.hasRemaining();
  }

  /** Whether the bundle gives depth. */
  boolean hasMetres() {
    return metres.hasRemaining();
  }

  @Override
  public void close() {
    frame.close();
  }
}
