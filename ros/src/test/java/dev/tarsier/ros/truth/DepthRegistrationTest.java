package dev.tarsier.ros.truth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tarsier.ros.port.CameraModel;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class DepthRegistrationTest {
  private static CameraModel camera(int width, int height, double f, double... d) {
    CameraModel info =
        CameraModel.pinhole(width, height, f, f, (width - 1) / 2.0, (height - 1) / 2.0);
    return new CameraModel(
        height,
        width,
        "plumb_bob",
        Arrays.copyOf(d, 5),
        info.k(),
        info.r(),
        info.p(),
        0,
        0,
        info.roi());
  }

  private static Lens lens(int width, int height, double f, double... d) throws TruthException {
    return Lens.of(camera(width, height, f, d), width, height, false);
  }

  private static float[] plane(Lens lens, double metres) {
    float[] out = new float[lens.width() * lens.height()];
    Arrays.fill(out, (float) metres);
    return out;
  }

  @Test
  void theSameCameraGivesTheSameDepth() throws TruthException {
    Lens lens = lens(40, 30, 40);
    float[] metres = plane(lens, 2);
    metres[7] = Float.NaN;
    metres[100] = 3;
    assertThat(new DepthRegistration(lens, lens, TransformTree.identity()).run(metres))
        .isEqualTo(metres);
  }

  @Test
  void aWiderCameraIsCutAndWhatItDoesNotSeeIsUnknown() throws TruthException {
    // the image sees half as far to the sides as the depth does
    DepthRegistration cut =
        new DepthRegistration(lens(40, 30, 30), lens(80, 60, 120), TransformTree.identity());
    assertThat(cut.width()).as("no finer than depth was measured").isEqualTo(20);
    assertThat(cut.run(plane(lens(40, 30, 30), 2))).containsOnly(2f);
    DepthRegistration narrow =
        new DepthRegistration(lens(40, 30, 120), lens(40, 30, 30), TransformTree.identity());
    float[] seen = narrow.run(plane(lens(40, 30, 120), 2));
    int known = 0;
    for (float each : seen) {
      known += Float.isNaN(each) ? 0 : 1;
    }
    assertThat(known).as("a quarter by a quarter").isEqualTo(10 * 8);
  }

  @Test
  void depthIsShiftedByTheBaselineOverTheDistance() throws TruthException {
    Lens lens = lens(40, 30, 40);
    float[] metres = plane(lens, 4);
    metres[15 * 40 + 10] = 1;
    // the depth camera is 0.1 m to the right of the image's: 4 pixels at 1 m, 1 pixel at 4 m
    double[] transform = TransformTree.identity();
    transform[3] = 0.1;
    transform[11] = 0.02;
    float[] out = new DepthRegistration(lens, lens, transform).run(metres);
    assertThat(out[15 * 40 + 14]).isCloseTo(1.02f, within(1e-5f));
    assertThat(out[15 * 40 + 20]).isCloseTo(4.02f, within(1e-5f));
    assertThat(out[15 * 40]).as("beyond the edge of the depth camera").isNaN();
  }

  @Test
  void calibrationsThatNoCameraHasAreRefused() throws TruthException {
    Lens wide = lens(6000, 4000, 1300);
    Lens narrow = lens(1000, 800, 2000);
    assertThatThrownBy(() -> new DepthRegistration(narrow, wide, TransformTree.identity()))
        .isInstanceOf(TruthException.class)
        .hasMessageContaining("which no camera has");
  }

  @Test
  void distortionIsUndoneAndDone() throws TruthException {
    Lens lens = lens(640, 480, 525, 0.2, -0.5, 0.001, -0.002, 0.3);
    for (double[] pixel : new double[][] {{0, 0}, {639, 479}, {320, 10}, {77, 300}}) {
      double[] ray = lens.ray(pixel[0], pixel[1]);
      assertThat(lens.column(ray[0], ray[1])).isCloseTo(pixel[0], within(0.05));
      assertThat(lens.row(ray[0], ray[1])).isCloseTo(pixel[1], within(0.05));
    }
    assertThat(lens.column(9, 9)).as("far beyond what the image shows").isNaN();
  }

  @Test
  void lensesThatShowTheSameAreToldFromOthers() throws TruthException {
    assertThat(lens(640, 480, 585).shows(lens(320, 240, 292.5))).isTrue();
    assertThat(lens(640, 480, 585).shows(lens(320, 240, 200))).isFalse();
    assertThat(lens(640, 480, 585).shows(lens(640, 480, 650))).isFalse();
  }
}
