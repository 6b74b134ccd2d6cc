package dev.tarsier.trainer.task;

import ai.djl.ndarray.NDArray;
import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.task.UnitVectorMap;
import dev.tarsier.trainer.network.Scalars;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * The direction in which the surface at each pixel faces: x right, y down, z along the optical
 * axis, towards the camera, of length 1.
 *
 * <p>Nobody labels normals, so they are made of measured depth: on a plane, 1/Z is linear in the
 * direction of view, and its coefficients are the plane's normal. They are fitted to the known
 * pixels of an 11×11 window by least squares; where the fit's relative rms residual is above 3 %,
 * as over an edge, the normal is not known. These are smoother than normals fitted to a surface
 * mesh, and figures of the two must not stand in one table.
 */
public record SurfaceNormals() implements Task {
  /** Id of the task. */
  public static final String ID = "normals";

  private static final Head HEAD = new Head(ID, new UnitVectorMap());

  private static final int RADIUS = 5;
  private static final double LARGEST_RESIDUAL = 0.03;

  /** This share of a window's pixels must be known. */
  private static final double LEAST_KNOWN = 1.0 / 3;

  /** There is nothing to set. */
  public static final class Type implements TaskType {
    @Override
    public String id() {
      return ID;
    }

    @Override
    public Task create(Settings settings) {
      return new SurfaceNormals();
    }
  }

  @Override
  public Head head() {
    return HEAD;
  }

  @Override
  public Map<String, PixelLoss> losses() {
    return Map.of("cosine", SurfaceNormals::cosine);
  }

  /** {@code Σ w (1 − p·t / |p|) / Σ w}, t of length 1. */
  private static NDArray cosine(
      NDArray predicted, NDArray target, NDArray weights, double weightSum) {
    NDArray length = predicted.square().sum(new int[] {1}, true).add(1e-12f).sqrt();
    NDArray cosine = predicted.mul(target).sum(new int[] {1}, true).div(length);
    NDArray sum = weights.sub(cosine.mul(weights)).sum();
    return Scalars.times(sum, weightSum > 0 ? 1 / weightSum : 0);
  }

  @Override
  public Optional<String> madeOf() {
    return Optional.of("depth that is smooth, where the camera is known");
  }

  /** Of the frame's own normals where there are any, else of its depth and its camera. */
  @Override
  public Plane target(Known known) {
    Plane own = known.planes().get(ID);
    Plane depth = known.planes().get(Depth.ID);
    if (own != null || depth == null || known.camera() == null) {
      return own;
    }
    float[] normals = fitted(depth.valueArray(), known.width(), known.height(), known.camera());
    return Plane.ofValues(normals, known.width(), known.height(), 3);
  }

  /**
   * Normals of a depth map.
   *
   * @param metres float32 [height, width]; not known where not above 0. Not modified.
   * @return float32 [height, width, 3], NaN where not known
   */
  static float[] fitted(float[] metres, int width, int height, Intrinsics camera) {
    float[] normals = new float[3 * width * height];
    Arrays.fill(normals, Float.NaN);
    WindowSums sums = new WindowSums(metres, width, height, camera);
    for (int v = 0; v < height; v++) {
      for (int u = 0; u < width; u++) {
        if (MetricMap.isKnown(metres[v * width + u])) {
          sums.normal(u, v, normals, 3 * (v * width + u));
        }
      }
    }
    return normals;
  }

  /** Sums over windows, each from four corners of sums from the top left. */
  private static final class WindowSums {
    private static final int COUNT = 0;
    private static final int X = 1;
    private static final int Y = 2;
    private static final int XX = 3;
    private static final int XY = 4;
    private static final int YY = 5;
    private static final int Q = 6;
    private static final int QX = 7;
    private static final int QY = 8;
    private static final int QQ = 9;
    private static final int TERMS = 10;

    private final int width;
    private final int height;
    private final double[] fromTopLeft;
    private final double[] window = new double[TERMS];

    WindowSums(float[] metres, int width, int height, Intrinsics camera) {
      this.width = width;
      this.height = height;
      int stride = TERMS * (width + 1);
      fromTopLeft = new double[stride * (height + 1)];
      double[] row = new double[TERMS];
      for (int v = 0; v < height; v++) {
        Arrays.fill(row, 0);
        for (int u = 0; u < width; u++) {
          float z = metres[v * width + u];
          if (MetricMap.isKnown(z)) {
            double x = (u - camera.cx()) / camera.fx();
            double y = (v - camera.cy()) / camera.fy();
            double q = 1 / z;
            row[COUNT]++;
            row[X] += x;
            row[Y] += y;
            row[XX] += x * x;
            row[XY] += x * y;
            row[YY] += y * y;
            row[Q] += q;
            row[QX] += q * x;
            row[QY] += q * y;
            row[QQ] += q * q;
          }
          int at = (v + 1) * stride + (u + 1) * TERMS;
          for (int k = 0; k < TERMS; k++) {
            fromTopLeft[at + k] = fromTopLeft[at - stride + k] + row[k];
          }
        }
      }
    }

    /** Writes the normal at a pixel if the window there is a plane. */
    void normal(int u, int v, float[] normals, int to) {
      int stride = TERMS * (width + 1);
      int left = Math.max(0, u - RADIUS) * TERMS;
      int right = Math.min(width, u + RADIUS + 1) * TERMS;
      int top = Math.max(0, v - RADIUS) * stride;
      int bottom = Math.min(height, v + RADIUS + 1) * stride;
      for (int k = 0; k < TERMS; k++) {
        window[k] =
            fromTopLeft[bottom + right + k]
                - fromTopLeft[bottom + left + k]
                - fromTopLeft[top + right + k]
                + fromTopLeft[top + left + k];
      }
      double n = window[COUNT];
      int pixels = (right - left) / TERMS * ((bottom - top) / stride);
      if (n < LEAST_KNOWN * pixels) {
        return;
      }
      // Least squares about the window's means.
      double meanX = window[X] / n;
      double meanY = window[Y] / n;
      double meanQ = window[Q] / n;
      double xx = window[XX] - n * meanX * meanX;
      double xy = window[XY] - n * meanX * meanY;
      double yy = window[YY] - n * meanY * meanY;
      double qx = window[QX] - n * meanQ * meanX;
      double qy = window[QY] - n * meanQ * meanY;
      double qq = window[QQ] - n * meanQ * meanQ;
      double determinant = xx * yy - xy * xy;
      if (!(determinant > 1e-9 * xx * yy)) {
        return; // known pixels on one line
      }
      double a = (qx * yy - qy * xy) / determinant;
      double b = (qy * xx - qx * xy) / determinant;
      double c = meanQ - a * meanX - b * meanY;
      double residual = Math.sqrt(Math.max(0, qq - a * qx - b * qy) / n);
      if (residual > LARGEST_RESIDUAL * meanQ) {
        return;
      }
      // (a, b, c) looks along the line of sight; a surface that is seen faces the other way.
      double length = Math.sqrt(a * a + b * b + c * c);
      normals[to] = (float) (-a / length);
      normals[to + 1] = (float) (-b / length);
      normals[to + 2] = (float) (-c / length);
    }
  }
}
