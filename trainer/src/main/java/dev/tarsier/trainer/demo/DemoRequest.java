package dev.tarsier.trainer.demo;

import java.nio.file.Path;

/**
 * What to show.
 *
 * @param bundle folder of the bundle
 * @param out folder for the report; made where it is not there
 * @param cache folder for the rendered bag; made where it is not there
 * @param frames of the bag, 5 to 900
 * @param width pixels of the camera
 * @param height pixels of the camera
 * @param framesPerSecond of the camera
 * @param seed of the rendered rooms
 * @param provider {@code auto}, {@code tensorrt}, {@code cuda} or {@code cpu}
 * @param threads of the CPU provider
 */
public record DemoRequest(
    Path bundle,
    Path out,
    Path cache,
    int frames,
    int width,
    int height,
    double framesPerSecond,
    long seed,
    String provider,
    int threads) {
  /** Checks the ranges. */
  public DemoRequest {
    if (frames < 5 || frames > 900) {
      throw new IllegalArgumentException("frames must be 5 to 900, got " + frames);
    }
    if (!(framesPerSecond >= 1 && framesPerSecond <= 120)) {
      throw new IllegalArgumentException(
          "frames per second must be 1 to 120, got " + framesPerSecond);
    }
  }
}
