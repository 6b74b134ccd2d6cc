package dev.tarsier.trainer.task;

import ai.djl.ndarray.NDArray;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.task.UnitVectorMap;
import dev.tarsier.trainer.network.Scalars;
import dev.tarsier.trainer.render.PinholeCamera;
import java.util.Arrays;
import java.util.Map;

/**
 * The direction of the surface at each pixel, towards the camera, learned from measured depth with
 * the cosine loss. All that a third task needs is here and in one line of {@code
 * META-INF/services/dev.tarsier.trainer.task.TaskType}.
 */
public final class CoarseNormals implements Task {
  private static final Head HEAD = new Head("coarse_normals", new UnitVectorMap());

  /** Makes it. */
  public static final class Type implements TaskType {
    @Override
    public String id() {
      return "coarse_normals";
    }

    @Override
    public Task create(Settings settings) {
      return new CoarseNormals();
    }
  }

  @Override
  public Head head() {
    return HEAD;
  }

  @Override
  public Map<String, PixelLoss> losses() {
    return Map.of("cosine", CoarseNormals::cosine);
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
  public Plane target(Known known) {
    Plane depth = known.planes().get(Depth.ID);
    return depth == null ? null : normals(depth.valueArray(), known.width(), known.height());
  }

  private static Plane normals(float[] metres, int width, int height) {
    PinholeCamera camera = PinholeCamera.nyuLike(width, height);
    float[] normals = new float[3 * width * height];
    Arrays.fill(normals, Float.NaN);
    for (int v = 1; v < height - 1; v++) {
      for (int u = 1; u < width - 1; u++) {
        double[] right = difference(metres, camera, u + 1, v, u - 1, v);
        double[] down = difference(metres, camera, u, v + 1, u, v - 1);
        if (right == null || down == null) {
          continue;
        }
        // Down times right points towards the camera.
        double x = down[1] * right[2] - down[2] * right[1];
        double y = down[2] * right[0] - down[0] * right[2];
        double z = down[0] * right[1] - down[1] * right[0];
        double length = Math.sqrt(x * x + y * y + z * z);
        int at = 3 * (v * width + u);
        normals[at] = (float) (x / length);
        normals[at + 1] = (float) (y / length);
        normals[at + 2] = (float) (z / length);
      }
    }
    return Plane.ofValues(normals, width, height, 3);
  }

  /** From the second point to the first; null where one is not known. */
  private static double[] difference(
      float[] metres, PinholeCamera camera, int u, int v, int otherU, int otherV) {
    float near = metres[v * camera.width() + u];
    float far = metres[otherV * camera.width() + otherU];
    if (!MetricMap.isKnown(near) || !MetricMap.isKnown(far)) {
      return null;
    }
    return new double[] {
      ((u - camera.cx()) * near - (otherU - camera.cx()) * far) / camera.fx(),
      ((v - camera.cy()) * near - (otherV - camera.cy()) * far) / camera.fy(),
      near - far
    };
  }
}
