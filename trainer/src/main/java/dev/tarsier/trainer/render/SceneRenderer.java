package dev.tarsier.trainer.render;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Casts the rays of an image into a room. Every pixel's depth and label are those of the ray
 * through its centre; its colour is a mean of five rays where something begins or ends.
 *
 * <p>Not thread-safe: one image at a time. Its rows are shared out over threads.
 */
final class SceneRenderer {
  /** One image before the camera's electronics: linear radiance, [h,w,3]; metres; class ids. */
  record Radiance(float[] rgb, float[] depthMetres, byte[] labels, float[] slant) {}

  private final Room room;
  private final RayCaster caster;
  private final Daylight light;
  private final int threads;
  private final List<Tracer> tracers = new ArrayList<>();

  SceneRenderer(Room room, int threads) {
    this.room = room;
    this.threads = threads;
    this.caster = new RayCaster(room.solids());
    this.light = new Daylight(room, caster);
    for (int i = 0; i < threads; i++) {
      tracers.add(new Tracer(room, caster, light));
    }
  }

  /**
   * Renders one view.
   *
   * @return new arrays; depth is infinite and the label 255 where a ray leaves the room. {@code
   *     slant} is the cosine between ray and surface.
   */
  Radiance render(PinholeCamera camera, CameraPose pose) {
    int width = camera.width();
    int height = camera.height();
    float[] rgb = new float[3 * width * height];
    float[] depth = new float[width * height];
    float[] slant = new float[width * height];
    byte[] labels = new byte[width * height];
    int[] seen = new int[width * height];
    rows(
        height,
        (tracer, y) -> {
          for (int x = 0; x < width; x++) {
            int i = y * width + x;
            boolean met = look(tracer, camera, pose, x, y);
            System.arraycopy(tracer.radiance, 0, rgb, 3 * i, 3);
            seen[i] = met ? tracer.eye.solid * 6 + tracer.seenFace() : -1;
            depth[i] = met ? (float) tracer.eye.t : Float.POSITIVE_INFINITY;
            labels[i] = met ? room.solids().label[tracer.eye.solid] : (byte) 255;
            slant[i] = met ? (float) tracer.seenCosine() : 0;
          }
        });
    float[] smooth = rgb.clone();
    rows(
        height,
        (tracer, y) -> {
          for (int x = 0; x < width; x++) {
            int i = y * width + x;
            int own = seen[i];
            if ((x + 1 < width && (seen[i + 1] != own || jumps(rgb, i, i + 1)))
                || (x > 0 && (seen[i - 1] != own || jumps(rgb, i, i - 1)))
                || (y + 1 < height && (seen[i + width] != own || jumps(rgb, i, i + width)))
                || (y > 0 && (seen[i - width] != own || jumps(rgb, i, i - width)))) {
              supersample(tracer, camera, pose, x, y, smooth, 3 * i);
            }
          }
        });
    return new Radiance(smooth, depth, labels, slant);
  }

  /** Whether two neighbours differ as light and shade do: the rim of a patch of sun. */
  private static boolean jumps(float[] rgb, int one, int other) {
    float a = rgb[3 * one + 1];
    float b = rgb[3 * other + 1];
    return a > 1.6f * b || b > 1.6f * a;
  }

  private static boolean look(
      Tracer tracer, PinholeCamera camera, CameraPose pose, double x, double y) {
    double[] r = pose.rotation();
    double right = (x - camera.cx()) / camera.fx();
    double down = (y - camera.cy()) / camera.fy();
    tracer.eye.from(pose.x(), pose.y(), pose.z());
    // Its optical-axis part has length 1, so the ray's parameter is the z-depth.
    tracer.eye.along(
        r[0] * right + r[1] * down + r[2],
        r[3] * right + r[4] * down + r[5],
        r[6] * right + r[7] * down + r[8]);
    return tracer.look(1 / camera.fx());
  }

  private static void supersample(
      Tracer tracer, PinholeCamera camera, CameraPose pose, int x, int y, float[] rgb, int at) {
    for (int sub = 0; sub < 4; sub++) {
      double dx = (sub & 1) == 0 ? 0.125 : -0.125;
      double dy = (sub & 2) == 0 ? 0.375 : -0.375;
      boolean swap = sub == 1 || sub == 2;
      look(tracer, camera, pose, x + (swap ? dy : dx), y + (swap ? dx : dy));
      for (int k = 0; k < 3; k++) {
        rgb[at + k] += tracer.radiance[k];
      }
    }
    for (int k = 0; k < 3; k++) {
      rgb[at + k] *= 0.2f;
    }
  }

  private interface RowWork {
    void row(Tracer tracer, int y);
  }

  private void rows(int height, RowWork work) {
    AtomicInteger next = new AtomicInteger();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<Thread> helpers = new ArrayList<>();
    for (int i = 1; i < threads; i++) {
      Tracer tracer = tracers.get(i);
      Thread helper =
          new Thread(() -> share(height, next, work, tracer, failure), "tarsier-render-" + i);
      helper.setDaemon(true);
      helper.start();
      helpers.add(helper);
    }
    share(height, next, work, tracers.get(0), failure);
    for (Thread helper : helpers) {
      join(helper);
    }
    if (failure.get() != null) {
      throw new IllegalStateException("rendering failed", failure.get());
    }
  }

  private static void share(
      int height,
      AtomicInteger next,
      RowWork work,
      Tracer tracer,
      AtomicReference<Throwable> failure) {
    try {
      for (int y = next.getAndIncrement(); y < height; y = next.getAndIncrement()) {
        work.row(tracer, y);
      }
    } catch (RuntimeException | Error e) {
      failure.compareAndSet(null, e);
      next.set(height);
    }
  }

  /** The rows write into the caller's arrays, so it must not go on before they have ended. */
  private static void join(Thread helper) {
    boolean interrupted = false;
    while (true) {
      try {
        helper.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
