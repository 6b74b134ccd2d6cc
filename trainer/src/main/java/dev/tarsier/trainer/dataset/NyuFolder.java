package dev.tarsier.trainer.dataset;

import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.NyuClasses;
import dev.tarsier.trainer.task.Segmentation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * NYU Depth v2 as a folder: {@code rgb/NNNN.jpg}, {@code depth/NNNN.png} (uint8, metres = (v +
 * 0.5)/25.5, 0 = unknown), {@code label13/NNNN.png} or {@code label40/NNNN.png} (id + 1, 0 =
 * ignored), and lists of frames in {@code splits/*.txt}. Extensions may be in upper case. Photos
 * are turned by their EXIF orientation, as annotation tools show them; depth and labels must fit
 * the turned photo.
 *
 * <p>All frames are read and checked when it is opened and are then kept in memory, one byte a
 * value: 384 KB for a frame of 320x240.
 */
public final class NyuFolder implements SampleSource {
  private static final float[] METRES = new float[256];

  static {
    METRES[0] = Float.NaN;
    for (int v = 1; v < METRES.length; v++) {
      METRES[v] = (v + 0.5f) / 25.5f;
    }
  }

  /**
   * What to read of the folder.
   *
   * @param root the folder that holds {@code rgb}
   * @param split which list of frames, such as {@code train_rest}
   * @param labelFolder such as {@code label13}; null for no labels
   * @param classes how many classes the labels have, 1 to 254
   * @param labelledSplit a list of the frames whose labels may be used, the others' are left out;
   *     null for all
   * @param depthSplit the same for depth
   */
  public record Selection(
      Path root,
      String split,
      String labelFolder,
      int classes,
      String labelledSplit,
      String depthSplit) {
    /** Checks the range. */
    public Selection {
      if (classes < 1 || classes > 254) {
        throw new IllegalArgumentException("classes must be 1 to 254, got " + classes);
      }
    }

    /** All frames of a split with depth and the 13 classes. */
    public static Selection of(Path root, String split) {
      return of(root, split, ClassSet.NYU_13);
    }

    /** All frames of a split with depth and these classes. */
    public static Selection of(Path root, String split, ClassSet classes) {
      return new Selection(root, split, classes.labelFolder(), classes.size(), null, null);
    }
  }

  private static final String NAME = "nyu_folder";

  /**
   * NYU Depth v2 as a folder.
   *
   * @param root its folder
   * @param split which list of frames, such as {@code train_rest}
   * @param labelledSplit frames whose labels may be used; all when absent
   * @param depthSplit frames whose depth may be used; all when absent
   * @param perEpoch frames an epoch takes; 0 when absent
   * @param depthProtocol {@code eigen} when absent
   * @param optional false when absent
   */
  public record Options(
      String root,
      String split,
      String labelledSplit,
      String depthSplit,
      Integer perEpoch,
      String depthProtocol,
      Boolean optional)
      implements DataSet {
    /** Checks and fills in. */
    public Options {
      DataSet.require("root", root);
      DataSet.require("split", split);
      perEpoch = DataSet.count(perEpoch);
      depthProtocol = depthProtocol == null ? EIGEN : depthProtocol;
      optional = optional != null && optional;
    }

    @Override
    public Optional<DataSet> truth() {
      return labelledSplit == null
          ? Optional.empty()
          : Optional.of(new Options(root, split, null, depthSplit, 0, FULL, false));
    }

    @Override
    public DepthScale depthScale() {
      return DepthScale.METRES;
    }

    @Override
    public Optional<Intrinsics> camera(int width, int height) {
      return Optional.of(NyuV2.camera(width, height));
    }

    @Override
    public Optional<SampleSource> open(DataSetOpening with) {
      ClassSet classes = with.classes();
      with.requireClasses(NAME, ClassSet.NYU_13, ClassSet.NYU_40);
      return with.present(root, this)
          .map(
              found ->
                  NyuFolder.open(
                      new Selection(
                          found,
                          split,
                          classes.labelFolder(),
                          classes.size(),
                          labelledSplit,
                          depthSplit)));
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
      return NyuV2.licence(data);
    }
  }

  private record Stored(
      Path file,
      ExifOrientation orientation,
      int width,
      int height,
      byte[] rgb,
      byte[] depth,
      byte[] labels) {
    /** Pixels of the depth file that hold 0. */
    long unknownDepth() {
      long unknown = 0;
      for (int i = 0; depth != null && i < depth.length; i++) {
        unknown += depth[i] == 0 ? 1 : 0;
      }
      return unknown;
    }
  }

  private final Selection selection;
  private final List<Stored> frames;
  private final String sha256;
  private final List<String> remarks;

  private NyuFolder(Selection selection, List<Stored> frames, String sha256, List<String> remarks) {
    this.selection = selection;
    this.frames = frames;
    this.sha256 = sha256;
    this.remarks = List.copyOf(remarks);
  }

  /**
   * Reads and checks the frames.
   *
   * <p>Frames that are listed twice, labels that match no photo, turned photos and unknown depth
   * are {@linkplain #remarks remarked}.
   *
   * @throws DataException if a file is missing, unreadable, of another size than its image, or has
   *     a label out of range; the message names the file
   */
  public static NyuFolder open(Selection selection) {
    List<String> remarks = new ArrayList<>();
    List<String> names = distinct(selection.root(), selection.split(), remarks);
    Set<String> labelled = subset(selection, selection.labelledSplit(), names, remarks);
    Set<String> withDepth = subset(selection, selection.depthSplit(), names, remarks);
    Stored[] frames = new Stored[names.size()];
    byte[][] hashes = new byte[names.size()][];
    try {
      IntStream.range(0, frames.length)
          .parallel()
          .forEach(
              i -> {
                String name = names.get(i);
                ContentHash hash = new ContentHash().add(name);
                frames[i] =
                    read(selection, name, withDepth.contains(name), labelled.contains(name), hash);
                hashes[i] = hash.hex().getBytes(StandardCharsets.UTF_8);
              });
    } catch (RuntimeException e) {
      // A parallel stream may wrap the failure of another thread in one of the same type.
      throw e.getCause() instanceof DataException inner ? inner : e;
    }
    ContentHash all = new ContentHash();
    for (byte[] hash : hashes) {
      all.add(hash);
    }
    remark(selection, frames, remarks);
    return new NyuFolder(selection, Arrays.asList(frames), all.hex(), remarks);
  }

  private static void remark(Selection selection, Stored[] frames, List<String> remarks) {
    List<String> turned = new ArrayList<>();
    List<String> holes = new ArrayList<>();
    long unknown = 0;
    for (Stored each : frames) {
      String name = each.file().getFileName().toString();
      if (each.orientation() != ExifOrientation.UPRIGHT) {
        turned.add(name);
      }
      if (each.unknownDepth() > 0) {
        holes.add(name);
        unknown += each.unknownDepth();
      }
    }
    if (!turned.isEmpty()) {
      remarks.add(
          "%d of %d photos are turned by their EXIF orientation, as viewers show them; depth and labels must fit the turned photos: %s"
              .formatted(turned.size(), frames.length, Listing.of(turned)));
    }
    if (!holes.isEmpty()) {
      remarks.add(
          "%d of %d frames have depth of 0 (%d pixels in all), which is read as unknown: %s"
              .formatted(holes.size(), frames.length, unknown, Listing.of(holes)));
    }
    Set<String> photos = stems(selection.root().resolve("rgb"), ".jpg");
    orphans(selection, "depth", photos, remarks);
    if (selection.labelFolder() != null) {
      orphans(selection, selection.labelFolder(), photos, remarks);
    }
  }

  /** Files of depth or labels that no photo goes with are of no use to any split. */
  private static void orphans(
      Selection selection, String folder, Set<String> photos, List<String> remarks) {
    List<String> orphans = new ArrayList<>(stems(selection.root().resolve(folder), ".png"));
    orphans.removeAll(photos);
    if (!orphans.isEmpty()) {
      remarks.add(
          "%s of %s %s no photo in rgb and %s not used: %s"
              .formatted(
                  orphans.size() == 1 ? "1 file" : orphans.size() + " files",
                  selection.root().resolve(folder),
                  orphans.size() == 1 ? "matches" : "match",
                  orphans.size() == 1 ? "is" : "are",
                  Listing.of(orphans)));
    }
  }

  private static Set<String> stems(Path folder, String extension) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> ImageFile.hasExtension(file, extension))
          .map(file -> file.getFileName().toString())
          .map(name -> name.substring(0, name.length() - extension.length()))
          .collect(Collectors.toCollection(TreeSet::new));
    } catch (IOException e) {
      return Set.of();
    }
  }

  /** The frames of a list without those that it names again. */
  private static List<String> distinct(Path root, String split, List<String> remarks) {
    List<String> names = split(root, split);
    Listing.repeated(file(root, split).toString(), names).ifPresent(remarks::add);
    return names.stream().distinct().toList();
  }

  /** The frames of a list, in its order. */
  static List<String> split(Path root, String split) {
    if (!Files.isDirectory(root)) {
      throw new DataException(
          "%s is no folder; set root to where NYU Depth v2 lies".formatted(root));
    }
    Path file = file(root, split);
    if (!Files.exists(file)) {
      throw new DataException("%s is missing; there are %s".formatted(file, splits(root)));
    }
    List<String> names = new ArrayList<>();
    for (String line : Listing.text(ImageFile.bytes(file)).split("\\R")) {
      String name = line.strip();
      if (name.contains("/") || name.matches("(?i).*\\.(jpe?g|png)")) {
        throw new DataException(
            "%s names '%s'; write names of frames without folder and extension, such as 0001"
                .formatted(file, name));
      }
      if (!name.isEmpty()) {
        names.add(name);
      }
    }
    if (names.isEmpty()) {
      throw new DataException("%s names no frame".formatted(file));
    }
    return names;
  }

  private static Path file(Path root, String split) {
    return root.resolve("splits").resolve(split + ".txt");
  }

  private static String splits(Path root) {
    try (Stream<Path> files = Files.list(root.resolve("splits"))) {
      String names =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith(".txt"))
              .map(name -> name.substring(0, name.length() - 4))
              .sorted()
              .collect(Collectors.joining(", "));
      return names.isEmpty() ? "no splits" : names;
    } catch (IOException e) {
      return "no splits";
    }
  }

  private static Set<String> subset(
      Selection selection, String split, List<String> all, List<String> remarks) {
    if (split == null) {
      return new HashSet<>(all);
    }
    Set<String> chosen = new LinkedHashSet<>(split(selection.root(), split));
    if (Collections.disjoint(chosen, all)) {
      throw new DataException(
          "%s: no frame of split %s is in %s; name a split that shares frames with it"
              .formatted(selection.root(), split, selection.split()));
    }
    List<String> others = new ArrayList<>(chosen);
    others.removeAll(new HashSet<>(all));
    if (!others.isEmpty()) {
      remarks.add(
          "%d of the %d frames of split %s are not in %s and are left out: %s"
              .formatted(
                  others.size(), chosen.size(), split, selection.split(), Listing.of(others)));
    }
    return chosen;
  }

  private static Stored read(
      Selection selection, String name, boolean withDepth, boolean labelled, ContentHash hash) {
    Path rgbFile = ImageFile.anyCase(selection.root().resolve("rgb").resolve(name + ".jpg"));
    byte[] rgbBytes = ImageFile.bytes(rgbFile);
    hash.add(rgbBytes);
    ExifOrientation orientation = ExifOrientation.of(rgbBytes);
    if (orientation != ExifOrientation.UPRIGHT) {
      hash.add("orientation " + orientation.tag());
    }
    RgbImage rgb = orientation.turn(ImageFile.rgb(rgbFile, rgbBytes));
    byte[] depth = null;
    if (withDepth) {
      depth =
          plane(selection.root().resolve("depth").resolve(name + ".png"), rgb, orientation, hash);
    }
    byte[] labels = null;
    if (labelled && selection.labelFolder() != null) {
      Path file = selection.root().resolve(selection.labelFolder()).resolve(name + ".png");
      labels = plane(file, rgb, orientation, hash);
      for (int i = 0; i < labels.length; i++) {
        int stored = labels[i] & 0xff;
        if (stored > selection.classes()) {
          throw new DataException(
              "%s: label %d at pixel (%d, %d) is out of range; 0 is ignored, 1 to %d are classes"
                  .formatted(file, stored, i % rgb.width(), i / rgb.width(), selection.classes()));
        }
        labels[i] = (byte) (stored == 0 ? NyuClasses.IGNORE : stored - 1);
      }
    }
    return new Stored(rgbFile, orientation, rgb.width(), rgb.height(), rgb.pixels(), depth, labels);
  }

  private static byte[] plane(
      Path named, RgbImage rgb, ExifOrientation orientation, ContentHash hash) {
    Path file = ImageFile.anyCase(named);
    if (!Files.exists(file)) {
      throw new DataException(
          "%s is missing; list the frames that have depth or labels in a file of splits, and name it as depth_split or labelled_split"
              .formatted(file));
    }
    byte[] bytes = ImageFile.bytes(file);
    hash.add(bytes);
    ImageFile.Plane plane = ImageFile.plane(file, bytes);
    if (plane.width() != rgb.width() || plane.height() != rgb.height()) {
      throw new DataException(
          "%s is %dx%d, its image is %dx%d%s"
              .formatted(
                  file,
                  plane.width(),
                  plane.height(),
                  rgb.width(),
                  rgb.height(),
                  orientation == ExifOrientation.UPRIGHT
                      ? ""
                      : ", turned by its EXIF orientation %d; turn it likewise, or take the orientation out of the photo"
                          .formatted(orientation.tag())));
    }
    return plane.values();
  }

  @Override
  public int size() {
    return frames.size();
  }

  @Override
  public Sample get(int index) {
    Stored stored = frames.get(index);
    float[] depth = null;
    if (stored.depth() != null) {
      depth = new float[stored.depth().length];
      for (int i = 0; i < depth.length; i++) {
        depth[i] = METRES[stored.depth()[i] & 0xff];
      }
    }
    return Sample.of(stored.file().toString(), stored.width(), stored.height(), stored.rgb())
        .withValues(Depth.ID, depth)
        .withIds(Segmentation.ID, stored.labels());
  }

  @Override
  public String name() {
    return "nyuv2/" + selection.split();
  }

  @Override
  public List<String> remarks() {
    return remarks;
  }

  @Override
  public String sha256() {
    return sha256;
  }
}
