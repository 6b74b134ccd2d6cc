package dev.tarsier.trainer.dataset;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.task.ClassSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Cityscapes (Cordts et al., CVPR 2016) in its own folders: {@code
 * TYPE/SPLIT/CITY/CITY_SEQUENCE_FRAME_TYPE.EXTENSION} with the types {@code leftImg8bit}, {@code
 * gtFine} (its {@code labelIds}), {@code disparity} and {@code camera}.
 *
 * <p>A pixel of {@code disparity} holds p; 0 is invalid; the disparity is d = (p − 1)/256 pixels
 * (the data set's README). With d = 0 the scene is infinitely far, which counts as unknown. In
 * metres it is baseline·fx/d along the optical axis, with the camera's own values. The inverse is
 * d/256, at most {@value #LARGEST_INVERSE}: what papers on several tasks call inverse depth.
 *
 * <p>Files are read when a frame is asked for. Those of labels and depth are needed for the frames
 * that may show them only.
 */
public final class Cityscapes implements SampleSource {
  private static final double LARGEST_INVERSE = 0.4922;

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
      FrameChoice choose,
      FrameChoice labelled,
      FrameChoice withDepth,
      DepthScale depth,
      Integer shrink,
      Integer perEpoch,
      String depthProtocol,
      Boolean optional)
      implements DataSet {
    /** Checks and fills in. */
    public Options {
      DataSet.require("root", root);
      DataSet.require("split", split);
      depth = depth == null ? DepthScale.METRES : depth;
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
      return depth;
    }

    @Override
    public Optional<SampleSource> open(DataSetOpening with) {
      if (!with.classes().isOwn()) {
        with.requireClasses(NAME, ClassSet.CITYSCAPES_19, ClassSet.CITYSCAPES_7);
      }
      return with.present(root, this)
          .map(
              found ->
                  with.kept(
                      Cityscapes.open(found, this, with),
                      depth == DepthScale.INVERSE ? INVERSE_STEPS : METRE_STEPS));
    }
  }

  /** Registers it. */
  public static final class Registered extends DataSet.Kind {
    /** For the service loader. */
    public Registered() {
      super(NAME, Options.class);
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

  private final Path root;
  private final Options section;
  private final ClassSet classes;
  private final Shrink shrink;
  private final List<FrameFiles> frames;
  private final List<String> remarks = new ArrayList<>();
  private String sha256;

  private Cityscapes(Path root, Options section, DataSetOpening with) {
    this.root = root;
    this.section = section;
    classes = with.classes();
    shrink = new Shrink(section.shrink());
    FrameChoice choose = with.choice(section.choose());
    FrameChoice labelled = with.choice(section.labelled());
    FrameChoice withDepth = with.choice(section.withDepth());
    List<String> names = names(IMAGES, SUFFIX);
    frames =
        FrameChoice.select(names, choose, labelled, withDepth, folder(IMAGES).toString()).stream()
            .map(this::files)
            .toList();
    frames.stream()
        .flatMap(FrameFiles::there)
        .filter(file -> !Files.isRegularFile(file))
        .findFirst()
        .ifPresent(
            file -> {
              throw new DataException("%s is missing".formatted(file));
            });
    if (Files.isDirectory(folder(LABELS))) {
      List<String> orphans = new ArrayList<>(names(LABELS, LABELS_SUFFIX));
      orphans.removeAll(new HashSet<>(names));
      if (!orphans.isEmpty()) {
        remarks.add(
            "%d label files of %s match no image and are not used: %s"
                .formatted(orphans.size(), folder(LABELS), Listing.of(orphans)));
      }
    }
    remarks.addAll(FrameChoice.repeated(choose, labelled, withDepth));
  }

  /**
   * Finds the frames and checks that their files are there.
   *
   * @param root the folder, where it was found
   * @throws DataException if a folder or file is missing; the message names it
   */
  static Cityscapes open(Path root, Options section, DataSetOpening with) {
    return new Cityscapes(root, section, with);
  }

  private Path folder(String type) {
    return root.resolve(type).resolve(section.split());
  }

  /** Names of all frames of the split that have a file of a type, sorted by city and number. */
  private List<String> names(String type, String suffix) {
    Path folder = folder(type);
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

  private FrameFiles files(FrameChoice.Chosen chosen) {
    boolean withDepth = chosen.withDepth() && section.depth() != DataSet.DepthScale.NONE;
    boolean metres = section.depth() == DataSet.DepthScale.METRES;
    return new FrameFiles(
        file(IMAGES, chosen, SUFFIX),
        chosen.labelled() ? file(LABELS, chosen, LABELS_SUFFIX) : null,
        withDepth ? file("disparity", chosen, "_disparity.png") : null,
        withDepth && metres ? file("camera", chosen, "_camera.json") : null);
  }

  private Path file(String type, FrameChoice.Chosen chosen, String suffix) {
    String city = chosen.name().replaceFirst("_.*", "");
    return DataFile.anyCase(folder(type).resolve(city).resolve(chosen.name() + suffix));
  }

  @Override
  public int size() {
    return frames.size();
  }

  @Override
  public Sample get(int index) {
    FrameFiles files = frames.get(index);
    RgbImage image = DataFile.rgb(files.image(), DataFile.bytes(files.image()));
    int width = image.width();
    int height = image.height();
    shrink.requireFits(files.image().toString(), width, height);
    return RgbdSample.of(
        files.image().toString(),
        width / shrink.by(),
        height / shrink.by(),
        shrink.rgb(image.pixels(), width, height),
        files.disparity() == null ? null : depth(files, image),
        files.labels() == null ? null : labels(files, image));
  }

  private byte[] labels(FrameFiles files, RgbImage image) {
    DataFile.Plane plane = DataFile.plane(files.labels(), DataFile.bytes(files.labels()));
    requireSize(files.labels(), plane.width(), plane.height(), image);
    byte[] ids = new byte[plane.values().length / (shrink.by() * shrink.by())];
    for (int i = 0; i < ids.length; i++) {
      int from = shrink.from(i, image.width());
      int label = plane.values()[from] & 0xff;
      int id = classes.ofStored(label);
      if (id < 0) {
        throw new DataException(
            "%s: label %d at pixel (%d, %d) is out of range; label ids are 0 to 33"
                .formatted(files.labels(), label, from % image.width(), from / image.width()));
      }
      ids[i] = (byte) id;
    }
    return ids;
  }

  private float[] depth(FrameFiles files, RgbImage image) {
    DataFile.WidePlane plane =
        DataFile.widePlane(files.disparity(), DataFile.bytes(files.disparity()));
    requireSize(files.disparity(), plane.width(), plane.height(), image);
    double baselineFx = files.camera() == null ? 0 : baselineFx(files.camera());
    float[] depth = new float[plane.values().length / (shrink.by() * shrink.by())];
    for (int i = 0; i < depth.length; i++) {
      int stored = plane.values()[shrink.from(i, image.width())] & 0xffff;
      depth[i] = files.camera() != null ? metres(stored, baselineFx) : inverse(stored);
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
      JsonNode camera = Json.parse(DataFile.bytes(file));
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
    return "cityscapes/" + section.split() + FrameChoice.inName(section.choose());
  }

  @Override
  public List<String> remarks() {
    return List.copyOf(remarks);
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
                                hash.add(file.getFileName().toString()).add(DataFile.bytes(file)));
                    return hash.hex();
                  })
              .collect(Collectors.joining());
      sha256 =
          new ContentHash()
              .add(classes.id())
              .add(section.depth().name())
              .add(Integer.toString(shrink.by()))
              .add(frameHashes)
              .hex();
    }
    return sha256;
  }
}
