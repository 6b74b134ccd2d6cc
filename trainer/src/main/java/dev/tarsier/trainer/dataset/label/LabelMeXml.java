package dev.tarsier.trainer.dataset.label;

import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.DataFile;
import dev.tarsier.trainer.dataset.Listing;
import dev.tarsier.trainer.dataset.StoredImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * XML of the web site LabelMe, as CVAT exports it ("LabelMe 3.0"), a file for each frame: objects
 * with a polygon, or with a mask in a PNG in the folder {@code Masks} beside the file. Deleted
 * objects are none.
 */
final class LabelMeXml implements Labels {
  /** An object; either a polygon or the name of a mask. */
  private static final class Shape {
    private String label = "";
    private boolean deleted;
    private String mask;
    private final List<Double> xy = new ArrayList<>();

    boolean covers() {
      return !deleted && (mask != null || !xy.isEmpty());
    }
  }

  /** A file's content. */
  private static final class Content {
    private int width;
    private int height;
    private final List<Shape> shapes = new ArrayList<>();
  }

  private final LabelNames names;
  private final List<NamedFile> files = new ArrayList<>();
  private final List<String> boxes = new ArrayList<>();

  private LabelMeXml(LabelNames names) {
    this.names = names;
  }

  /**
   * Reads all files once.
   *
   * @throws DataException if one is damaged or has objects of what is no class
   */
  static LabelMeXml open(List<NamedFile> files, String where, LabelNames names) {
    LabelMeXml labels = new LabelMeXml(names);
    for (NamedFile file : files) {
      Content content = read(file.path());
      for (Shape shape : content.shapes) {
        if (shape.covers()) {
          names.see(shape.label, file.path().getFileName().toString());
        } else if (!shape.deleted) {
          labels.boxes.add(file.name());
        }
      }
      if (content.shapes.stream().anyMatch(Shape::covers)) {
        labels.files.add(file);
      }
    }
    names.requireKnown(where);
    if (labels.files.isEmpty()) {
      throw new DataException(
          "%s has no LabelMe object that covers pixels, in %d files; %d have boxes alone, which cover nothing"
              .formatted(where, files.size(), labels.boxes.stream().distinct().count()));
    }
    return labels;
  }

  private static Content read(Path path) {
    Content content = new Content();
    new XmlFile(path)
        .walk(
            root -> {
              if (!root.getLocalName().equals("annotation")) {
                throw new DataException(
                    "%s begins with <%s>, not with LabelMe's <annotation>%s"
                        .formatted(
                            path,
                            root.getLocalName(),
                            root.getLocalName().equals("annotations")
                                ? "; it is CVAT's, of which one file alone can be named"
                                : ""));
              }
              try {
                XmlFile.children(root, element -> read(element, content));
              } catch (DataException e) {
                throw new DataException("%s: %s".formatted(path, e.getMessage()), e);
              }
            });
    return content;
  }

  private static void read(XMLStreamReader element, Content content) throws XMLStreamException {
    switch (element.getLocalName()) {
      case "imagesize" -> {}
      case "nrows" -> content.height = XmlFile.whole("nrows", element.getElementText());
      case "ncols" -> content.width = XmlFile.whole("ncols", element.getElementText());
      case "object" -> {
        Shape shape = new Shape();
        XmlFile.children(element, each -> read(each, shape));
        content.shapes.add(shape);
      }
      default -> {}
    }
  }

  private static void read(XMLStreamReader element, Shape shape) throws XMLStreamException {
    switch (element.getLocalName()) {
      case "name" -> shape.label = element.getElementText();
      case "deleted" -> shape.deleted = element.getElementText().strip().equals("1");
      case "mask" -> shape.mask = element.getElementText();
      case "pt" ->
          XmlFile.children(
              element,
              each -> {
                String axis = each.getLocalName();
                if (axis.equals("x") || axis.equals("y")) {
                  shape.xy.add(XmlFile.number(axis, each.getElementText()));
                }
              });
      default -> {}
    }
  }

  @Override
  public String format() {
    return "LabelMe XML";
  }

  @Override
  public List<String> frames() {
    return files.stream().map(NamedFile::name).toList();
  }

  @Override
  public byte[] read(int frame, int width, int height) {
    Path path = files.get(frame).path();
    Content content = read(path);
    if (content.width != 0 || content.height != 0) {
      LabelFiles.requireSize(path.toString(), content.width, content.height, width, height);
    }
    Canvas canvas = new Canvas(width, height, names.background());
    for (Shape shape : content.shapes) {
      if (!shape.covers()) {
        continue;
      }
      try {
        int id = names.require(shape.label);
        if (shape.mask == null) {
          canvas.polygon(shape.xy.stream().mapToDouble(Double::doubleValue).toArray(), id);
        } else {
          Path file = mask(path, shape.mask);
          StoredImage mask = StoredImage.of(file.toString(), DataFile.bytes(file));
          LabelFiles.requireSize(file.toString(), mask.width(), mask.height(), width, height);
          canvas.mask(mask.covered(), width, 0, 0, id);
        }
      } catch (DataException e) {
        throw new DataException(
            "%s: object '%s': %s".formatted(path, shape.label, e.getMessage()), e);
      }
    }
    names.painted(files.get(frame).name(), canvas.cut());
    return canvas.ids();
  }

  /** A mask's file, which must lie where masks lie. */
  private static Path mask(Path annotation, String name) {
    Path folder = annotation.resolveSibling("Masks").normalize();
    Path file = folder.resolve(name.strip()).normalize();
    if (!file.startsWith(folder)) {
      throw new DataException("its mask '%s' is not in %s".formatted(name, folder));
    }
    return file;
  }

  @Override
  public List<String> remarks() {
    return boxes.isEmpty()
        ? List.of()
        : List.of(
            "%d objects have neither a polygon nor a mask and are not used: %s"
                .formatted(boxes.size(), Listing.of(boxes.stream().distinct().toList())));
  }
}
