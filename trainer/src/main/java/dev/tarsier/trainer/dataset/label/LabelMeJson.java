package dev.tarsier.trainer.dataset.label;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Listing;
import dev.tarsier.trainer.dataset.StoredImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * LabelMe's JSON (Wada's program, not the web site's XML), a file for each frame: polygons,
 * rectangles by two corners, circles by centre and a point on the edge, and masks as a PNG of 0 and
 * 1 in a box whose corners belong to it. {@code _background_} takes away what lies below it, {@code
 * __ignore__} is no class. Lines and points cover nothing.
 */
final class LabelMeJson implements Labels {
  private static final Set<String> WITHOUT_AREA = Set.of("line", "linestrip", "point", "points");

  /** By how many pixels a mask may differ from its corners. */
  private static final double MASK_SLACK = 1.001;

  /** A file's content without its copy of the image. */
  private static final class Content {
    private int width;
    private int height;
    private final List<JsonNode> shapes = new ArrayList<>();
  }

  private final LabelNames names;
  private final List<NamedFile> files = new ArrayList<>();
  private final Map<String, List<String>> withoutArea = new TreeMap<>();

  private LabelMeJson(LabelNames names) {
    this.names = names;
  }

  /**
   * Reads all files once.
   *
   * @throws DataException if one is damaged or has shapes of what is no class
   */
  static LabelMeJson open(List<NamedFile> files, String where, LabelNames names) {
    LabelMeJson labels = new LabelMeJson(names);
    for (NamedFile file : files) {
      boolean covers = false;
      for (JsonNode shape : read(new JsonFile(file.path())).shapes) {
        String type = shape.path("shape_type").asText("polygon");
        if (WITHOUT_AREA.contains(type)) {
          labels.withoutArea.computeIfAbsent(type, each -> new ArrayList<>()).add(file.name());
        } else {
          covers = true;
          names.see(shape.path("label").asText(), file.path().getFileName().toString());
        }
      }
      if (covers) {
        labels.files.add(file);
      }
    }
    names.requireKnown(where);
    if (labels.files.isEmpty()) {
      throw new DataException(
          "%s has no LabelMe shape that covers pixels, in %d files%s"
              .formatted(where, files.size(), listed(labels.remarks())));
    }
    return labels;
  }

  private static String listed(List<String> remarks) {
    return remarks.isEmpty() ? "" : ": " + String.join("; ", remarks);
  }

  private static Content read(JsonFile file) {
    Content content = new Content();
    file.walk(
        parser -> {
          file.require(parser.nextToken() == JsonToken.START_OBJECT, parser, "LabelMe's object");
          while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            JsonToken value = parser.nextToken();
            if (key.equals("shapes")) {
              file.elements(parser, "shapes", each -> content.shapes.add(shape(file, each)));
            } else if (key.equals("imageWidth") && value == JsonToken.VALUE_NUMBER_INT) {
              content.width = parser.getIntValue();
            } else if (key.equals("imageHeight") && value == JsonToken.VALUE_NUMBER_INT) {
              content.height = parser.getIntValue();
            } else {
              parser.skipChildren();
            }
          }
          file.require(parser.nextToken() == null, parser, "the end of the file");
        });
    return content;
  }

  private static JsonNode shape(JsonFile file, JsonParser parser) throws IOException {
    JsonNode shape = Json.part(parser);
    file.require(
        shape.path("label").isTextual() && shape.path("points").isArray(),
        parser,
        "a shape with a label and points");
    return shape;
  }

  @Override
  public String format() {
    return "LabelMe JSON";
  }

  @Override
  public List<String> frames() {
    return files.stream().map(NamedFile::name).toList();
  }

  @Override
  public byte[] read(int frame, int width, int height) {
    JsonFile file = new JsonFile(files.get(frame).path());
    Content content = read(file);
    if (content.width != 0 || content.height != 0) {
      LabelFiles.requireSize(file.path().toString(), content.width, content.height, width, height);
    }
    Canvas canvas = new Canvas(width, height, names.background());
    for (int i = 0; i < content.shapes.size(); i++) {
      JsonNode shape = content.shapes.get(i);
      if (WITHOUT_AREA.contains(shape.path("shape_type").asText())) {
        continue;
      }
      try {
        paint(canvas, shape, names.require(shape.path("label").asText()));
      } catch (DataException e) {
        throw new DataException(
            "%s: shape %d (%s): %s"
                .formatted(file.path(), i, shape.path("label").asText(), e.getMessage()),
            e);
      }
    }
    names.painted(files.get(frame).name(), canvas.cut());
    return canvas.ids();
  }

  private static void paint(Canvas canvas, JsonNode shape, int id) {
    double[] xy = JsonFile.corners(shape.path("points"));
    String type = shape.path("shape_type").asText("polygon");
    boolean two = xy.length == 4;
    switch (type) {
      case "polygon", "oriented_rectangle" -> canvas.polygon(xy, id);
      case "rectangle" -> {
        if (two) {
          canvas.box(xy[0], xy[1], xy[2], xy[3], id);
        } else {
          canvas.polygon(xy, id);
        }
      }
      case "circle" -> {
        requireTwo(two, "a circle has a centre and a point on its edge", xy);
        double radius = Math.hypot(xy[2] - xy[0], xy[3] - xy[1]);
        canvas.ellipse(xy[0], xy[1], radius, radius, 0, id);
      }
      case "mask" -> {
        requireTwo(two, "a mask has two corners", xy);
        mask(canvas, shape.path("mask").asText(), xy, id);
      }
      default -> throw new DataException("shapes of type '%s' are not known".formatted(type));
    }
  }

  private static void requireTwo(boolean two, String what, double[] xy) {
    if (!two) {
      throw new DataException("%s, this one %d points".formatted(what, xy.length / 2));
    }
  }

  private static void mask(Canvas canvas, String base64, double[] xy, int id) {
    StoredImage mask = LabelFiles.base64("its mask", "base64", base64);
    // Corners of a mask that was dragged are fractions, and may round to a pixel more or less.
    double columns = Math.abs(xy[2] - xy[0]) + 1;
    double rows = Math.abs(xy[3] - xy[1]) + 1;
    if (Math.abs(mask.width() - columns) > MASK_SLACK
        || Math.abs(mask.height() - rows) > MASK_SLACK) {
      throw new DataException(
          "its mask is %dx%d, and its corners are of %.0fx%.0f"
              .formatted(mask.width(), mask.height(), columns, rows));
    }
    int left = (int) Math.round(Math.min(xy[0], xy[2]));
    int top = (int) Math.round(Math.min(xy[1], xy[3]));
    canvas.mask(mask.covered(), mask.width(), left, top, id);
  }

  @Override
  public List<String> remarks() {
    return withoutArea.entrySet().stream()
        .map(
            each ->
                "%d LabelMe shapes of type %s cover no pixel and are not used: %s"
                    .formatted(
                        each.getValue().size(),
                        each.getKey(),
                        Listing.of(each.getValue().stream().distinct().toList())))
        .toList();
  }
}
