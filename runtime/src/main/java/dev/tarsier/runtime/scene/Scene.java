package dev.tarsier.runtime.scene;

import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.inference.Provider;
import dev.tarsier.runtime.metrics.StageTimes;
import dev.tarsier.runtime.model.Bundle;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/**
 * What was perceived in one frame. One object per perceiver, filled again for each frame: valid
 * until the next one is perceived, so a sink copies what it keeps. Owned by the perceiving thread.
 */
public final class Scene {
  private final Bundle bundle;
  private final Provider provider;
  private final ByteBuffer classIds;
  private final ByteBuffer depthBytes;
  private final FloatBuffer depthMetres;
  private final StageTimes times = new StageTimes();
  private long captureNanos;
  private long arrivalNanos;
  private String frameId = "";
  private long sequence;
  private int inputWidth;
  private int inputHeight;
  private int unknownDepthPixels;
  private int unnamedClassPixels;

  /**
   * A scene over the outputs of a session.
   *
   * @param bundle the model. Not modified.
   * @param provider what computes it
   * @param classIds uint8 [h,w], empty without that head. Read in place.
   * @param depthBytes float32 [h,w], little endian, empty without that head. Read in place.
   */
  public Scene(Bundle bundle, Provider provider, ByteBuffer classIds, ByteBuffer depthBytes) {
    this.bundle = bundle;
    this.provider = provider;
    this.classIds = classIds;
    this.depthBytes = depthBytes;
    this.depthMetres = depthBytes.asFloatBuffer();
  }

  /**
   * Takes over what the frame says of itself.
   *
   * @param frame that was perceived. Not modified.
   * @param width of the image in pixels, known after decoding
   * @param height of the image in pixels
   */
  public void describe(Frame frame, int width, int height) {
    captureNanos = frame.captureNanos();
    arrivalNanos = frame.arrivalNanos();
    frameId = frame.frameId();
    sequence = frame.sequence();
    inputWidth = width;
    inputHeight = height;
  }

  /**
   * Takes over what was counted while the outputs were read.
   *
   * @param unknownDepth pixels whose depth is NaN; 0 without that head
   * @param unnamedClass pixels whose class id the bundle does not name; 0 without that head
   */
  public void count(int unknownDepth, int unnamedClass) {
    unknownDepthPixels = unknownDepth;
    unnamedClassPixels = unnamedClass;
  }

  /** Pixels whose depth is unknown; 0 without that head. */
  public int unknownDepthPixels() {
    return unknownDepthPixels;
  }

  /** Pixels whose class id is none of the bundle's classes; 0 without that head. */
  public int unnamedClassPixels() {
    return unnamedClassPixels;
  }

  /** Whether there are class ids. */
  public boolean hasClasses() {
    return classIds.capacity() > 0;
  }

  /** Whether there is depth. */
  public boolean hasDepth() {
    return depthBytes.capacity() > 0;
  }

  /** Class ids, uint8 [height, width], direct, position 0; empty without that head. */
  public ByteBuffer classIds() {
    classIds.clear();
    return classIds;
  }

  /** Depth, float32 [height, width], metres, NaN unknown; empty without that head. */
  public FloatBuffer depthMetres() {
    depthMetres.clear();
    return depthMetres;
  }

  /** The bytes behind {@link #depthMetres}: direct, little endian, position 0. */
  public ByteBuffer depthBytes() {
    depthBytes.clear();
    return depthBytes;
  }

  /** Columns of classes and depth. */
  public int width() {
    return bundle.manifest().outputs().width();
  }

  /** Rows of classes and depth. */
  public int height() {
    return bundle.manifest().outputs().height();
  }

  /** Columns of the camera's image. */
  public int inputWidth() {
    return inputWidth;
  }

  /** Rows of the camera's image. */
  public int inputHeight() {
    return inputHeight;
  }

  /** When the camera took the image, nanoseconds since the epoch. */
  public long captureNanos() {
    return captureNanos;
  }

  /** When the image came in, on the monotonic clock. */
  public long arrivalNanos() {
    return arrivalNanos;
  }

  /** Coordinate frame of the camera. */
  public String frameId() {
    return frameId;
  }

  /** Counts the camera's frames. */
  public long sequence() {
    return sequence;
  }

  /** How long each stage took so far; filled further while the scene is published. */
  public StageTimes times() {
    return times;
  }

  /** The bundle that perceived it. */
  public Bundle bundle() {
    return bundle;
  }

  /** Hash of the model that perceived it. */
  public String modelSha256() {
    return bundle.modelSha256();
  }

  /** What computed it. */
  public Provider provider() {
    return provider;
  }
}
