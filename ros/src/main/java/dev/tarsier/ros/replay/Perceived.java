package dev.tarsier.ros.replay;

import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.scene.Scene;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

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
        ByteBuffer.allocate(scene.classIds().remaining()).put(scene.classIds()).flip(),
        FloatBuffer.allocate(scene.depthMetres().remaining()).put(scene.depthMetres()).flip());
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
