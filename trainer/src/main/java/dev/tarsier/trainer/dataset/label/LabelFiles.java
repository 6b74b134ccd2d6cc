package dev.tarsier.trainer.dataset.label;

import com.fasterxml.jackson.core.JsonToken;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.DataFile;
import dev.tarsier.trainer.dataset.Listing;
import dev.tarsier.trainer.dataset.StoredImage;
import dev.tarsier.trainer.task.ClassSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Opens labels in whatever format they are: the extension tells JSON, XML and images apart, the
 * content whose JSON or XML it is. Stateless.
 */
public final class LabelFiles {
  /** Whose JSON a file is. */
  private enum JsonKind {
    COCO,
    LABELME,
    LABEL_STUDIO
  }

  private LabelFiles() {}

  /**
   * Opens labels.
   *
   * @param files one file for all frames, or one for each labelled frame. Not modified.
   * @param where what to call them in messages: a folder, a pattern or a file
   * @param labelMap the file that says what masks mean; null for the one that lies with them, if
   *     any
   * @throws DataException if they cannot be read, are of no known kind or of several, or are of
   *     what is no class
   */
  public static Labels open(List<NamedFile> files, String where, Path labelMap, ClassSet classes) {
    LabelNames names = new LabelNames(classes);
    return new Told(open(files, where, labelMap, names), names, where);
  }

  /** Labels that tell, once frames were read, which shapes were cut off. */
  private record Told(Labels labels, LabelNames names, String where) implements Labels {
    @Override
    public String format() {
      return labels.format();
    }

    @Override
    public List<String> frames() {
      return labels.frames();
    }

    @Override
    public List<String> named() {
      return labels.named();
    }

    @Override
    public byte[] read(int frame, int width, int height) {
      return labels.read(frame, width, height);
    }

    @Override
    public List<String> remarks() {
      List<String> remarks = new ArrayList<>(labels.remarks());
      names.cut(where).ifPresent(remarks::add);
      return remarks;
    }
  }

  /**
   * What labels have, whether it is a class or not.
   *
   * @param files as for {@link #open}. Not modified.
   * @param where what to call them in messages
   * @param labelMap the file that says what masks mean; null for the one that lies with them
   * @throws DataException if they cannot be read, or are of no known kind or of several
   */
  public static LabelSurvey survey(List<NamedFile> files, String where, Path labelMap) {
    LabelNames names = LabelNames.any();
    Labels labels = open(files, where, labelMap, names);
    if (labels instanceof MaskFiles masks) {
      return masks.survey();
    }
    return new LabelSurvey(labels.format(), labels.frames().size(), names.strange());
  }

  /**
   * The classes that an annotation tool's file names, none of them counted: a label map such as
   * {@code labelmap.txt}, or those of the shapes in a file of JSON or XML.
   *
   * @throws DataException if it cannot be read, or names none
   */
  public static LabelSurvey names(Path file) {
    if (!DataFile.hasExtension(file, ".txt")) {
      return survey(
          List.of(new NamedFile(file.getFileName().toString(), file)), file.toString(), null);
    }
    LabelMap map = LabelMap.read(file);
    List<LabelSurvey.Entry> entries = new ArrayList<>();
    map.names()
        .forEach(
            name ->
                entries.add(new LabelSurvey.Entry(name, map.colorOf(name), null, 0, true, null)));
    return new LabelSurvey(file.getFileName().toString(), 0, entries);
  }

  /** Whether a file is called as those that say what masks mean. */
  public static boolean isLabelMap(Path file) {
    return LabelMap.FILES.contains(file.getFileName().toString());
  }

  private static Labels open(List<NamedFile> files, String where, Path labelMap, LabelNames names) {
    Set<String> extensions =
        files.stream().map(file -> extension(file.path())).collect(Collectors.toSet());
    boolean json = extensions.contains("json");
    boolean xml = extensions.contains("xml");
    if (extensions.size() > 1 && (json || xml)) {
      throw new DataException(
          "%s has label files of several kinds (%s); name those of one kind, such as labels/*.json"
              .formatted(where, String.join(", ", extensions.stream().sorted().toList())));
    }
    Path first = files.get(0).path();
    if (json) {
      return json(files, where, names);
    }
    if (xml) {
      return files.size() == 1 && new XmlFile(first).root().equals("annotations")
          ? CvatXml.open(first, names)
          : LabelMeXml.open(files, where, names);
    }
    LabelMap map =
        labelMap == null
            ? LabelMap.near(first.toAbsolutePath().getParent()).orElse(null)
            : LabelMap.read(labelMap);
    return new MaskFiles(files, map, names);
  }

  private static Labels json(List<NamedFile> files, String where, LabelNames names) {
    JsonFile first = new JsonFile(files.get(0).path());
    JsonKind kind = kind(first);
    if (kind == JsonKind.LABELME) {
      return LabelMeJson.open(files, where, names);
    }
    if (files.size() > 1) {
      throw new DataException(
          "%s has %d JSON files, but %s is a file for all frames; name it alone: %s"
              .formatted(
                  where,
                  files.size(),
                  first.path(),
                  Listing.of(
                      files.stream().map(each -> each.path().getFileName().toString()).toList())));
    }
    return kind == JsonKind.COCO
        ? CocoLabels.open(first, names)
        : LabelStudioJson.open(first, names);
  }

  private static JsonKind kind(JsonFile file) {
    JsonKind[] kind = new JsonKind[1];
    file.walk(
        parser -> {
          JsonToken begin = parser.nextToken();
          if (begin == JsonToken.START_ARRAY) {
            kind[0] = JsonKind.LABEL_STUDIO;
            return;
          }
          while (begin == JsonToken.START_OBJECT
              && kind[0] == null
              && parser.nextToken() == JsonToken.FIELD_NAME) {
            switch (parser.currentName()) {
              case "shapes" -> kind[0] = JsonKind.LABELME;
              case "images", "annotations", "categories" -> kind[0] = JsonKind.COCO;
              default -> {
                parser.nextToken();
                parser.skipChildren();
              }
            }
          }
        });
    if (kind[0] == null) {
      throw new DataException(
          "%s is no JSON of COCO (annotations), LabelMe (shapes) or Label Studio (a list of tasks)"
              .formatted(file.path()));
    }
    return kind[0];
  }

  private static String extension(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return DataFile.hasExtension(file, ".json") || DataFile.hasExtension(file, ".xml")
        ? name.substring(name.lastIndexOf('.') + 1)
        : "image";
  }

  /**
   * An image that a file of shapes holds as text.
   *
   * @param what it is, for messages
   * @param expected what the text should be, for messages
   * @throws DataException if it is no base64 or no image
   */
  static StoredImage base64(String what, String expected, String text) {
    byte[] file;
    try {
      file = Base64.getMimeDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new DataException("%s is no %s: %s".formatted(what, expected, e.getMessage()), e);
    }
    return StoredImage.of(what, file);
  }

  /**
   * Checks that labels are as large as their image.
   *
   * @param what has the labels, for messages
   * @throws DataException if they are not
   */
  static void requireSize(String what, int width, int height, int imageWidth, int imageHeight) {
    if (width != imageWidth || height != imageHeight) {
      throw new DataException(
          "%s is %dx%d, its image is %dx%d"
              .formatted(what, width, height, imageWidth, imageHeight));
    }
  }
}
