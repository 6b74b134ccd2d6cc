package dev.tarsier.trainer.dataset.label;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Listing;
import dev.tarsier.trainer.dataset.StoredImage;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Label Studio's JSON and JSON-MIN exports: a list of tasks, each an image with regions. Polygons,
 * rectangles and ellipses are in per cent of the image; a brush is a packed RGBA picture whose
 * opacity is its mask, a bitmask a PNG of which what is clear or black is none. A region's class is
 * its label, or the choice that is made for it. Later regions lie over earlier ones. Of several
 * annotations of a task the one of the highest id counts that was not cancelled; predictions are
 * none.
 *
 * <p>The file is gone through task by task; where each lies is remembered.
 */
final class LabelStudioJson implements Labels {
  private static final Set<String> WITH_AREA =
      Set.of("polygon", "rectangle", "ellipse", "brush", "bitmask");
  private static final double PER_CENT = 100;

  private record Task(String name, JsonFile.Piece piece) {}

  /** A region with an area. */
  private record Region(String kind, String label, JsonNode said, JsonNode value) {}

  private final JsonFile file;
  private final LabelNames names;
  private final List<Task> tasks = new ArrayList<>();
  private final Map<String, Integer> without = new TreeMap<>();
  private final Set<String> several = new LinkedHashSet<>();
  private final Map<String, Integer> unlabelled = new LinkedHashMap<>();

  private LabelStudioJson(JsonFile file, LabelNames names) {
    this.file = file;
    this.names = names;
  }

  /**
   * Finds the tasks.
   *
   * @throws DataException if the file is damaged or has regions of what is no class
   */
  static LabelStudioJson open(JsonFile file, LabelNames names) {
    LabelStudioJson labels = new LabelStudioJson(file, names);
    file.walk(
        parser -> {
          parser.nextToken();
          file.elements(parser, "tasks", labels::task);
          file.require(parser.nextToken() == null, parser, "the end of the file");
        });
    Set<String> seen = new HashSet<>();
    for (Task each : labels.tasks) {
      if (!seen.add(each.name())) {
        throw new DataException(
            "%s has two labelled tasks of %s; which labels count cannot be told"
                .formatted(file.path(), each.name()));
      }
    }
    names.requireKnown(file.path().toString());
    labels.requireLabels();
    if (labels.tasks.isEmpty()) {
      throw new DataException(
          "%s has no task with a polygon, rectangle, ellipse or brush".formatted(file.path()));
    }
    return labels;
  }

  private void requireLabels() {
    if (!unlabelled.isEmpty()) {
      throw new DataException(
          "%s: %d regions that cover pixels have no label, and no choice is made for them: %s; label or remove them in Label Studio"
              .formatted(
                  file.path(),
                  unlabelled.values().stream().mapToInt(Integer::intValue).sum(),
                  Listing.of(List.copyOf(unlabelled.keySet()))));
    }
  }

  private void task(JsonParser parser) throws IOException {
    file.require(parser.currentToken() == JsonToken.START_OBJECT, parser, "a task");
    JsonFile.Piece piece = file.skip(parser);
    JsonNode task = file.read(piece);
    String name = name(task);
    List<Region> regions = regions(task, name, true);
    regions.forEach(each -> names.see(each.label(), name));
    if (!regions.isEmpty()) {
      tasks.add(new Task(name, piece));
    }
  }

  /** Whose image it is: the address under whatever name the project gave it. */
  private String name(JsonNode task) {
    JsonNode data = task.path("data").isObject() ? task.get("data") : task;
    JsonNode image = data.path("image");
    if (!image.isTextual()) {
      image = task.path("file_upload");
    }
    for (JsonNode each : data) {
      if (!image.isTextual()
          && each.isTextual()
          && each.asText().matches("(?i).*\\.(jpe?g|png|tiff?|webp|bmp)(\\?.*)?")) {
        image = each;
      }
    }
    if (!image.isTextual()) {
      throw new DataException(
          "%s: task %s names no image".formatted(file.path(), task.path("id").asText("?")));
    }
    return path(image.asText());
  }

  /** The path within an address; of files that were uploaded the name alone. */
  private static String path(String address) {
    int local = address.indexOf("?d=");
    String path =
        local >= 0
            ? address.substring(local + 3)
            : address
                .replaceFirst("^[A-Za-z][A-Za-z0-9+.-]*://[^/]*/", "")
                .replaceFirst("\\?.*", "");
    try {
      path = URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      // A per cent sign of its own: the path stands as it is.
    }
    boolean uploaded = local < 0 && (path.contains("data/upload/") || path.indexOf('/') < 0);
    return uploaded ? path.substring(path.lastIndexOf('/') + 1) : path;
  }

  private List<Region> regions(JsonNode task, String name, boolean count) {
    List<JsonNode> results = new ArrayList<>();
    if (task.path("annotations").isArray() || task.path("completions").isArray()) {
      JsonNode chosen = null;
      int finished = 0;
      for (JsonNode each : task.path(task.has("annotations") ? "annotations" : "completions")) {
        if (!each.path("was_cancelled").asBoolean()) {
          finished++;
          boolean newer = chosen == null || each.path("id").asLong() >= chosen.path("id").asLong();
          chosen = newer ? each : chosen;
        }
      }
      if (finished > 1) {
        several.add(name);
      }
      if (chosen != null) {
        chosen.path("result").forEach(results::add);
      }
    } else {
      for (JsonNode each : task) {
        if (each.isArray()) {
          each.forEach(results::add); // JSON-MIN: a list for each tool of the project
        }
      }
    }
    return regions(results, count ? name : null);
  }

  /**
   * The regions among results.
   *
   * @param counted the task's name, to count regions that are not used; null for not
   */
  private List<Region> regions(List<JsonNode> results, String counted) {
    Map<String, String> labelOf = new HashMap<>();
    for (String key : List.of("choices", "labels")) { // a label counts before a choice
      for (JsonNode each : results) {
        String label = label(value(each), key);
        if (label != null && each.path("id").isTextual()) {
          labelOf.put(each.get("id").asText(), label);
        }
      }
    }
    List<Region> regions = new ArrayList<>();
    Set<String> masks = new HashSet<>();
    for (JsonNode each : results) {
      JsonNode value = value(each);
      String kind = kind(each, value);
      String label = label(value, "labels");
      String id = each.path("id").asText();
      if (label == null) {
        label = labelOf.get(id);
      }
      if (WITH_AREA.contains(kind) && label != null) {
        // A project may store the shape and its label as two results of one id.
        if (id.isEmpty() || masks.add(id)) {
          regions.add(new Region(kind, label, each, value));
        }
      } else if (counted != null && WITH_AREA.contains(kind)) {
        unlabelled.merge(counted, 1, Integer::sum);
      } else if (counted != null && label != null && !kind.isEmpty()) {
        without.merge(kind, 1, Integer::sum);
      }
    }
    return regions;
  }

  private static JsonNode value(JsonNode region) {
    return region.path("value").isObject() ? region.get("value") : region;
  }

  /** The first of the texts under a key that ends so; null where there is none. */
  private static String label(JsonNode value, String end) {
    for (Map.Entry<String, JsonNode> each : value.properties()) {
      if (each.getKey().endsWith(end) && each.getValue().isArray()) {
        return each.getValue().isEmpty() ? null : each.getValue().get(0).asText();
      }
    }
    return null;
  }

  /** What covers the pixels, by what there is to say of it. */
  private static String kind(JsonNode region, JsonNode value) {
    if (value.has("rle")) {
      return "brush";
    }
    if (value.has("imageDataURL")) {
      return "bitmask";
    }
    if (value.path("points").isArray()) {
      return "polygon";
    }
    if (value.has("radiusX")) {
      return "ellipse";
    }
    if (value.has("width")
        && value.has("height")
        && value.has("x")
        && !value.has("keypointlabels")) {
      return "rectangle";
    }
    return value.has("keypointlabels") ? "keypoint" : region.path("type").asText();
  }

  @Override
  public String format() {
    return "Label Studio JSON";
  }

  @Override
  public List<String> frames() {
    return tasks.stream().map(Task::name).toList();
  }

  @Override
  public byte[] read(int frame, int width, int height) {
    Task task = tasks.get(frame);
    Canvas canvas = new Canvas(width, height, names.background());
    for (Region each : regions(file.read(task.piece()), task.name(), false)) {
      try {
        paint(canvas, each, names.require(each.label()));
      } catch (DataException e) {
        throw new DataException(
            "%s: %s '%s' of %s: %s"
                .formatted(file.path(), each.kind(), each.label(), task.name(), e.getMessage()),
            e);
      }
    }
    names.painted(task.name(), canvas.cut());
    return canvas.ids();
  }

  private static void paint(Canvas canvas, Region region, int id) {
    JsonNode width = either(region, "original_width");
    JsonNode height = either(region, "original_height");
    if (width.isNumber() && height.isNumber()) {
      LabelFiles.requireSize(
          "original_width and original_height",
          width.asInt(),
          height.asInt(),
          canvas.width(),
          canvas.height());
    }
    int turned = either(region, "image_rotation").asInt();
    if (turned != 0) {
      throw new DataException(
          "the image was turned by %d degrees in Label Studio; turn the file itself"
              .formatted(turned));
    }
    double perX = canvas.width() / PER_CENT;
    double perY = canvas.height() / PER_CENT;
    JsonNode value = region.value();
    double rotation = Math.toRadians(value.path("rotation").asDouble());
    switch (region.kind()) {
      case "polygon" -> {
        double[] xy = JsonFile.corners(value.path("points"));
        for (int i = 0; i < xy.length; i += 2) {
          xy[i] *= perX;
          xy[i + 1] *= perY;
        }
        canvas.polygon(xy, id);
      }
      case "rectangle" -> {
        double x = number(value, "x") * perX;
        double y = number(value, "y") * perY;
        double w = number(value, "width") * perX;
        double h = number(value, "height") * perY;
        canvas.polygon(turnedAtCorner(x, y, w, h, rotation), id);
      }
      case "ellipse" ->
          canvas.ellipse(
              number(value, "x") * perX,
              number(value, "y") * perY,
              number(value, "radiusX") * perX,
              number(value, "radiusY") * perY,
              rotation,
              id);
      case "bitmask" -> bitmask(canvas, value.path("imageDataURL").asText(), id);
      default -> brush(canvas, value.path("rle"), id);
    }
  }

  /** What is said of an image beside a region or, in JSON-MIN, within it. */
  private static JsonNode either(Region region, String key) {
    return region.said().has(key) ? region.said().get(key) : region.value().path(key);
  }

  private static double number(JsonNode value, String key) {
    if (!value.path(key).isNumber()) {
      throw new DataException(
          "%s must be a number, is %s".formatted(key, JsonFile.brief(value.path(key))));
    }
    return value.get(key).asDouble();
  }

  /** Corners of a box that is turned clockwise about its upper left corner. */
  private static double[] turnedAtCorner(double x, double y, double w, double h, double radians) {
    double[] xy = {0, 0, w, 0, w, h, 0, h};
    for (int i = 0; i < xy.length; i += 2) {
      double along = xy[i];
      double down = xy[i + 1];
      xy[i] = x + along * Math.cos(radians) - down * Math.sin(radians);
      xy[i + 1] = y + along * Math.sin(radians) + down * Math.cos(radians);
    }
    return xy;
  }

  private static void bitmask(Canvas canvas, String address, int id) {
    String what = "imageDataURL";
    StoredImage mask =
        LabelFiles.base64(
            "its " + what, "PNG in base64", address.replaceFirst("^data:image/png;base64,", ""));
    LabelFiles.requireSize(
        "its " + what, mask.width(), mask.height(), canvas.width(), canvas.height());
    canvas.mask(mask.covered(), mask.width(), 0, 0, id);
  }

  private static void brush(Canvas canvas, JsonNode rle, int id) {
    long[] numbers = JsonFile.whole(rle);
    byte[] packed = new byte[numbers.length];
    for (int i = 0; i < packed.length; i++) {
      packed[i] = (byte) numbers[i];
    }
    int pixels = canvas.width() * canvas.height();
    byte[] rgba = RunLengths.brush(packed, 4 * pixels);
    boolean[] covered = new boolean[pixels];
    for (int i = 0; i < pixels; i++) {
      covered[i] = rgba[4 * i + 3] != 0;
    }
    canvas.mask(covered, canvas.width(), 0, 0, id);
  }

  @Override
  public List<String> remarks() {
    List<String> remarks = new ArrayList<>();
    without.forEach(
        (kind, count) ->
            remarks.add(
                "%s: %d labelled regions are of type %s, which covers no pixel, and are not used"
                    .formatted(file.path(), count, kind)));
    if (!several.isEmpty()) {
      remarks.add(
          "%s: %d tasks have several annotations, of which the newest is used: %s"
              .formatted(file.path(), several.size(), Listing.of(List.copyOf(several))));
    }
    return remarks;
  }
}
