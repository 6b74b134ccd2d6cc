package dev.tarsier.ros.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CalibrationTest {
  private static final double[] NO_ROTATION = {1, 0, 0, 0, 1, 0, 0, 0, 1};

  private static CameraModel pinhole(int width, int height, double f) {
    return pinhole(width, height, f, f, width / 2.0, height / 2.0);
  }

  private static CameraModel pinhole(
      int width, int height, double fx, double fy, double cx, double cy) {
    return new CameraModel(
        height,
        width,
        "plumb_bob",
        new double[5],
        new double[] {fx, 0, cx, 0, fy, cy, 0, 0, 1},
        NO_ROTATION,
        new double[] {fx, 0, cx, 0, 0, fy, cy, 0, 0, 0, 1, 0},
        0,
        0,
        CameraModel.Roi.ALL);
  }

  private static CameraModel info(
      int width, int height, double[] k, double[] p, int binning, CameraModel.Roi roi) {
    return new CameraModel(
        height, width, "plumb_bob", new double[5], k, NO_ROTATION, p, binning, binning, roi);
  }

  private static double[] k(double f, double cx, double cy) {
    return new double[] {f, 0, cx, 0, f, cy, 0, 0, 1};
  }

  private static double[] p(double f, double cx, double cy) {
    return new double[] {f, 0, cx, 0, 0, f, cy, 0, 0, 0, 1, 0};
  }

  /** Of rectified images P is the camera; names of topics tell. */
  @Test
  void rectifiedImagesAreSeenByP() {
    CameraModel info = info(640, 480, k(500, 320, 240), p(420, 310, 230), 0, CameraModel.Roi.ALL);
    assertThat(Calibration.of(info, 640, 480).fx()).isEqualTo(500);
    Calibration rectified = Calibration.of(info, 320, 240, true);
    assertThat(rectified.fx()).isEqualTo(210);
    assertThat(rectified.cx()).isCloseTo(155, within(1.0));
    CameraModel without = info(640, 480, k(500, 320, 240), new double[12], 0, CameraModel.Roi.ALL);
    assertThat(Calibration.of(without, 640, 480, true).fx()).isEqualTo(500);
    assertThat(Calibration.isRectified("/camera/rgb/image_rect_color")).isTrue();
    assertThat(Calibration.isRectified("/stereo/left/image_rectified")).isTrue();
    assertThat(Calibration.isRectified("/direct/image_raw")).isFalse();
  }

  @Test
  void knowsWithoutAnImageWhatCannotBe() {
    double[] none = new double[12];
    CameraModel zero = info(640, 480, new double[9], none, 0, CameraModel.Roi.ALL);
    assertThat(Calibration.refusedForAnyImage(zero))
        .hasValueSatisfying(
            refused ->
                assertThat(refused.remark()).contains("no calibration: K cannot", "640x480"));
    CameraModel good = pinhole(640, 480, 585, 580, 320, 240);
    assertThat(Calibration.refusedForAnyImage(good)).isEmpty();
    CameraModel.Roi window = new CameraModel.Roi(101, 50, 200, 301);
    assertThat(Calibration.refusedForAnyImage(info(640, 480, k(585, 320, 240), none, 2, window)))
        .isEmpty();
    CameraModel unsized = info(0, 0, new double[9], none, 0, CameraModel.Roi.ALL);
    assertThat(Calibration.refusedForAnyImage(unsized)).as("left to the image").isEmpty();
  }

  @Test
  void halvesFocalLengthAndPrincipalPointWithTheImage() {
    CameraModel camera = pinhole(640, 480, 585, 580, 320, 240);
    Calibration calibration = Calibration.of(camera, 640, 480);
    assertThat(calibration.remark()).isEmpty();
    CameraModel half = calibration.scaledTo(320, 240);
    assertThat(half.width()).isEqualTo(320);
    assertThat(half.height()).isEqualTo(240);
    assertThat(half.k()).containsExactly(292.5, 0, 160, 0, 290, 120, 0, 0, 1);
    assertThat(half.p()).containsExactly(292.5, 0, 160, 0, 0, 290, 120, 0, 0, 0, 1, 0);
    assertThat(half.distortionModel()).isEqualTo(camera.distortionModel());
  }

  @Test
  void scalesTheAxesApartWhereTheImageIsStretched() {
    CameraModel small = Calibration.of(pinhole(1280, 720, 1000), 1280, 720).scaledTo(320, 240);
    assertThat(small.k()[0]).isEqualTo(250);
    assertThat(small.k()[4]).isCloseTo(1000.0 / 3, within(1e-9));
    assertThat(small.k()[2]).isEqualTo(160);
    assertThat(small.k()[5]).isEqualTo(120);
  }

  @Test
  void worksWindowAndBinningIn() {
    double[] stereo = p(1000, 640, 480);
    stereo[3] = -100;
    CameraModel full =
        info(1280, 960, k(1000, 640, 480), stereo, 2, new CameraModel.Roi(320, 240, 480, 640));
    // The window is 640x480 of the sensor, binned to an image of 320x240, scaled to 160x120.
    Calibration calibration = Calibration.of(full, 320, 240);
    assertThat(calibration.remark()).isEmpty();
    assertThat(calibration.fx()).isEqualTo(500);
    assertThat(calibration.cx()).isEqualTo(160);
    assertThat(calibration.cy()).isEqualTo(120);
    CameraModel small = calibration.scaledTo(160, 120);
    assertThat(small.k()).containsExactly(250, 0, 80, 0, 250, 60, 0, 0, 1);
    assertThat(small.p()).containsExactly(250, 0, 80, -25, 0, 250, 60, 0, 0, 0, 1, 0);
    assertThat(small.binningX()).isZero();
    assertThat(small.roi()).isEqualTo(CameraModel.Roi.ALL);
  }

  /** Sizes of the camera_info and of the image; the calibration's are f = width, c = centre. */
  @ParameterizedTest
  @CsvSource({
    "1280, 960, 320, 240, scaled by 1/4",
    "1280, 960, 640, 480, scaled by 1/2",
    "1920, 1080, 640, 360, scaled by 1/3",
    "640, 480, 1280, 960, scaled by 2",
  })
  void scalesWhereTheRatioOfTheSizesIsWhole(
      int infoWidth, int infoHeight, int width, int height, String said) {
    Calibration calibration =
        Calibration.of(pinhole(infoWidth, infoHeight, infoWidth), width, height);
    assertThat(calibration.usable()).isTrue();
    assertThat(calibration.remark())
        .endsWith(said)
        .contains(infoWidth + "x" + infoHeight)
        .contains(width + "x" + height);
    assertThat(calibration.fx()).isCloseTo(width, within(1e-9));
    assertThat(calibration.fy()).isCloseTo(width, within(1e-9));
    assertThat(calibration.cx()).isCloseTo(width / 2.0, within(1e-9));
    assertThat(calibration.cy()).isCloseTo(height / 2.0, within(1e-9));
  }

  @ParameterizedTest
  @CsvSource({
    "1280, 720, 320, 240", // 4 and 3
    "1280, 960, 500, 375", // 2.56
    "640, 480, 480, 640", // turned
    "640, 480, 640, 360", // cut, and no roi says where
    "640, 480, 960, 720", // 1.5
    "640, 480, 320, 480",
  })
  void refusesOtherSizesAndNamesBoth(int infoWidth, int infoHeight, int width, int height) {
    Calibration calibration =
        Calibration.of(pinhole(infoWidth, infoHeight, infoWidth), width, height);
    assertThat(calibration.usable()).isFalse();
    assertThat(calibration.remark())
        .contains(infoWidth + "x" + infoHeight)
        .contains(width + "x" + height)
        .contains("no whole ratio");
    assertThatIllegalStateException().isThrownBy(() -> calibration.scaledTo(32, 24));
  }

  @Test
  void takesTheRatioToTheWindowOverItsBinning() {
    // 1280x960, window 640x480, not binned: an image of 160x120 is a quarter of the window.
    Calibration quarter =
        Calibration.of(
            info(
                1280,
                960,
                k(1000, 640, 480),
                p(1000, 640, 480),
                0,
                new CameraModel.Roi(320, 240, 480, 640)),
            160,
            120);
    assertThat(quarter.fx()).isEqualTo(250);
    assertThat(quarter.cx()).isEqualTo(80);
    assertThat(quarter.remark()).endsWith("scaled by 1/4").contains("640x480");
    // 1280x960 binned by 2, and the image is half of that again.
    Calibration half =
        Calibration.of(
            info(1280, 960, k(1000, 640, 480), p(1000, 640, 480), 2, CameraModel.Roi.ALL),
            320,
            240);
    assertThat(half.fx()).isEqualTo(250);
    assertThat(half.remark()).endsWith("scaled by 1/2").contains("binning 2x2");
    // A driver that says binning, and the size that is binned already.
    Calibration twice =
        Calibration.of(
            info(320, 240, k(250, 160, 120), p(250, 160, 120), 2, CameraModel.Roi.ALL), 320, 240);
    assertThat(twice.fx()).isEqualTo(250);
    assertThat(twice.cx()).isEqualTo(160);
  }

  @Test
  void refusesAWholeImageBesideAWindow() {
    CameraModel.Roi window = new CameraModel.Roi(320, 240, 480, 640);
    CameraModel camera = info(1280, 960, k(1000, 640, 480), p(1000, 640, 480), 0, window);
    assertThat(Calibration.of(camera, 1280, 960).usable()).isFalse();
    CameraModel.Roi outside = new CameraModel.Roi(1000, 0, 480, 640);
    assertThat(
            Calibration.of(
                    info(1280, 960, k(1000, 640, 480), p(1000, 640, 480), 0, outside), 640, 480)
                .remark())
        .contains("window")
        .contains("not inside");
  }

  @Test
  void takesOddSizesThatBinningRounds() {
    CameraModel odd = info(1293, 965, k(1000, 640, 480), p(1000, 640, 480), 2, CameraModel.Roi.ALL);
    assertThat(Calibration.of(odd, 646, 482).remark()).isEmpty();
    assertThat(Calibration.of(odd, 647, 483).remark()).isEmpty();
  }

  @Test
  void takesACameraInfoWithoutASizeForOneOfTheImages() {
    Calibration calibration =
        Calibration.of(
            info(0, 0, k(500, 320, 240), p(500, 320, 240), 0, CameraModel.Roi.ALL), 640, 480);
    assertThat(calibration.fx()).isEqualTo(500);
    assertThat(calibration.remark()).contains("0x0").contains("taken for");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, 0", // not calibrated
    "1, 0, 0", // identity
    "127, 320, 240", // below 0.2 widths
    "6401, 320, 240", // above 10 widths
    "-500, 320, 240",
    "NaN, 320, 240",
    "Infinity, 320, 240",
    "1000, 640, 480", // of an image twice as large
    "500, 0, 0",
    "500, NaN, 240",
  })
  void takesPWhereKCannotBeACameras(double f, double cx, double cy) {
    CameraModel camera = info(640, 480, k(f, cx, cy), p(500, 310, 230), 0, CameraModel.Roi.ALL);
    Calibration calibration = Calibration.of(camera, 640, 480);
    assertThat(calibration.usable()).isTrue();
    assertThat(calibration.remark()).contains("K cannot be").contains("P is used");
    assertThat(calibration.fx()).isEqualTo(500);
    assertThat(calibration.cx()).isEqualTo(310);
    assertThat(calibration.scaledTo(320, 240).k())
        .containsExactly(250, 0, 155, 0, 250, 115, 0, 0, 1);
    Calibration neither =
        Calibration.of(
            info(640, 480, k(f, cx, cy), p(f, cx, cy), 0, CameraModel.Roi.ALL), 640, 480);
    assertThat(neither.usable()).isFalse();
    assertThat(neither.remark()).contains("K cannot be").contains("calibrate the camera");
  }

  @Test
  void judgesATelephotoByTheSensorAndNotByItsWindow() {
    CameraModel.Roi window = new CameraModel.Roi(600, 400, 64, 64);
    CameraModel camera = info(1280, 960, k(1000, 640, 480), p(1000, 640, 480), 0, window);
    Calibration calibration = Calibration.of(camera, 64, 64);
    assertThat(calibration.fx()).isEqualTo(1000);
    assertThat(calibration.cx()).isEqualTo(40);
    assertThat(calibration.cy()).isEqualTo(80); // outside the window, inside the sensor
  }

  @Test
  void putsKWherePIsEmpty() {
    Calibration calibration =
        Calibration.of(
            info(640, 480, k(500, 320, 240), new double[12], 0, CameraModel.Roi.ALL), 640, 480);
    assertThat(calibration.remark()).isEmpty();
    assertThat(calibration.scaledTo(320, 240).p())
        .containsExactly(250, 0, 160, 0, 0, 250, 120, 0, 0, 0, 1, 0);
  }

  @Test
  void comparesFocalLengthsAtTheSizeOfTheNetwork() {
    Calibration calibration = Calibration.of(pinhole(640, 480, 585), 640, 480);
    assertThat(calibration.focalRatio(259.43, 320)).isCloseTo(292.5 / 259.43, within(1e-12));
  }

  @Test
  void knowsItsCameraAgain() {
    CameraModel first = pinhole(640, 480, 500);
    Calibration calibration = Calibration.of(first, 640, 480);
    assertThat(calibration.isOf(pinhole(640, 480, 500))).isTrue();
    assertThat(calibration.isOf(pinhole(640, 480, 501))).isFalse();
    assertThat(calibration.isOf(pinhole(1280, 960, 500))).isFalse();
  }
}
