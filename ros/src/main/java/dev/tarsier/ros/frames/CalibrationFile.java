package dev.tarsier.ros.frames;

import dev.tarsier.ros.port.CameraModel;
import dev.tarsier.runtime.file.WholeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/** A calibration in the form that ROS's camera_calibration_parsers and OpenCV users know. */
final class CalibrationFile {
  static final String NAME = "camera.yaml";

  private CalibrationFile() {}

  /**
   * Writes it.
   *
   * @param comment one line, where it comes from
   * @param name of the camera
   */
  static void write(Path file, String comment, String name, CameraModel model) throws IOException {
    WholeFile.write(
        file,
        "# %s\nimage_width: %d\nimage_height: %d\ncamera_name: %s\n"
                .formatted(
                    comment.replaceAll("\\R", " "), model.width(), model.height(), quoted(name))
            + matrix("camera_matrix", 3, 3, model.k())
            + "distortion_model: %s\n"
                .formatted(
                    quoted(
                        model.distortionModel().isEmpty() ? "plumb_bob" : model.distortionModel()))
            + matrix("distortion_coefficients", 1, model.d().length, model.d())
            + matrix("rectification_matrix", 3, 3, model.r())
            + matrix("projection_matrix", 3, 4, model.p()));
  }

  private static String matrix(String name, int rows, int columns, double[] data) {
    return "%s:\n  rows: %d\n  cols: %d\n  data: [%s]\n"
        .formatted(
            name,
            rows,
            columns,
            Arrays.stream(data)
                .mapToObj(CalibrationFile::number)
                .collect(Collectors.joining(", ")));
  }

  /** As YAML reads it: Java's 1.0E-5 is one, NaN and infinity are called otherwise. */
  private static String number(double value) {
    return Double.isNaN(value)
        ? ".nan"
        : Double.isInfinite(value) ? (value > 0 ? ".inf" : "-.inf") : Double.toString(value);
  }

  private static String quoted(String text) {
    return text.matches("[A-Za-z_][A-Za-z0-9_]*")
        ? text
        : "'" + text.replaceAll("\\p{Cntrl}", " ").replace("'", "''") + "'";
  }
}
