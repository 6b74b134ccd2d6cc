package dev.tarsier.trainer.dataset.rgbd;

import dev.tarsier.trainer.dataset.DataFile;
import dev.tarsier.trainer.dataset.depth.StoredUnit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Layouts that are known by name: where things lie where a recipe does not say it. {@code {split}}
 * stands for the recipe's split. Of several places the first counts that is there.
 */
@SuppressWarnings("ImmutableEnumChecker") // nobody changes its lists
enum Preset {
  /** What {@code tarsier bag export} writes, and CVAT or another tool labelled. */
  FRAMES(
      List.of("rgb"),
      List.of(
          "labels",
          "SegmentationClass",
          "annotations.json",
          "annotations.xml",
          "annotations/instances_default.json"),
      List.of("depth"),
      List.of("splits/{split}.txt")),

  /** NYU Depth v2 as {@code nyu_folder} has it. */
  NYU(List.of("rgb"), List.of(), List.of(), List.of("splits/{split}.txt")),

  /** Cityscapes in its own folders. */
  CITYSCAPES(List.of("leftImg8bit"), List.of(), List.of(), List.of()),

  /** TUM's RGB-D benchmark: lists with stamps, 5000 to a metre. */
  TUM(
      List.of("associations.txt", "rgb.txt"),
      List.of("labels"),
      List.of("associations.txt", "depth.txt"),
      List.of("splits/{split}.txt", "{split}.txt")) {
    @Override
    StoredUnit unit() {
      return StoredUnit.of("tum");
    }

    @Override
    Double tolerance() {
      return 0.02;
    }
  },

  /** ScanNet's frames as its SensReader exports them; depth is smaller than colour. */
  SCANNET(
      List.of("color", "**/(*)/color/(*.jpg)"),
      List.of("label-filt", "label", "**/(*)/label-filt/(*.png)", "**/(*)/label/(*.png)"),
      List.of("depth", "**/(*)/depth/(*.png)"),
      List.of("splits/{split}.txt", "{split}.txt")) {
    @Override
    StoredUnit unit() {
      return StoredUnit.of("scannet");
    }

    @Override
    boolean stretchesDepth() {
      return true;
    }
  },

  /** SUN RGB-D: a folder for each frame, whose name is the frame's; depth rotated by three bits. */
  SUN_RGBD(
      List.of("(**)/image/*.jpg"),
      List.of(),
      List.of("(**)/depth_bfx/*.png"),
      List.of("splits/{split}.txt", "{split}.txt")) {
    @Override
    StoredUnit unit() {
      return StoredUnit.of("sun_rgbd");
    }
  },

  /** Pascal VOC, CVAT's "Segmentation mask" and labelme2voc. */
  VOC(
      List.of("JPEGImages"),
      List.of("SegmentationClass", "SegmentationClassPNG"),
      List.of("depth"),
      List.of("ImageSets/Segmentation/{split}.txt", "{split}.txt")),

  /** The same under the name of the tool. */
  CVAT(VOC.images, VOC.labels, VOC.depth, VOC.lists),

  /** CamVid's lists with two columns, as CVAT exports them. */
  CAMVID(
      List.of("{split}.txt", "default.txt", "train.txt"),
      List.of("{split}.txt", "default.txt", "train.txt"),
      List.of("depth"),
      List.of()),

  /** COCO's instances. */
  COCO(
      List.of("images/{split}", "images", "{split}", "{split}2017"),
      List.of(
          "annotations/instances_{split}.json",
          "annotations/instances_{split}2017.json",
          "annotations/instances_default.json",
          "annotations/instances_train.json",
          "annotations.json"),
      List.of("depth/{split}", "depth"),
      List.of("splits/{split}.txt")),

  /** LabelMe: files of JSON beside the images. */
  LABELME(
      List.of("."),
      List.of("*.json"),
      List.of("depth"),
      List.of("splits/{split}.txt", "{split}.txt"));

  private static final String SPLIT = "{split}";

  /** How deep folders of scenes lie. */
  private static final int LAYERS = 4;

  private final List<String> images;
  private final List<String> labels;
  private final List<String> depth;
  private final List<String> lists;

  Preset(List<String> images, List<String> labels, List<String> depth, List<String> lists) {
    this.images = images;
    this.labels = labels;
    this.depth = depth;
    this.lists = lists;
  }

  /** As recipes write it. */
  String written() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** All as recipes write them. */
  static List<String> names() {
    return Arrays.stream(values()).map(Preset::written).toList();
  }

  /** What a count of depth is; null where the file says it. */
  StoredUnit unit() {
    return null;
  }

  /** Seconds that images, depth and labels may be apart; null where names match. */
  Double tolerance() {
    return null;
  }

  /** Whether depth may be of another size than its image, of the same view. */
  boolean stretchesDepth() {
    return false;
  }

  /** Where images lie; null where none of the places is there. */
  String images(Path root, String split) {
    return first(images, root, split);
  }

  /** Where labels lie; null where none of the places is there. */
  String labels(Path root, String split) {
    return first(
        labels,
        root,
        split,
        place -> isOfSplit(root, place, split) && hasFiles(root, place, split));
  }

  /** Where labels are looked for. */
  List<String> labelPlaces() {
    return labels;
  }

  /**
   * The file of another split has other frames, which may have the same names; a split that is a
   * list of its own takes its frames from any file.
   */
  private static boolean isOfSplit(Path root, String place, String split) {
    return split == null
        || split.endsWith(".txt")
        || Files.exists(root.resolve("splits").resolve(split + ".txt"))
        || split.equals("train")
        || !place.endsWith("_train.json");
  }

  /**
   * Whether a folder of labels has any that the product reads (labelme2voc writes arrays too), and
   * a pattern a folder of that name.
   */
  private static boolean hasFiles(Path root, String place, String split) {
    if (place.startsWith("**")) {
      String folder = place.replaceFirst("/[^/]*$", "").replaceFirst(".*/", "");
      try (Stream<Path> below =
          Files.find(root, LAYERS, (at, is) -> is.isDirectory(), FileVisitOption.FOLLOW_LINKS)) {
        return below.anyMatch(at -> at.endsWith(folder));
      } catch (IOException | UncheckedIOException e) {
        return false;
      }
    }
    Path at = root.resolve(split == null ? place : place.replace(SPLIT, split));
    if (!Files.isDirectory(at)) {
      return true;
    }
    try (Stream<Path> files = Files.list(at)) {
      List<Path> all = files.toList();
      return all.isEmpty() || !all.stream().allMatch(file -> DataFile.hasExtension(file, ".npy"));
    } catch (IOException e) {
      return true;
    }
  }

  /** Where depth lies; null where none of the places is there. */
  String depth(Path root, String split) {
    return first(depth, root, split);
  }

  /** Where lists of frames lie, with {@code {split}} in them. */
  List<String> lists() {
    return lists;
  }

  /** The layout that a folder has: its images are there, and what the layout needs besides. */
  static Optional<Preset> of(Path root) {
    for (Preset each : List.of(TUM, FRAMES, CVAT, CAMVID, COCO, SCANNET, LABELME)) {
      String images = each.images(root, null);
      if (images != null && (each.isTold(images) || each.hasLabels(root))) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  /** Whether no other layout has images there. */
  private boolean isTold(String images) {
    return this == FRAMES || this == CVAT || this == TUM || images.endsWith(".txt");
  }

  private boolean hasLabels(Path root) {
    String said = labels(root, null);
    return said != null && (!said.startsWith("*") || hasFile(root, said.substring(1)));
  }

  private static boolean hasFile(Path folder, String extension) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.anyMatch(file -> file.toString().endsWith(extension));
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Where in a folder labels lie as some tool writes them, besides one place: files that nobody
   * reads.
   *
   * @param read the place, from the folder
   */
  static List<String> otherLabels(Path folder, String read) {
    return Stream.of(FRAMES, CVAT, COCO)
        .flatMap(each -> each.labels.stream())
        .filter(place -> !place.contains(SPLIT) && !place.matches(".*[*(].*"))
        .distinct()
        .filter(place -> !folder.resolve(place).normalize().startsWith(folder.resolve(read)))
        .filter(place -> Files.exists(folder.resolve(place)))
        .toList();
  }

  /** Where in a folder the labels of an export lie; none where it has no such place. */
  static Optional<String> labelsIn(Path folder) {
    return Stream.of(CVAT, FRAMES, COCO, CAMVID)
        .map(each -> each.labels(folder, null))
        .filter(Objects::nonNull)
        .findFirst();
  }

  private static String first(List<String> places, Path root, String split) {
    return first(places, root, split, place -> true);
  }

  /** The first place that is there and is wanted; what is there is asked first, as it is quick. */
  private static String first(
      List<String> places, Path root, String split, Predicate<String> wanted) {
    for (String place : places) {
      boolean asked = place.contains(SPLIT);
      String said = split == null ? place : place.replace(SPLIT, split);
      boolean pattern = said.matches(".*[*(].*");
      if ((asked && split == null) || (!pattern && !Files.exists(root.resolve(said)))) {
        continue;
      }
      if (wanted.test(place)) {
        return said;
      }
    }
    return null;
  }
}
