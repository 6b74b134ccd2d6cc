package dev.tarsier.ros.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.message.CameraInfo;
import dev.tarsier.ros.message.Header;
import dev.tarsier.ros.message.RegionOfInterest;
import dev.tarsier.ros.message.RosTime;
import org.junit.jupiter.api.Test;

class ScaledCameraInfoTest {
  private static final Header HEADER = new Header(7, new RosTime(5, 6), "optical");

  @Test
  void halvesFocalLengthAndPrincipalPointWithTheImage() {
    CameraInfo camera =
        CameraInfo.pinhole(Header.TYPE.read(HEADER.toBody()), 640, 480, 585, 580, 320, 240);
    CameraInfo half = ScaledCameraInfo.of(camera, HEADER, 640, 480, 320, 240);
    assertThat(half.width()).isEqualTo(320);
    assertThat(half.height()).isEqualTo(240);
    assertThat(half.k()).containsExactly(292.5, 0, 160, 0, 290, 120, 0, 0, 1);
    assertThat(half.p()).containsExactly(292.5, 0, 160, 0, 0, 290, 120, 0, 0, 0, 1, 0);
    assertThat(half.header()).isEqualTo(HEADER);
    assertThat(half.distortionModel()).isEqualTo(camera.distortionModel());
  }

  @Test
  void scalesTheAxesApartWhereTheImageIsStretched() {
    CameraInfo camera = CameraInfo.pinhole(HEADER, 1280, 720, 1000, 1000, 640, 360);
    CameraInfo small = ScaledCameraInfo.of(camera, HEADER, 1280, 720, 320, 240);
    assertThat(small.fx()).isEqualTo(250);
    assertThat(small.fy()).isEqualTo(1000.0 / 3, org.assertj.core.data.Offset.offset(1e-9));
    assertThat(small.cx()).isEqualTo(160);
    assertThat(small.cy()).isEqualTo(120);
  }

  @Test
  void worksWindowAndBinningIn() {
    CameraInfo full =
        new CameraInfo(
            HEADER,
            960,
            1280,
            "plumb_bob",
            new double[5],
            new double[] {1000, 0, 640, 0, 1000, 480, 0, 0, 1},
            new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1},
            new double[] {1000, 0, 640, -100, 0, 1000, 480, 0, 0, 0, 1, 0},
            2,
            2,
            new RegionOfInterest(320, 240, 480, 640, false));
    // The window is 640x480 of the sensor, binned to an image of 320x240, scaled to 160x120.
    CameraInfo small = ScaledCameraInfo.of(full, HEADER, 320, 240, 160, 120);
    assertThat(small.k()).containsExactly(250, 0, 80, 0, 250, 60, 0, 0, 1);
    assertThat(small.p()).containsExactly(250, 0, 80, -25, 0, 250, 60, 0, 0, 0, 1, 0);
    assertThat(small.binningX()).isZero();
    assertThat(small.roi()).isEqualTo(RegionOfInterest.ALL);
  }

  @Test
  void leavesAnUncalibratedCameraUncalibrated() {
    CameraInfo none = CameraInfo.pinhole(HEADER, 640, 480, 0, 0, 0, 0);
    assertThat(ScaledCameraInfo.of(none, HEADER, 640, 480, 320, 240).k()).containsExactly(none.k());
  }
}
