package dev.tarsier.runtime.pipeline;

import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.inference.Provider;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.Plane;
import java.util.List;
import java.util.Map;

/**
 * What was perceived in one frame. One object per perceiver, filled again for each frame: valid
 * until the next one is perceived, so a sink copies what it keeps. Owned by the perceiving thread.
 */
public final class Scene {
  private final Bundle bundle;
  private final Provider provider;
  private final List<Head> heads;
  private final Map<String, Plane> planes;
  private final int width;
  private final int height;
  private final int[] unusable;
  private final StageTimes times = new StageTimes();
  private long captureNanos;
  private long arrivalNanos;
  private String frameId = "";
  private long sequence;
  private int inputWidth;
  private int inputHeight;

  /**
   * A scene over the outputs of a session.
   *
   * @param bundle the model. Not modified.
   * @param provider what computes it
   * @param planes by the id of the head, in the bundle's order. Read in place.
   */
  public Scene(Bundle bundle, Provider provider, Map<String, Plane> planes) {
    this.bundle = bundle;
    this.provider = provider;
    this.planes = Map.copyOf(planes);
    this.heads = bundle.manifest().heads();
    this.width = bundle.manifest().outputWidth();
    this.height = bundle.manifest().outputHeight();
    this.unusable = new int[heads.size()];
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
   * Takes over what was counted while an output was read.
   *
   * @param head its place among {@link #heads}
   * @param pixels whose value says nothing: unknown, or an id that the head does not name
   */
  public void count(int head, int pixels) {
    unusable[head] = pixels;
  }

  /**
   * Pixels of a head whose value says nothing: unknown, or an id that the head does not name.
   *
   * @param head its place among {@link #heads}
   */
  public int unusablePixels(int head) {
    return unusable[head];
  }

  /** The heads, in the bundle's order. */
  public List<Head> heads() {
    return heads;
  }

  /**
   * What was perceived by one head.
   *
   * @param head id of one that the bundle has
   */
  public Plane plane(String head) {
    return planes.get(head);
  }

  /** Columns of each map. */
  public int width() {
    return width;
  }

  /** Rows of each map. */
  public int height() {
    return height;
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
