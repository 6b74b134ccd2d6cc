package dev.tarsier.trainer.dataset.label;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Listing;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * COCO's JSON of instances (cocodataset.org, "Data format"): polygons, and both forms of run
 * lengths, each of the category that the file names. Later annotations lie over earlier ones; what
 * is marked as a crowd is a label as any other. A polygon is filled by the even-odd rule, several
 * of one annotation together.
 *
 * <p>The file is gone through once; where each annotation lies is remembered, so memory does not
 * grow with the shapes.
 */
final class CocoLabels implements Labels {
  private record Shape(JsonFile.Piece piece, long category) {}

  /** A frame and its shapes, in the file's order. */
  private static final class Image {
    private String name;
    private int width;
    private int height;
    private final List<Shape> shapes = new ArrayList<>();
  }

  private final JsonFile file;
  private final LabelNames names;
  private final Map<Long, Image> images = new LinkedHashMap<>();
  private final Map<Long, String> categories = new HashMap<>();
  private final List<Image> labelled = new ArrayList<>();
  private long boxes;
  private final Set<Image> boxed = new LinkedHashSet<>();

  private CocoLabels(JsonFile file, LabelNames names) {
    this.file = file;
    this.names = names;
  }

  /**
   * Finds the annotations.
   *
   * @throws DataException if the file is damaged, names a file twice, or has annotations of a
   *     category or an image that it does not name, or of what is no class
   */
  static CocoLabels open(JsonFile file, LabelNames names) {
    CocoLabels labels = new CocoLabels(file, names);
    file.walk(labels::index);
    labels.check();
    return labels;
  }

  private void index(JsonParser parser) throws IOException {
    file.require(parser.nextToken() == JsonToken.START_OBJECT, parser, "COCO's object");
    boolean annotated = false;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      parser.nextToken();
      switch (key) {
        case "images" -> file.elements(parser, "images", this::image);
        case "categories" -> file.elements(parser, "categories", this::category);
        case "annotations" -> {
          file.elements(parser, "annotations", this::annotation);
          annotated = true;
        }
        default -> parser.skipChildren();
      }
    }
    file.require(parser.nextToken() == null, parser, "the end of the file");
    if (!annotated || categories.isEmpty()) {
      throw new DataException(
          "%s has no %s; export instances, with their polygons or masks"
              .formatted(file.path(), annotated ? "categories" : "annotations"));
    }
  }

  private JsonNode object(JsonParser parser, String what) throws IOException {
    file.require(parser.currentToken() == JsonToken.START_OBJECT, parser, what);
    return Json.part(parser);
  }

  private void image(JsonParser parser) throws IOException {
    JsonNode said = object(parser, "an image");
    Image image = images.computeIfAbsent(said.path("id").asLong(), id -> new Image());
    if (!said.path("id").isIntegralNumber() || !said.path("file_name").isTextual()) {
      throw new DataException(
          "%s: an image must have an id and a file_name, is %s"
              .formatted(file.path(), JsonFile.brief(said)));
    }
    if (image.name != null) {
      throw new DataException(
          "%s: two images, %s and %s, have the id %d"
              .formatted(
                  file.path(),
                  image.name,
                  said.get("file_name").asText(),
                  said.get("id").asLong()));
    }
    image.name = said.get("file_name").asText();
    image.width = said.path("width").asInt();
    image.height = said.path("height").asInt();
  }

  private void category(JsonParser parser) throws IOException {
    JsonNode said = object(parser, "a category");
    if (!said.path("id").isIntegralNumber() || !said.path("name").isTextual()) {
      throw new DataException(
          "%s: a category must have an id and a name, is %s"
              .formatted(file.path(), JsonFile.brief(said)));
    }
    String before = categories.put(said.get("id").asLong(), said.get("name").asText());
    if (before != null) {
      throw new DataException(
          "%s: two categories, %s and %s, have the id %d"
              .formatted(file.path(), before, said.get("name").asText(), said.get("id").asLong()));
    }
  }

  private void annotation(JsonParser parser) throws IOException {
    file.require(parser.currentToken() == JsonToken.START_OBJECT, parser, "an annotation");
    long from = parser.currentTokenLocation().getByteOffset();
    Long image = null;
    Long category = null;
    boolean shape = false;
    boolean panoptic = false;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      JsonToken value = parser.nextToken();
      if (value == JsonToken.VALUE_NUMBER_INT && key.equals("image_id")) {
        image = parser.getLongValue();
      } else if (value == JsonToken.VALUE_NUMBER_INT && key.equals("category_id")) {
        category = parser.getLongValue();
      } else if (key.equals("segmentation") && value == JsonToken.START_OBJECT) {
        shape = true;
        parser.skipChildren();
      } else if (key.equals("segmentation") && value == JsonToken.START_ARRAY) {
        shape = hasElements(parser);
      } else {
        panoptic |= key.equals("segments_info");
        parser.skipChildren();
      }
    }
    if (panoptic) {
      throw new DataException(
          "%s is COCO's panoptic JSON, whose labels are in PNG files; export instances"
              .formatted(file.path()));
    }
    file.require(
        image != null && category != null, parser, "an annotation with image_id and category_id");
    Image of = images.computeIfAbsent(image, id -> new Image());
    if (shape) {
      of.shapes.add(new Shape(file.piece(from, parser), category));
    } else {
      boxes++;
      boxed.add(of);
    }
  }

  /** Whether the list that a parser has come to has any; leaves it at the end. */
  private boolean hasElements(JsonParser parser) throws IOException {
    JsonToken token = parser.nextToken();
    boolean any = token != JsonToken.END_ARRAY;
    int depth = 1;
    while (true) {
      depth += token == JsonToken.START_ARRAY ? 1 : token == JsonToken.END_ARRAY ? -1 : 0;
      if (depth == 0) {
        return any;
      }
      token = parser.nextToken();
      file.require(token != null, parser, "the end of a list");
    }
  }

  private void check() {
    Map<Long, Long> strange = new LinkedHashMap<>();
    Set<String> seen = new LinkedHashSet<>();
    Set<String> twice = new LinkedHashSet<>();
    Set<String> within = new LinkedHashSet<>();
    for (Map.Entry<Long, Image> each : images.entrySet()) {
      Image image = each.getValue();
      if (image.name == null) {
        throw new DataException(
            "%s has %d annotations of image %d, which it does not name"
                .formatted(file.path(), image.shapes.size(), each.getKey()));
      }
      if (!seen.add(image.name)) {
        twice.add(image.name);
      }
      for (Shape shape : image.shapes) {
        String category = categories.get(shape.category());
        if (category == null) {
          strange.merge(shape.category(), 1L, Long::sum);
          within.add(image.name);
        } else {
          names.see(category, image.name);
        }
      }
      if (!image.shapes.isEmpty()) {
        labelled.add(image);
      }
    }
    if (!twice.isEmpty()) {
      throw new DataException(
          "%s names %s more than once, with different ids; which annotations are of which image cannot be told"
              .formatted(file.path(), Listing.of(List.copyOf(twice))));
    }
    if (!strange.isEmpty()) {
      Map.Entry<Long, Long> first = strange.entrySet().iterator().next();
      throw new DataException(
          "%s: %d %s of category %d, which categories does not have (in %s)"
              .formatted(
                  file.path(),
                  first.getValue(),
                  first.getValue() == 1 ? "annotation is" : "annotations are",
                  first.getKey(),
                  Listing.of(List.copyOf(within))));
    }
    names.requireKnown(file.path().toString());
    if (labelled.isEmpty()) {
      throw new DataException(
          "%s has no annotation with a segmentation%s"
              .formatted(file.path(), boxes > 0 ? ", only %d boxes".formatted(boxes) : ""));
    }
  }

  @Override
  public String format() {
    return "COCO JSON";
  }

  @Override
  public List<String> frames() {
    return labelled.stream().map(image -> image.name).toList();
  }

  @Override
  public List<String> named() {
    return images.values().stream().map(image -> image.name).toList();
  }

  @Override
  public byte[] read(int frame, int width, int height) {
    Image image = labelled.get(frame);
    if (image.width != 0 || image.height != 0) {
      LabelFiles.requireSize(
          "%s: %s".formatted(file.path(), image.name), image.width, image.height, width, height);
    }
    Canvas canvas = new Canvas(width, height, names.background());
    for (int i = 0; i < image.shapes.size(); i++) {
      Shape shape = image.shapes.get(i);
      JsonNode said = file.read(shape.piece());
      try {
        paint(canvas, said.path("segmentation"), names.require(categories.get(shape.category())));
      } catch (DataException e) {
        throw new DataException(
            "%s: annotation %s of %s: %s"
                .formatted(file.path(), said.path("id").asText("?"), image.name, e.getMessage()),
            e);
      }
    }
    names.painted(image.name, canvas.cut());
    return canvas.ids();
  }

  private static void paint(Canvas canvas, JsonNode segmentation, int id) {
    if (segmentation.isArray()) {
      for (JsonNode ring : segmentation) {
        if (!ring.isArray()) {
          throw new DataException(
              "a polygon must be a list of numbers, is %s".formatted(JsonFile.brief(ring)));
        }
        canvas.polygon(JsonFile.numbers(ring), id);
      }
      return;
    }
    JsonNode size = segmentation.path("size");
    if (size.size() != 2
        || size.get(0).asInt() != canvas.height()
        || size.get(1).asInt() != canvas.width()) {
      throw new DataException(
          "a mask of run lengths is [height, width] %s, its image is [%d,%d]"
              .formatted(JsonFile.brief(size), canvas.height(), canvas.width()));
    }
    JsonNode counts = segmentation.path("counts");
    if (!counts.isTextual() && !counts.isArray()) {
      throw new DataException(
          "counts must be a list or a text, is %s".formatted(JsonFile.brief(counts)));
    }
    long[] runs =
        counts.isTextual() ? RunLengths.compressed(counts.asText()) : JsonFile.whole(counts);
    boolean[] columns = RunLengths.covered(runs, canvas.width() * canvas.height());
    canvas.mask(
        RunLengths.turned(columns, canvas.width(), canvas.height()), canvas.width(), 0, 0, id);
  }

  @Override
  public List<String> remarks() {
    return boxes == 0
        ? List.of()
        : List.of(
            "%s: %d annotations have a box but no segmentation and are not used: %s"
                .formatted(
                    file.path(),
                    boxes,
                    Listing.of(boxed.stream().map(each -> each.name).toList())));
  }
}
