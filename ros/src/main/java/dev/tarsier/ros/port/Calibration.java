package dev.tarsier.ros.port;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * What a camera_info says of the images beside it, where it can be true.
 *
 * <p>A camera_info describes the sensor at full resolution; the image may be a window of it ({@code
 * roi}) that was binned (REP 104). So the image should have the window's size over the binning.
 * Where it has not, but the ratio is one whole number in both directions, the calibration is scaled
 * by it; any other size is refused. K (P of rectified images) is used where it can be a camera's: a
 * focal length of 0.2 to 10 widths, a principal point inside the sensor. Pixels are counted as
 * image_geometry does: u' = (u − roi.x) / binning · scale. Distortion is a property of rays and
 * stays as it is.
 *
 * @param info as it came. Not modified.
 * @param imageWidth pixels of the image
 * @param imageHeight pixels of the image
 * @param usable whether it says anything of the image; where not, the numbers are 0
 * @param remark what is wrong with it, or what was done to it; empty where it is as it should be
 * @param fx focal length in pixels of the image, along a row
 * @param fy focal length in pixels of the image, along a column
 * @param cx column of the principal point in the image
 * @param cy row of the principal point in the image
 */
public record Calibration(
    CameraModel info,
    int imageWidth,
    int imageHeight,
    boolean usable,
    String remark,
    double fx,
    double fy,
    double cx,
    double cy) {
  private static final double LEAST_FOCAL_WIDTHS = 0.2;
  private static final double MOST_FOCAL_WIDTHS = 10;

  /** Whether a topic's images are rectified, by its name: image_rect, image_rect_color. */
  public static boolean isRectified(String topic) {
    String words = topic.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    return Arrays.stream(words.split("[^a-z]+"))
        .anyMatch(each -> each.equals("rect") || each.equals("rectified"));
  }

  /** Judges, for images as the lens shows them. */
  public static Calibration of(CameraModel info, int imageWidth, int imageHeight) {
    return of(info, imageWidth, imageHeight, false);
  }

  /**
   * Judges.
   *
   * @param info the camera's. Not modified.
   * @param imageWidth pixels of the camera's image, positive
   * @param imageHeight pixels of the camera's image, positive
   * @param rectified whether the images are, whose camera P is and not K
   */
  public static Calibration of(
      CameraModel info, int imageWidth, int imageHeight, boolean rectified) {
    Window window = Window.of(info, imageWidth, imageHeight);
    if (!window.problem().isEmpty()) {
      return refused(info, imageWidth, imageHeight, window.problem());
    }
    boolean kFits = fits(window, info.k(), 3);
    boolean pFits = fits(window, info.p(), 4);
    if (!kFits && !pFits) {
      return refused(
          info,
          imageWidth,
          imageHeight,
          "camera_info is no calibration: %s, and P is none either; calibrate the camera"
              .formatted(described(window, info.k())));
    }
    String remark = window.remark();
    if (!kFits && !rectified) {
      remark =
          "%s; P is used in its place%s"
              .formatted(described(window, info.k()), remark.isEmpty() ? "" : "; " + remark);
    }
    boolean byK = kFits && !(rectified && pFits);
    double[] matrix = byK ? info.k() : info.p();
    int row = byK ? 3 : 4;
    return new Calibration(
        info,
        imageWidth,
        imageHeight,
        true,
        remark,
        matrix[0] * window.scaleX(),
        matrix[row + 1] * window.scaleY(),
        (matrix[2] - window.left()) * window.scaleX(),
        (matrix[row + 2] - window.top()) * window.scaleY());
  }

  /**
   * Judges a camera_info before there is an image: of the size that it says itself.
   *
   * @param info the camera's. Not modified.
   * @return what is wrong with it whatever the image; empty where there may be an image of it
   */
  public static Optional<Calibration> refusedForAnyImage(CameraModel info) {
    CameraModel.Roi roi = info.roi();
    long width = roi.width() > 0 ? roi.width() : info.width() - (long) roi.xOffset();
    long height = roi.height() > 0 ? roi.height() : info.height() - (long) roi.yOffset();
    width /= Math.max(1, Integer.toUnsignedLong(info.binningX()));
    height /= Math.max(1, Integer.toUnsignedLong(info.binningY()));
    if (width < 1 || height < 1 || width > Integer.MAX_VALUE || height > Integer.MAX_VALUE) {
      return Optional.empty(); // some drivers leave its size to the image
    }
    return Optional.of(of(info, (int) width, (int) height)).filter(each -> !each.usable());
  }

  private static Calibration refused(CameraModel info, int width, int height, String why) {
    return new Calibration(info, width, height, false, why, 0, 0, 0, 0);
  }

  private static boolean fits(Window window, double[] matrix, int columns) {
    double fx = matrix[0];
    double fy = matrix[columns + 1];
    double cx = matrix[2];
    double cy = matrix[columns + 2];
    // Written so that NaN does not fit.
    return fx >= LEAST_FOCAL_WIDTHS * window.fullWidth()
        && fx <= MOST_FOCAL_WIDTHS * window.fullWidth()
        && fy >= LEAST_FOCAL_WIDTHS * window.fullWidth()
        && fy <= MOST_FOCAL_WIDTHS * window.fullWidth()
        && cx > 0
        && cx < window.fullWidth()
        && cy > 0
        && cy < window.fullHeight();
  }

  private static String described(Window window, double[] k) {
    return ("K cannot be a camera's of %dx%d pixels (fx %.6g, fy %.6g, cx %.6g, cy %.6g; a focal"
            + " length of 0.2 to 10 widths and a principal point inside are taken)")
        .formatted(window.fullWidth(), window.fullHeight(), k[0], k[4], k[2], k[5]);
  }

  /** Whether another camera_info says the same of the image, whatever its stamp. */
  public boolean isOf(CameraModel other) {
    return info.equals(other);
  }

  /**
   * The focal length over that of another camera, both at the size that a network takes. Objects
   * seem as much larger as it is; so a network that judges by apparent size gives distances that
   * are to be multiplied by it.
   *
   * @param trainedFx of the other camera, in pixels of an image of {@code width} columns
   * @param width columns that the image is scaled to
   */
  public double focalRatio(double trainedFx, int width) {
    return fx * width / imageWidth / trainedFx;
  }

  /**
   * The camera_info of the image scaled to another size: no window, no binning. K and P are each
   * put in the other's place where one of them cannot be.
   *
   * @param width pixels of the output
   * @param height pixels of the output
   * @throws IllegalStateException where the calibration is not usable
   */
  public CameraModel scaledTo(int width, int height) {
    if (!usable) {
      throw new IllegalStateException(remark);
    }
    Window window = Window.of(info, imageWidth, imageHeight);
    double scaleX = window.scaleX() * width / imageWidth;
    double scaleY = window.scaleY() * height / imageHeight;
    boolean kFits = fits(window, info.k(), 3);
    boolean pFits = fits(window, info.p(), 4);
    return new CameraModel(
        height,
        width,
        info.distortionModel(),
        info.d(),
        scaled(kFits ? info.k() : rows(info.p(), 4, 3), 3, window, scaleX, scaleY),
        info.r(),
        scaled(pFits ? info.p() : rows(info.k(), 3, 4), 4, window, scaleX, scaleY),
        0,
        0,
        CameraModel.Roi.ALL);
  }

  /** The three rows of a matrix with a column more or less. */
  private static double[] rows(double[] matrix, int columns, int wanted) {
    double[] out = new double[3 * wanted];
    for (int row = 0; row < 3; row++) {
      for (int column = 0; column < Math.min(columns, wanted); column++) {
        out[row * wanted + column] = matrix[row * columns + column];
      }
    }
    return out;
  }

  /** Rows 0 and 1 of a row-major matrix; its third column is the principal point. */
  private static double[] scaled(
      double[] matrix, int columns, Window window, double scaleX, double scaleY) {
    double[] out = matrix.clone();
    out[2] -= window.left();
    out[columns + 2] -= window.top();
    for (int i = 0; i < columns; i++) {
      out[i] *= scaleX;
      out[columns + i] *= scaleY;
    }
    return out;
  }

  /**
   * Which part of the sensor an image shows.
   *
   * @param fullWidth columns of the sensor
   * @param fullHeight rows of the sensor
   * @param left column of the sensor where the image begins
   * @param top row of the sensor where the image begins
   * @param scaleX pixels of the image to a column of the sensor
   * @param scaleY pixels of the image to a row of the sensor
   * @param problem why the image cannot be of this camera_info; empty where it can
   * @param remark what was done so that they fit; empty where nothing was
   */
  private record Window(
      long fullWidth,
      long fullHeight,
      long left,
      long top,
      double scaleX,
      double scaleY,
      String problem,
      String remark) {
    static Window of(CameraModel info, int imageWidth, int imageHeight) {
      long binX = Math.max(1, Integer.toUnsignedLong(info.binningX()));
      long binY = Math.max(1, Integer.toUnsignedLong(info.binningY()));
      CameraModel.Roi roi = info.roi();
      long left = Integer.toUnsignedLong(roi.xOffset());
      long top = Integer.toUnsignedLong(roi.yOffset());
      boolean sized = info.width() > 0 && info.height() > 0;
      long fullWidth = sized ? info.width() : left + imageWidth * binX;
      long fullHeight = sized ? info.height() : top + imageHeight * binY;
      // A width or height of 0 is all that is left of the sensor.
      long roiWidth = orElse(Integer.toUnsignedLong(roi.width()), fullWidth - left);
      long roiHeight = orElse(Integer.toUnsignedLong(roi.height()), fullHeight - top);
      boolean whole = roiWidth == fullWidth && roiHeight == fullHeight;
      double scaleX = 1.0 / binX;
      double scaleY = 1.0 / binY;
      String problem = "";
      String remark =
          sized ? "" : sizes(info, imageWidth, imageHeight) + ": taken for one of the image's size";
      if (left + roiWidth > fullWidth
          || top + roiHeight > fullHeight
          || roiWidth < 1
          || roiHeight < 1) {
        problem =
            sizes(info, imageWidth, imageHeight) + ": its window is not inside, so it is not used";
      } else if (!isBinned(roiWidth, binX, imageWidth) || !isBinned(roiHeight, binY, imageHeight)) {
        long shrunk = wholeRatio(roiWidth, roiHeight, imageWidth * binX, imageHeight * binY);
        long grown =
            whole ? wholeRatio(imageWidth * binX, imageHeight * binY, roiWidth, roiHeight) : 0;
        if (shrunk > 0) {
          scaleX /= shrunk;
          scaleY /= shrunk;
          remark = sizes(info, imageWidth, imageHeight) + ": scaled by 1/" + shrunk;
        } else if (grown > 0) {
          scaleX *= grown;
          scaleY *= grown;
          remark = sizes(info, imageWidth, imageHeight) + ": scaled by " + grown;
        } else {
          problem =
              sizes(info, imageWidth, imageHeight)
                  + ", which is no whole ratio, so it is not used; publish one of the image's size,"
                  + " or say binning and roi in it";
        }
      }
      return new Window(fullWidth, fullHeight, left, top, scaleX, scaleY, problem, remark);
    }

    private static String sizes(CameraModel info, int imageWidth, int imageHeight) {
      CameraModel.Roi roi = info.roi();
      boolean whole = roi.width() == 0 && roi.height() == 0 && roi.xOffset() == 0;
      boolean binned = info.binningX() > 1 || info.binningY() > 1;
      return "camera_info is of %dx%d pixels%s%s, the image of %dx%d"
          .formatted(
              info.width(),
              info.height(),
              whole
                  ? ""
                  : " (window %sx%s at %s, %s)"
                      .formatted(
                          Integer.toUnsignedString(roi.width()),
                          Integer.toUnsignedString(roi.height()),
                          Integer.toUnsignedString(roi.xOffset()),
                          Integer.toUnsignedString(roi.yOffset())),
              binned
                  ? " (binning %sx%s)"
                      .formatted(
                          Integer.toUnsignedString(info.binningX()),
                          Integer.toUnsignedString(info.binningY()))
                  : "",
              imageWidth,
              imageHeight);
    }

    private static long orElse(long value, long otherwise) {
      return value > 0 ? value : otherwise;
    }

    /** Drivers round a last pixel that is not whole up or down. */
    private static boolean isBinned(long sensor, long binning, long image) {
      return image == sensor / binning || image == (sensor + binning - 1) / binning;
    }

    /** How often the smaller goes into the larger, where it is equally often in both directions. */
    private static long wholeRatio(
        long largeWidth, long largeHeight, long smallWidth, long smallHeight) {
      long ratio = largeWidth / smallWidth;
      return ratio > 1 && largeWidth == ratio * smallWidth && largeHeight == ratio * smallHeight
          ? ratio
          : 0;
    }
  }
}
