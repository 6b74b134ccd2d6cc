package dev.tarsier.trainer.dataset;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.task.CityscapesClasses;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Segmentation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Cityscapes (Cordts et al., CVPR 2016) in its own folders: {@code
 * TYPE/SPLIT/CITY/CITY_SEQUENCE_FRAME_TYPE.EXTENSION} with the types {@code leftImg8bit}, {@code
 * gtFine} (its {@code labelIds}), {@code disparity} and {@code camera}.
 *
 * <p>Files are read when a frame is asked for. Those of labels and depth are needed for the frames
 * that may show them only.
 */
public final class Cityscapes implements SampleSource {
  /**
   * What the disparity is turned into. A pixel of the file holds p; 0 is invalid; the disparity is
   * d = (p − 1)/256 pixels (the data set's README). With d = 0 the scene is infinitely far, which
   * counts as unknown.
   */
  public enum Depth {
    /** Along the optical axis in metres: baseline·fx/d, with the camera's own values. */
    METRES,
    /**
     * d/256, at most {@value #LARGEST_INVERSE}: what papers on several tasks call inverse depth.
     * Without unit; it grows where the scene is nearer.
     */
    INVERSE,
    /** None is read. */
    NONE
  }

  private static final double LARGEST_INVERSE = 0.4922;

  /**
   * What to read.
   *
   * @param root the folder that holds {@code leftImg8bit}
   * @param split {@code train}, {@code val} or {@code test}
   * @param frames which frames of the split, by names such as {@code aachen_000000_000019}
   * @param labelled which of those keep their labels
   * @param withDepth which of those keep their depth
   * @param depth what depth is
   * @param classes {@link ClassSet#CITYSCAPES_19} or {@link ClassSet#CITYSCAPES_7}
   * @param shrink how many times smaller frames are made; 8 gives 256x128
   */
  public record Selection(
      Path root,
      String split,
      FrameChoice frames,
      FrameChoice labelled,
      FrameChoice withDepth,
      Depth depth,
      ClassSet classes,
      int shrink) {
    /** Checks the classes. */
    public Selection {
      if (!classes.equals(ClassSet.CITYSCAPES_19) && !classes.equals(ClassSet.CITYSCAPES_7)) {
        throw new IllegalArgumentException(
            "classes must be cityscapes19 or cityscapes7, got '%s'".formatted(classes.id()));
      }
    }

    /** All frames of a split at full size, with labels and metric depth. */
    public static Selection of(Path root, String split, ClassSet classes) {
      return new Selection(
          root, split, FrameChoice.ALL, FrameChoice.ALL, FrameChoice.ALL, Depth.METRES, classes, 1);
    }
  }

  private static final String NAME = "cityscapes";

  /** Depth of streets is kept to a centimetre, as far as 655 m. */
  private static final float METRE_STEPS = 100;

  /** Inverse depth is below one half, and is kept as finely as its files have it. */
  private static final float INVERSE_STEPS = 131_072;

  /**
   * Cityscapes in its own folders.
   *
   * @param root the folder that holds {@code leftImg8bit}
   * @param split {@code train}, {@code val} or {@code test}
   * @param choose which of its frames; all when absent
   * @param labelled which of these may use their labels; all when absent
   * @param withDepth which of these may use their depth; all when absent
   * @param depth {@code metres}, {@code inverse} or {@code none}; {@code metres} when absent
   * @param shrink how many times smaller frames are made; 8, for 256x128, when absent
   * @param perEpoch frames an epoch takes; 0 when absent
   * @param depthProtocol {@code full} when absent
   * @param optional false when absent
   */
  public record Options(
      String root,
      String split,
      FrameChoice.Options choose,
      FrameChoice.Options labelled,
      FrameChoice.Options withDepth,
      Depth depth,
      Integer shrink,
      Integer perEpoch,
      String depthProtocol,
      Boolean optional)
      implements DataSet {
    /** Checks and fills in. */
    public Options {
      DataSet.require("root", root);
      DataSet.require("split", split);
      depth = depth == null ? Depth.METRES : depth;
      shrink = shrink == null ? 8 : shrink;
      perEpoch = DataSet.count(perEpoch);
      depthProtocol = depthProtocol == null ? FULL : depthProtocol;
      optional = optional != null && optional;
    }

    @Override
    public Optional<DataSet> truth() {
      return labelled == null
          ? Optional.empty()
          : Optional.of(
              new Options(root, split, choose, null, withDepth, depth, shrink, 0, FULL, false));
    }

    @Override
    public DepthScale depthScale() {
      return switch (depth) {
        case METRES -> DepthScale.METRES;
        case INVERSE -> DepthScale.INVERSE;
        case NONE -> DepthScale.NONE;
      };
    }

    @Override
    public Optional<SampleSource> open(DataSetOpening with) {
      with.requireClasses(NAME, ClassSet.CITYSCAPES_19, ClassSet.CITYSCAPES_7);
      return with.present(root, this)
          .map(
              found ->
                  with.kept(
                      Cityscapes.open(
                          new Selection(
                              found,
                              split,
                              with.choice(choose),
                              with.choice(labelled),
                              with.choice(withDepth),
                              depth,
                              with.classes(),
                              shrink)),
                      depth == Depth.INVERSE ? INVERSE_STEPS : METRE_STEPS));
    }
  }

  /** Registers it. */
  public static final class Registered implements DataSet.Kind {
    @Override
    public String name() {
      return NAME;
    }

    @Override
    public Class<Options> type() {
      return Options.class;
    }

    @Override
    public Optional<String> licence(String data) {
      return data.startsWith(NAME)
          ? Optional.of(
              "They were trained on Cityscapes (Cordts et al., CVPR 2016), whose licence allows no"
                  + " commercial use.")
          : Optional.empty();
    }
  }

  /** One frame's files; null for those that are not read. */
  private record FrameFiles(Path image, Path labels, Path disparity, Path camera) {
    Stream<Path> there() {
      return Stream.of(image, labels, disparity, camera).filter(file -> file != null);
    }
  }

  private static final String IMAGES = "leftImg8bit";
  private static final String SUFFIX = "_leftImg8bit.png";
  private static final String LABELS = "gtFine";
  private static final String LABELS_SUFFIX = "_gtFine_labelIds.png";
  private final Selection selection;
  private final Shrink shrink;
  private final byte[] classOf;
  private final List<FrameFiles> frames;
  private final List<String> remarks;
  private String sha256;

  private Cityscapes(
      Selection selection, byte[] classOf, List<FrameFiles> frames, List<String> remarks) {
    this.selection = selection;
    this.remarks = List.copyOf(remarks);
    shrink = new Shrink(selection.shrink());
    this.classOf = classOf;
    this.frames = frames;
  }

  /**
   * Finds the frames and checks that their files are there.
   *
   * @throws DataException if a folder or file is missing; the message names it
   */
  public static Cityscapes open(Selection selection) {
    List<String> names = names(selection, IMAGES, SUFFIX);
    String what = selection.root().resolve(IMAGES).resolve(selection.split()).toString();
    List<FrameFiles> frames =
        FrameChoice.select(
                names, selection.frames(), selection.labelled(), selection.withDepth(), what)
            .stream()
            .map(
                chosen ->
                    files(
                        selection,
                        chosen.name(),
                        chosen.labelled(),
                        chosen.withDepth() && selection.depth() != Depth.NONE))
            .toList();
    for (FrameFiles each : frames) {
      each.there()
          .filter(file -> !Files.isRegularFile(file))
          .findFirst()
          .ifPresent(
              file -> {
                throw new DataException("%s is missing".formatted(file));
              });
    }
    return new Cityscapes(
        selection, classes(selection.classes()), frames, remarks(selection, names));
  }

  private static List<String> remarks(Selection selection, List<String> images) {
    List<String> remarks = new ArrayList<>();
    Path labels = selection.root().resolve(LABELS).resolve(selection.split());
    if (Files.isDirectory(labels)) {
      List<String> orphans = new ArrayList<>(names(selection, LABELS, LABELS_SUFFIX));
      orphans.removeAll(new HashSet<>(images));
      if (!orphans.isEmpty()) {
        remarks.add(
            "%d label files of %s match no image and are not used: %s"
                .formatted(orphans.size(), labels, Listing.of(orphans)));
      }
    }
    remarks.addAll(
        FrameChoice.repeated(selection.frames(), selection.labelled(), selection.withDepth()));
    return remarks;
  }

  private static byte[] classes(ClassSet classes) {
    byte[] classOf = new byte[CityscapesClasses.LAST_LABEL_ID + 1];
    for (int label = 0; label < classOf.length; label++) {
      classOf[label] =
          (byte)
              (classes.equals(ClassSet.CITYSCAPES_19)
                  ? CityscapesClasses.to19(label)
                  : CityscapesClasses.to7(label));
    }
    return classOf;
  }

  /** Names of all frames of the split that have a file of a type, sorted by city and number. */
  private static List<String> names(Selection selection, String type, String suffix) {
    Path folder = selection.root().resolve(type).resolve(selection.split());
    if (!Files.isDirectory(folder)) {
      throw new DataException(
          "%s is missing; root must be the folder that holds %s".formatted(folder, type));
    }
    try (Stream<Path> files = Files.walk(folder, 2)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(
              name ->
                  name.regionMatches(
                      true, name.length() - suffix.length(), suffix, 0, suffix.length()))
          .map(name -> name.substring(0, name.length() - suffix.length()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new DataException("%s cannot be read: %s".formatted(folder, e.getMessage()), e);
    }
  }

  private static FrameFiles files(
      Selection selection, String name, boolean labelled, boolean withDepth) {
    String city = name.substring(0, name.indexOf('_') < 0 ? name.length() : name.indexOf('_'));
    UnaryOperator<String> in = type -> type + "/" + selection.split() + "/" + city + "/" + name;
    Path root = selection.root();
    return new FrameFiles(
        ImageFile.anyCase(root.resolve(in.apply(IMAGES) + SUFFIX)),
        labelled ? ImageFile.anyCase(root.resolve(in.apply(LABELS) + LABELS_SUFFIX)) : null,
        withDepth
            ? ImageFile.anyCase(root.resolve(in.apply("disparity") + "_disparity.png"))
            : null,
        withDepth && selection.depth() == Depth.METRES
            ? root.resolve(in.apply("camera") + "_camera.json")
            : null);
  }

  @Override
  public int size() {
    return frames.size();
  }

  @Override
  public Sample get(int index) {
    FrameFiles files = frames.get(index);
    RgbImage image = ImageFile.rgb(files.image(), ImageFile.bytes(files.image()));
    int width = image.width();
    int height = image.height();
    shrink.requireFits(files.image().toString(), width, height);
    return Sample.of(
            files.image().toString(),
            width / shrink.by(),
            height / shrink.by(),
            shrink.rgb(image.pixels(), width, height))
        .withValues(
            dev.tarsier.trainer.task.Depth.ID,
            files.disparity() == null ? null : depth(files, image))
        .withIds(Segmentation.ID, files.labels() == null ? null : labels(files, image));
  }

  private byte[] labels(FrameFiles files, RgbImage image) {
    ImageFile.Plane plane = ImageFile.plane(files.labels(), ImageFile.bytes(files.labels()));
    requireSize(files.labels(), plane.width(), plane.height(), image);
    byte[] ids = new byte[plane.values().length / (shrink.by() * shrink.by())];
    for (int i = 0; i < ids.length; i++) {
      int from = shrink.from(i, image.width());
      int label = plane.values()[from] & 0xff;
      if (label >= classOf.length) {
        throw new DataException(
            "%s: label %d at pixel (%d, %d) is out of range; label ids are 0 to %d"
                .formatted(
                    files.labels(),
                    label,
                    from % image.width(),
                    from / image.width(),
                    CityscapesClasses.LAST_LABEL_ID));
      }
      ids[i] = classOf[label];
    }
    return ids;
  }

  private float[] depth(FrameFiles files, RgbImage image) {
    ImageFile.WidePlane plane =
        ImageFile.widePlane(files.disparity(), ImageFile.bytes(files.disparity()));
    requireSize(files.disparity(), plane.width(), plane.height(), image);
    double baselineFx = files.camera() == null ? 0 : baselineFx(files.camera());
    float[] depth = new float[plane.values().length / (shrink.by() * shrink.by())];
    for (int i = 0; i < depth.length; i++) {
      int stored = plane.values()[shrink.from(i, image.width())] & 0xffff;
      depth[i] = selection.depth() == Depth.METRES ? metres(stored, baselineFx) : inverse(stored);
    }
    return depth;
  }

  /** The depth of a stored disparity in metres; NaN where unknown. */
  static float metres(int stored, double baselineFx) {
    return stored <= 1 ? Float.NaN : (float) (baselineFx / ((stored - 1) / 256.0));
  }

  /** The inverse depth of a stored disparity, without unit; NaN where unknown. */
  static float inverse(int stored) {
    return stored <= 1 ? Float.NaN : (float) Math.min(LARGEST_INVERSE, (stored - 1) / 65536.0);
  }

  private static double baselineFx(Path file) {
    try {
      JsonNode camera = Json.parse(ImageFile.bytes(file));
      double baseline = camera.path("extrinsic").path("baseline").asDouble();
      double fx = camera.path("intrinsic").path("fx").asDouble();
      if (!(baseline > 0 && fx > 0)) {
        throw new DataException(
            "%s must have extrinsic.baseline and intrinsic.fx > 0, has %s and %s"
                .formatted(file, baseline, fx));
      }
      return baseline * fx;
    } catch (IOException e) {
      throw new DataException("%s is no JSON: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static void requireSize(Path file, int width, int height, RgbImage image) {
    if (width != image.width() || height != image.height()) {
      throw new DataException(
          "%s is %dx%d, its image is %dx%d"
              .formatted(file, width, height, image.width(), image.height()));
    }
  }

  @Override
  public String name() {
    return "cityscapes/" + selection.split();
  }

  @Override
  public List<String> remarks() {
    return remarks;
  }

  /** Reads all files when it is first asked for. */
  @Override
  public synchronized String sha256() {
    if (sha256 == null) {
      String frameHashes =
          IntStream.range(0, frames.size())
              .parallel()
              .mapToObj(
                  i -> {
                    ContentHash hash = new ContentHash();
                    frames
                        .get(i)
                        .there()
                        .forEach(
                            file ->
                                hash.add(file.getFileName().toString()).add(ImageFile.bytes(file)));
                    return hash.hex();
                  })
              .collect(Collectors.joining());
      sha256 =
          new ContentHash()
              .add(selection.classes().id())
              .add(selection.depth().name())
              .add(Integer.toString(shrink.by()))
              .add(frameHashes)
              .hex();
    }
    return sha256;
  }
}
