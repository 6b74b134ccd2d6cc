package dev.tarsier.trainer.render;

import dev.tarsier.trainer.dataset.RgbdSample;
import dev.tarsier.trainer.dataset.Sample;

/**
 * The frames of a camera that is carried through furnished rooms. Frame {@code i} depends on the
 * seed, the options and {@code i} only: not on the frames asked for before, not on the machine, not
 * on the number of threads.
 *
 * <p>Thread-safe; frames of one sequence are rendered one at a time.
 */
public final class SceneSequence {
  /** Raised whenever the same seed gives other pixels than before. */
  public static final int RENDERER_VERSION = 3;

  /** The stamp of frame 0: 2024-01-01T00:00:00Z. */
  public static final long EPOCH_NANOS = 1_704_067_200_000_000_000L;

  private final long seed;
  private final RenderOptions options;
  private int roomIndex = -1;
  private SceneRenderer renderer;
  private CameraPath path;
  private ColorCamera color;

  /**
   * Names the sequence; the first room is furnished with the first frame.
   *
   * @param seed any value
   * @param options how to render
   */
  public SceneSequence(long seed, RenderOptions options) {
    this.seed = seed;
    this.options = options;
  }

  /** The camera that all frames share. */
  public PinholeCamera camera() {
    return options.camera();
  }

  /**
   * Renders one frame.
   *
   * @param index ≥ 0
   * @return new arrays, the caller's
   */
  public synchronized RenderedFrame frame(int index) {
    if (index < 0) {
      throw new IndexOutOfBoundsException("frame must be >= 0, got " + index);
    }
    int room = index / options.framesPerRoom();
    if (room != roomIndex) {
      enter(room);
    }
    double seconds = index % options.framesPerRoom() / options.framesPerSecond();
    CameraPose pose = path.at(seconds);
    PinholeCamera camera = options.camera();
    SceneRenderer.Radiance seen = renderer.render(camera, pose);
    long salt = Dice.mix(seed + 31L * index);
    byte[] rgb = color.develop(seen.rgb(), camera.width(), camera.height(), salt);
    float[] depth =
        options.depthNoise()
            ? DepthSensor.measure(seen.depthMetres(), seen.slant(), camera, salt)
            : known(seen.depthMetres());
    Sample sample =
        RgbdSample.of(
            "rendered-%d-%05d".formatted(seed, index),
            camera.width(),
            camera.height(),
            rgb,
            depth,
            seen.labels());
    long stamp = EPOCH_NANOS + Math.round(index * 1e9 / options.framesPerSecond());
    return new RenderedFrame(sample, camera, pose, stamp);
  }

  private void enter(int room) {
    Dice dice = new Dice(Dice.mix(seed) ^ Dice.mix(room));
    Room furnished = new RoomBuilder(dice.child(1)).build();
    renderer = new SceneRenderer(furnished, options.threads());
    path = new CameraPath(furnished, dice.child(2));
    color = new ColorCamera(dice.child(3), options.colorNoise());
    roomIndex = room;
  }

  private static float[] known(float[] depth) {
    for (int i = 0; i < depth.length; i++) {
      if (Float.isInfinite(depth[i])) {
        depth[i] = Float.NaN;
      }
    }
    return depth;
  }
}
