package dev.tarsier.trainer.render;

/**
 * How frames are rendered.
 *
 * @param camera size and intrinsics
 * @param framesPerSecond of the simulated camera: how far it moves from frame to frame; 0.01 to
 *     1000
 * @param framesPerRoom after so many frames the sequence goes on in another room; ≥ 1
 * @param colorNoise whether colour gets a sensor's noise, blur and vignette
 * @param depthNoise whether depth gets a structured-light sensor's noise and holes; otherwise it is
 *     exact and has no hole
 * @param threads that render the rows of one frame; ≥ 1. They never change a pixel.
 */
public record RenderOptions(
    PinholeCamera camera,
    double framesPerSecond,
    int framesPerRoom,
    boolean colorNoise,
    boolean depthNoise,
    int threads) {
  /** Checks the ranges. */
  public RenderOptions {
    if (!(framesPerSecond >= 0.01 && framesPerSecond <= 1000)) {
      throw new IllegalArgumentException(
          "framesPerSecond must be 0.01 to 1000, got " + framesPerSecond);
    }
    if (framesPerRoom < 1) {
      throw new IllegalArgumentException("framesPerRoom must be >= 1, got " + framesPerRoom);
    }
    if (threads < 1 || threads > 1024) {
      throw new IllegalArgumentException("threads must be 1 to 1024, got " + threads);
    }
  }

  /** A video in one room: 15 frames per second, colour noise, exact depth, one thread. */
  public static RenderOptions video(int width, int height) {
    return new RenderOptions(
        PinholeCamera.nyuLike(width, height), 15, Integer.MAX_VALUE, true, false, 1);
  }

  /** Pictures for training: four views of each room, seconds apart, colour noise, exact depth. */
  public static RenderOptions training(int width, int height) {
    return new RenderOptions(PinholeCamera.nyuLike(width, height), 0.25, 4, true, false, 1);
  }

  /** The same with another number of threads. */
  public RenderOptions withThreads(int count) {
    return new RenderOptions(camera, framesPerSecond, framesPerRoom, colorNoise, depthNoise, count);
  }

  /** The same with or without the depth sensor's noise and holes. */
  public RenderOptions withDepthNoise(boolean noise) {
    return new RenderOptions(camera, framesPerSecond, framesPerRoom, colorNoise, noise, threads);
  }

  /** The same with another number of frames in each room. */
  public RenderOptions withFramesPerRoom(int count) {
    return new RenderOptions(camera, framesPerSecond, count, colorNoise, depthNoise, threads);
  }

  /** The same with another frame rate. */
  public RenderOptions withFramesPerSecond(double rate) {
    return new RenderOptions(camera, rate, framesPerRoom, colorNoise, depthNoise, threads);
  }
}
