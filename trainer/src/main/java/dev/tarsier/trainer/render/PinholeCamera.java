package dev.tarsier.trainer.render;

import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.trainer.dataset.NyuV2;

/**
 * An ideal pinhole camera, without distortion. A point (X, Y, Z) of the optical frame (x right, y
 * down, z forward, REP 103) falls on the pixel u = fx X / Z + cx, v = fy Y / Z + cy; integer (u, v)
 * is the centre of a pixel.
 *
 * @param width pixels
 * @param height pixels
 * @param fx focal length, pixels
 * @param fy focal length, pixels
 * @param cx principal point, pixels
 * @param cy principal point, pixels
 */
public record PinholeCamera(int width, int height, double fx, double fy, double cx, double cy) {
  /** Checks the ranges. */
  public PinholeCamera {
    if (width < 8 || height < 8 || width > 8192 || height > 8192) {
      throw new IllegalArgumentException(
          "image size must be 8x8 to 8192x8192, got " + width + "x" + height);
    }
    if (!(fx > 0) || !(fy > 0)) {
      throw new IllegalArgumentException("focal lengths must be > 0, got " + fx + ", " + fy);
    }
    if (!Double.isFinite(cx) || !Double.isFinite(cy)) {
      throw new IllegalArgumentException("principal point must be finite, got " + cx + ", " + cy);
    }
  }

  /**
   * The camera of NYU Depth v2 (fx = fy = 518.86 at 640x480), with the principal point in the
   * middle of the image, scaled to the given size.
   */
  public static PinholeCamera nyuLike(int width, int height) {
    Intrinsics camera = NyuV2.camera(width, height);
    return new PinholeCamera(width, height, camera.fx(), camera.fy(), camera.cx(), camera.cy());
  }
}
