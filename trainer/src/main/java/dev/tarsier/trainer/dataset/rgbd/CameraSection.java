package dev.tarsier.trainer.dataset.rgbd;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.DataFile;
import dev.tarsier.trainer.dataset.Listing;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Whose camera frames are from: a file of ROS's camera_calibration ({@code image_width}, {@code
 * image_height}, {@code camera_matrix}), or the same in a recipe: {@code {width, height, fx, fy,
 * cx, cy}}.
 *
 * @param file a path; null where the recipe has the numbers
 * @param numbers in the recipe; null where a file has them
 */
record CameraSection(String file, Numbers numbers) {
  /**
   * A pinhole camera.
   *
   * @param width of the images it was calibrated with, pixels
   * @param height of these images
   * @param fx focal length along a row, pixels
   * @param fy focal length along a column, pixels; {@code fx} where absent
   * @param cx column of the principal point; the middle where absent
   * @param cy row of the principal point; the middle where absent
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Numbers(Double width, Double height, Double fx, Double fy, Double cx, Double cy) {
    Numbers {
      if (width == null || height == null || fx == null || !(width > 0 && height > 0)) {
        throw new IllegalArgumentException(
            "camera needs width, height and fx of the images it was calibrated with, in pixels");
      }
      fy = fy == null ? fx : fy;
      cx = cx == null ? (width - 1) / 2 : cx;
      cy = cy == null ? (height - 1) / 2 : cy;
      new Intrinsics(fx, fy, cx, cy); // checks them
    }

    /** Of the same view stretched to a size; pixel centres are at whole numbers. */
    Intrinsics at(int toWidth, int toHeight) {
      double x = toWidth / width;
      double y = toHeight / height;
      return new Intrinsics(fx * x, fy * y, (cx + 0.5) * x - 0.5, (cy + 0.5) * y - 0.5);
    }
  }

  /** As a recipe has it. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static CameraSection of(JsonNode said) {
    if (said.isTextual()) {
      return new CameraSection(said.asText(), null);
    }
    try {
      return new CameraSection(null, Json.SNAKE_CASE.value(said, Numbers.class));
    } catch (JsonProcessingException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IllegalArgumentException(
          cause instanceof IllegalArgumentException
              ? cause.getMessage()
              : "camera must be a file, or {width, height, fx, fy, cx, cy} in pixels, got " + said,
          e);
    }
  }

  /** As a recipe has it. */
  @JsonValue
  Object said() {
    return file == null ? numbers : file;
  }

  /** Kalibr's first camera: {@code intrinsics} fx, fy, cx, cy and {@code resolution}. */
  private static Numbers kalibr(JsonNode camera, Path path) {
    JsonNode numbers = camera.path("intrinsics");
    JsonNode size = camera.path("resolution");
    if (numbers.size() != 4 || size.size() != 2) {
      throw new DataException(
          "%s: cam0 must have intrinsics [fx, fy, cx, cy] and resolution [width, height], as Kalibr writes them"
              .formatted(path));
    }
    return new Numbers(
        size.get(0).asDouble(),
        size.get(1).asDouble(),
        numbers.get(0).asDouble(),
        numbers.get(1).asDouble(),
        numbers.get(2).asDouble(),
        numbers.get(3).asDouble());
  }

  /**
   * The camera.
   *
   * @param found where the file was found; not asked for where the recipe has the numbers
   * @throws DataException if the file is missing or no calibration
   */
  Numbers read(Optional<Path> found) {
    if (numbers != null) {
      return numbers;
    }
    Path path =
        found.orElseThrow(() -> new DataException("camera: %s is not there".formatted(file)));
    try {
      // OpenCV writes YAML 1.0 with a tag of its own, rostopic documents one after the other.
      String text =
          Listing.text(DataFile.bytes(path))
              .replaceAll("(?m)^(%YAML.*|\\.\\.\\.\\s*)$", "")
              .strip()
              .replaceFirst("^---\\s*", "")
              .replaceFirst("(?ms)^---\\s*$.*", "") // further messages
              .replace("!!opencv-matrix", "");
      JsonNode said = StrictYaml.parse(text, path.toString(), JsonNode.class);
      if (said.path("cam0").isObject()) {
        return kalibr(said.get("cam0"), path);
      }
      JsonNode matrix =
          said.path("K").isArray() ? said.get("K") : said.path("camera_matrix").path("data");
      double width = said.path(said.has("width") ? "width" : "image_width").asDouble();
      double height = said.path(said.has("height") ? "height" : "image_height").asDouble();
      if (matrix.size() != 9 || !(width > 0 && height > 0)) {
        throw new DataException(
            "%s must have image_width, image_height and camera_matrix with 9 numbers as data, as ROS's camera_calibration and OpenCV write them, or width, height and K as rostopic prints them"
                .formatted(path));
      }
      return new Numbers(
          width,
          height,
          matrix.get(0).asDouble(),
          matrix.get(4).asDouble(),
          matrix.get(2).asDouble(),
          matrix.get(5).asDouble());
    } catch (ConfigException e) {
      throw new DataException(e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new DataException("%s: %s".formatted(path, e.getMessage()), e);
    }
  }
}
