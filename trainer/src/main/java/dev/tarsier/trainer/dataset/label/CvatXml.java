package dev.tarsier.trainer.dataset.label;

import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Listing;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * "CVAT for images 1.1" (CVAT's manual, "CVAT XML format"): an {@code image} for each frame, with
 * polygons, boxes that may be turned, ellipses, and masks as run lengths, not covered and covered
 * in turn, row by row within a box. Shapes of a higher {@code z_order} lie over others, those of
 * one by their place in the file. Lines, points, cuboids and skeletons cover nothing here.
 */
final class CvatXml implements Labels {
  private static final Set<String> WITH_AREA = Set.of("polygon", "box", "ellipse", "mask");
  private static final Set<String> WITHOUT_AREA =
      Set.of("polyline", "points", "cuboid", "skeleton");

  /** A shape: its numbers as its kind has them. */
  private record Shape(String kind, String label, int order, double[] numbers, long[] runs) {}

  private record Image(String name, int width, int height, List<Shape> shapes) {}

  private final Path path;
  private final LabelNames names;
  private final List<Image> images = new ArrayList<>();
  private final Map<String, Set<String>> withoutArea = new TreeMap<>();
  private final Map<String, Integer> counts = new TreeMap<>();

  private CvatXml(Path path, LabelNames names) {
    this.path = path;
    this.names = names;
  }

  /**
   * Reads the file.
   *
   * @throws DataException if it is damaged, of a video, or has shapes of what is no class
   */
  static CvatXml open(Path path, LabelNames names) {
    CvatXml labels = new CvatXml(path, names);
    new XmlFile(path)
        .walk(
            root ->
                XmlFile.children(
                    root,
                    element -> {
                      if (element.getLocalName().equals("track")) {
                        throw new DataException(
                            "%s is CVAT's XML for videos; export the task as 'CVAT for images 1.1'"
                                .formatted(path));
                      }
                      if (element.getLocalName().equals("image")) {
                        labels.image(element);
                      }
                    }));
    Set<String> seen = new HashSet<>();
    for (Image each : labels.images) {
      if (!seen.add(each.name())) {
        throw new DataException(
            "%s has two images named %s; which labels are of which cannot be told"
                .formatted(path, each.name()));
      }
    }
    names.requireKnown(path.toString());
    labels.images.removeIf(each -> each.shapes().isEmpty());
    if (labels.images.isEmpty()) {
      throw new DataException(
          "%s has no image with a polygon, box, ellipse or mask".formatted(path));
    }
    return labels;
  }

  private void image(XMLStreamReader element) throws XMLStreamException {
    String name = element.getAttributeValue(null, "name");
    if (name == null) {
      throw new DataException(
          "%s: line %d: an image has no name"
              .formatted(path, element.getLocation().getLineNumber()));
    }
    Image image;
    try {
      image =
          new Image(
              name,
              XmlFile.whole("width", element.getAttributeValue(null, "width")),
              XmlFile.whole("height", element.getAttributeValue(null, "height")),
              new ArrayList<>());
    } catch (DataException e) {
      throw new DataException("%s: image %s: %s".formatted(path, name, e.getMessage()), e);
    }
    XmlFile.children(element, each -> shape(each, image));
    image.shapes().sort(Comparator.comparingInt(Shape::order));
    images.add(image);
  }

  private void shape(XMLStreamReader element, Image image) {
    String kind = element.getLocalName();
    if (WITHOUT_AREA.contains(kind)) {
      withoutArea.computeIfAbsent(kind, each -> new LinkedHashSet<>()).add(image.name());
      counts.merge(kind, 1, Integer::sum);
    }
    if (!WITH_AREA.contains(kind)) {
      return; // tags of the image as a whole, attributes
    }
    try {
      String label = element.getAttributeValue(null, "label");
      if (label == null) {
        throw new DataException("it has no label");
      }
      names.see(label, image.name());
      String order = element.getAttributeValue(null, "z_order");
      image
          .shapes()
          .add(
              new Shape(
                  kind,
                  label,
                  order == null ? 0 : XmlFile.whole("z_order", order),
                  numbers(kind, element),
                  kind.equals("mask") ? runs(element.getAttributeValue(null, "rle")) : null));
    } catch (DataException e) {
      throw new DataException(
          "%s: line %d: %s of %s: %s"
              .formatted(
                  path, element.getLocation().getLineNumber(), kind, image.name(), e.getMessage()),
          e);
    }
  }

  private static double[] numbers(String kind, XMLStreamReader element) {
    return switch (kind) {
      case "polygon" -> points(element.getAttributeValue(null, "points"));
      case "box" -> attributes(element, "xtl", "ytl", "xbr", "ybr");
      case "ellipse" -> attributes(element, "cx", "cy", "rx", "ry");
      default -> attributes(element, "left", "top", "width", "height");
    };
  }

  /** The attributes, and the rotation, clockwise in degrees. */
  private static double[] attributes(XMLStreamReader element, String... keys) {
    double[] numbers = new double[keys.length + 1];
    for (int i = 0; i < keys.length; i++) {
      numbers[i] = XmlFile.number(keys[i], element.getAttributeValue(null, keys[i]));
    }
    String rotation = element.getAttributeValue(null, "rotation");
    numbers[keys.length] = rotation == null ? 0 : XmlFile.number("rotation", rotation);
    return numbers;
  }

  private static double[] points(String text) {
    String[] points = text == null ? new String[0] : text.strip().split("\\s*;\\s*");
    double[] xy = new double[2 * points.length];
    for (int i = 0; i < points.length; i++) {
      String[] each = points[i].split(",", -1);
      if (each.length != 2) {
        throw new DataException("points must be x,y;x,y;…, has '%s'".formatted(points[i]));
      }
      xy[2 * i] = XmlFile.number("x", each[0]);
      xy[2 * i + 1] = XmlFile.number("y", each[1]);
    }
    return xy;
  }

  private static long[] runs(String text) {
    String[] each = text == null ? new String[0] : text.strip().split("\\s*,\\s*");
    long[] runs = new long[each.length];
    for (int i = 0; i < runs.length; i++) {
      runs[i] = XmlFile.whole("rle", each[i]);
    }
    return runs;
  }

  @Override
  public String format() {
    return "CVAT XML";
  }

  @Override
  public List<String> frames() {
    return images.stream().map(Image::name).toList();
  }

  @Override
  public byte[] read(int frame, int width, int height) {
    Image image = images.get(frame);
    LabelFiles.requireSize(
        "%s: %s".formatted(path, image.name()), image.width(), image.height(), width, height);
    Canvas canvas = new Canvas(width, height, names.background());
    for (Shape shape : image.shapes()) {
      try {
        paint(canvas, shape, names.require(shape.label()));
      } catch (DataException e) {
        throw new DataException(
            "%s: %s '%s' of %s: %s"
                .formatted(path, shape.kind(), shape.label(), image.name(), e.getMessage()),
            e);
      }
    }
    names.painted(image.name(), canvas.cut());
    return canvas.ids();
  }

  private static void paint(Canvas canvas, Shape shape, int id) {
    double[] n = shape.numbers();
    switch (shape.kind()) {
      case "polygon" -> canvas.polygon(n, id);
      case "box" -> canvas.polygon(turnedBox(n[0], n[1], n[2], n[3], Math.toRadians(n[4])), id);
      case "ellipse" -> canvas.ellipse(n[0], n[1], n[2], n[3], Math.toRadians(n[4]), id);
      default -> {
        int columns = (int) n[2];
        int rows = (int) n[3];
        if (columns < 1 || rows < 1 || columns > canvas.width() || rows > canvas.height()) {
          throw new DataException(
              "its box is %dx%d, the image %dx%d"
                  .formatted(columns, rows, canvas.width(), canvas.height()));
        }
        boolean[] covered = RunLengths.covered(shape.runs(), columns * rows);
        canvas.mask(covered, columns, (int) n[0], (int) n[1], id);
      }
    }
  }

  /** Corners of a box that is turned about its middle. */
  static double[] turnedBox(double x0, double y0, double x1, double y1, double radians) {
    double midX = (x0 + x1) / 2;
    double midY = (y0 + y1) / 2;
    double[] xy = {x0, y0, x1, y0, x1, y1, x0, y1};
    for (int i = 0; radians != 0 && i < xy.length; i += 2) {
      double x = xy[i] - midX;
      double y = xy[i + 1] - midY;
      xy[i] = midX + x * Math.cos(radians) - y * Math.sin(radians);
      xy[i + 1] = midY + x * Math.sin(radians) + y * Math.cos(radians);
    }
    return xy;
  }

  @Override
  public List<String> remarks() {
    return withoutArea.entrySet().stream()
        .map(
            each ->
                "%s: %d of the shapes are %s, which cover no pixel here and are not used: %s"
                    .formatted(
                        path,
                        counts.get(each.getKey()),
                        each.getKey(),
                        Listing.of(List.copyOf(each.getValue()))))
        .toList();
  }
}
