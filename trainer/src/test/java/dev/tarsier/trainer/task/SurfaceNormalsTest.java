package dev.tarsier.trainer.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.dataset.CameraSource;
import dev.tarsier.trainer.dataset.NyuFolder;
import dev.tarsier.trainer.dataset.Openings;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SurfaceNormalsTest {
  private static final int WIDTH = 40;
  private static final int HEIGHT = 30;
  private static final Intrinsics CAMERA = new Intrinsics(35, 34, 19, 16);

  /** Distances to the plane n·P = −1 for a normal that faces the camera. */
  private static float[] plane(double x, double y, double z) {
    float[] metres = new float[WIDTH * HEIGHT];
    for (int i = 0; i < metres.length; i++) {
      int v = i / WIDTH;
      double ray =
          x * (i % WIDTH - CAMERA.cx()) / CAMERA.fx() + y * (v - CAMERA.cy()) / CAMERA.fy() + z;
      metres[i] = ray < 0 ? (float) (-1 / ray) : Float.NaN;
    }
    return metres;
  }

  @Test
  void aPlanesNormalIsTheSameAllOver() {
    double[] normal = {0.36, -0.48, -0.8};
    float[] normals =
        SurfaceNormals.fitted(plane(normal[0], normal[1], normal[2]), WIDTH, HEIGHT, CAMERA);
    for (int i = 0; i < normals.length; i++) {
      assertThat((double) normals[i]).isCloseTo(normal[i % 3], within(1e-4));
    }
  }

  @Test
  void thereIsNoneAtAnEdgeNorWhereLittleIsKnown() {
    float[] metres = plane(0, 0, -1);
    for (int i = 0; i < metres.length; i++) {
      metres[i] = i % WIDTH < 20 ? metres[i] : 3 * metres[i];
    }
    float[] normals = SurfaceNormals.fitted(metres, WIDTH, HEIGHT, CAMERA);
    int row = 15 * WIDTH;
    assertThat(normals[3 * (row + 5) + 2]).isEqualTo(-1, within(1e-5f));
    assertThat(normals[3 * (row + 20)]).isNaN();
    assertThat(normals[3 * (row + 33) + 2]).isEqualTo(-1, within(1e-5f));

    float[] few = new float[WIDTH * HEIGHT];
    for (int u = 0; u < WIDTH; u++) {
      few[row + u] = 2; // one row says nothing of the other direction
      few[row + WIDTH + u] = 2;
    }
    assertThat(SurfaceNormals.fitted(few, WIDTH, HEIGHT, CAMERA)).containsOnly(Float.NaN);
  }

  @Test
  void needsDepthAndACamera() {
    SurfaceNormals task = new SurfaceNormals();
    Plane depth = Plane.ofValues(plane(0, 0, -1), WIDTH, HEIGHT, 1);
    assertThat(task.target(new Task.Known(Map.of(), WIDTH, HEIGHT, CAMERA))).isNull();
    assertThat(task.target(new Task.Known(Map.of(Depth.ID, depth), WIDTH, HEIGHT, null))).isNull();
    assertThat(task.target(new Task.Known(Map.of(Depth.ID, depth), WIDTH, HEIGHT, CAMERA)))
        .isNotNull();
  }

  /** What the depth at hand allows: some five of six pixels (a measurement, on twenty frames). */
  @Test
  void mostPixelsOfRealDepthHaveOne() {
    NyuFolder.Options section =
        NyuFolder.Options.of(Prerequisites.shared("data/nyuv2").toString(), "val100");
    SampleSource frames =
        new CameraSource(
            section.open(Openings.of(ClassSet.NYU_13, 240, 320)).orElseThrow(), section);
    long known = 0;
    long all = 0;
    for (int i = 0; i < 20; i++) {
      Sample sample = frames.get(i);
      float[] normals = new SurfaceNormals().target(sample.known()).valueArray();
      for (int k = 2; k < normals.length; k += 3) {
        all++;
        if (!Float.isNaN(normals[k])) {
          known++;
          assertThat(
                  (double) normals[k] * normals[k]
                      + normals[k - 1] * normals[k - 1]
                      + normals[k - 2] * normals[k - 2])
              .isCloseTo(1, within(1e-5));
        }
      }
    }
    assertThat((double) known / all).isBetween(0.7, 0.95);
  }
}
