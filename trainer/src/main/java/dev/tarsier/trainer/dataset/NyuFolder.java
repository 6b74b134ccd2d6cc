package dev.tarsier.trainer.dataset;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.dataset.DataSet.DepthScale;
import dev.tarsier.trainer.task.ClassSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
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

  private static final String NAME = "nyu_folder";

  /**
   * NYU Depth v2 as a folder.
   *
   * @param root its folder
   * @param split which list of frames, such as {@code train_rest}
   * @param labelledSplit frames whose labels may be used; all when absent
   * @param depthSplit frames whose depth may be used; all when absent
   * @param choose which of the split's frames; all when absent
   * @param labels false keeps all labels back; null, as true is kept, where they may be used
   * @param depth false keeps all depth back; null, as true is kept, where it may be used
   * @param perEpoch frames an epoch takes; 0 when absent
   * @param depthProtocol {@code eigen} when absent
   * @param optional false when absent
   */
  public record Options(
      String root,
      String split,
      String labelledSplit,
      String depthSplit,
      // Only where they are given: recipes that say nothing of them keep their hashes.
      @JsonInclude(JsonInclude.Include.NON_NULL) FrameChoice choose,
      @JsonInclude(JsonInclude.Include.NON_NULL) Boolean labels,
      @JsonInclude(JsonInclude.Include.NON_NULL) Boolean depth,
      Integer perEpoch,
      String depthProtocol,
      Boolean optional)
      implements DataSet {
    /** Checks and fills in. */
    public Options {
      DataSet.require("root", root);
      DataSet.require("split", split);
      labels = kept("labels", labels, "labelled_split", labelledSplit);
      depth = kept("depth", depth, "depth_split", depthSplit);
      perEpoch = DataSet.count(perEpoch);
      depthProtocol = depthProtocol == null ? EIGEN : depthProtocol;
      optional = optional != null && optional;
    }

    /** All that the frames of a split have. */
    public static Options of(String root, String split) {
      return new Options(root, split, null, null, null, null, null, null, null, null);
    }

    private static Boolean kept(String key, Boolean shown, String splitKey, String split) {
      if (shown == null || shown) {
        return null;
      }
      if (split != null) {
        throw new IllegalArgumentException(
            "%s is false, which keeps back what %s: %s shows; leave one of the two out"
                .formatted(key, splitKey, split));
      }
      return false;
    }

    private boolean showsLabels() {
      return labels == null;
    }

    private boolean showsDepth() {
      return depth == null;
    }

    @Override
    public Optional<DataSet> truth() {
      return labelledSplit == null && showsLabels()
          ? Optional.empty()
          : Optional.of(
              new Options(root, split, null, depthSplit, choose, null, depth, 0, FULL, false));
    }

    @Override
    public DepthScale depthScale() {
      return showsDepth() ? DepthScale.METRES : DepthScale.NONE;
    }

    @Override
    public Optional<Intrinsics> camera(int width, int height) {
      return Optional.of(NyuV2.camera(width, height));
    }

    @Override
    public Optional<SampleSource> open(DataSetOpening with) {
      if (!with.classes().isOwn()) {
        with.requireClasses(NAME, ClassSet.NYU_13, ClassSet.NYU_40);
      }
      return with.present(root, this)
          .map(found -> new NyuFolder(found, this, with.choice(choose), with.classes()));
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

  private final Path root;
  private final Options section;
  private final ClassSet classes;
  private final List<String> remarks = new ArrayList<>();
  private final Stored[] frames;
  private final String sha256;

  private NyuFolder(Path root, Options section, FrameChoice choose, ClassSet classes) {
    this.root = root;
    this.section = section;
    this.classes = classes;
    List<String> listed = split(section.split());
    Listing.repeated(file(section.split()).toString(), listed).ifPresent(remarks::add);
    List<String> distinct = listed.stream().distinct().toList();
    List<String> names =
        choose == null ? distinct : choose.of(distinct, file(section.split()).toString());
    remarks.addAll(FrameChoice.repeated(choose));
    Set<String> labelled =
        section.showsLabels() ? subset(section.labelledSplit(), names) : Set.of();
    Set<String> withDepth = section.showsDepth() ? subset(section.depthSplit(), names) : Set.of();
    frames = new Stored[names.size()];
    String[] hashes = new String[names.size()];
    DataFile.inParallel(
        frames.length,
        i -> {
          String name = names.get(i);
          ContentHash hash = new ContentHash().add(name);
          frames[i] = read(name, withDepth.contains(name), labelled.contains(name), hash);
          hashes[i] = hash.hex();
        });
    ContentHash all = new ContentHash();
    for (String hash : hashes) {
      all.add(hash);
    }
    sha256 = all.hex();
    remark();
  }

  /**
   * Reads and checks the frames.
   *
   * <p>Frames that are listed twice, labels that match no photo, turned photos and unknown depth
   * are {@linkplain #remarks remarked}.
   *
   * @param root the folder, where it was found
   * @throws DataException if a file is missing, unreadable, of another size than its image, or has
   *     a label out of range; the message names the file
   */
  public static NyuFolder open(Path root, Options section, ClassSet classes) {
    return new NyuFolder(root, section, section.choose(), classes);
  }

  private void remark() {
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
    Set<String> photos = stems("rgb", ".jpg");
    orphans("depth", photos);
    orphans(classes.labelFolder(), photos);
  }

  /** Files of depth or labels that no photo goes with are of no use to any split. */
  private void orphans(String folder, Set<String> photos) {
    List<String> orphans = new ArrayList<>(stems(folder, ".png"));
    orphans.removeAll(photos);
    if (!orphans.isEmpty()) {
      remarks.add(
          "%s of %s %s no photo in rgb and %s not used: %s"
              .formatted(
                  orphans.size() == 1 ? "1 file" : orphans.size() + " files",
                  root.resolve(folder),
                  orphans.size() == 1 ? "matches" : "match",
                  orphans.size() == 1 ? "is" : "are",
                  Listing.of(orphans)));
    }
  }

  private Set<String> stems(String folder, String extension) {
    try (Stream<Path> files = Files.list(root.resolve(folder))) {
      return files
          .filter(file -> DataFile.hasExtension(file, extension))
          .map(file -> file.getFileName().toString())
          .map(name -> name.substring(0, name.length() - extension.length()))
          .collect(Collectors.toCollection(TreeSet::new));
    } catch (IOException e) {
      return Set.of();
    }
  }

  /** The frames of a list, in its order. */
  private List<String> split(String split) {
    if (!Files.isDirectory(root)) {
      throw new DataException(
          "%s is no folder; set root to where NYU Depth v2 lies".formatted(root));
    }
    Path file = file(split);
    if (!Files.exists(file)) {
      throw new DataException("%s is missing; there are %s".formatted(file, splits()));
    }
    List<String> names = new ArrayList<>();
    for (String line : Listing.text(DataFile.bytes(file)).split("\\R")) {
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

  private Path file(String split) {
    return root.resolve("splits").resolve(split + ".txt");
  }

  private String splits() {
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

  private Set<String> subset(String split, List<String> all) {
    if (split == null) {
      return new HashSet<>(all);
    }
    Set<String> chosen = new LinkedHashSet<>(split(split));
    if (Collections.disjoint(chosen, all)) {
      throw new DataException(
          "%s: no frame of split %s is in %s; name a split that shares frames with it"
              .formatted(root, split, section.split()));
    }
    List<String> others = new ArrayList<>(chosen);
    others.removeAll(new HashSet<>(all));
    if (!others.isEmpty()) {
      remarks.add(
          "%d of the %d frames of split %s are not in %s and are left out: %s"
              .formatted(others.size(), chosen.size(), split, section.split(), Listing.of(others)));
    }
    return chosen;
  }

  private Stored read(String name, boolean withDepth, boolean labelled, ContentHash hash) {
    Path rgbFile = DataFile.anyCase(root.resolve("rgb").resolve(name + ".jpg"));
    byte[] rgbBytes = DataFile.bytes(rgbFile);
    hash.add(rgbBytes);
    ExifOrientation orientation = ExifOrientation.of(rgbBytes);
    if (orientation != ExifOrientation.UPRIGHT) {
      hash.add("orientation " + orientation.tag());
    }
    RgbImage rgb = orientation.turn(DataFile.rgb(rgbFile, rgbBytes));
    byte[] depth = null;
    if (withDepth) {
      depth = plane(root.resolve("depth").resolve(name + ".png"), rgb, orientation, hash);
    }
    byte[] labels = null;
    if (labelled) {
      Path file = root.resolve(classes.labelFolder()).resolve(name + ".png");
      labels = plane(file, rgb, orientation, hash);
      for (int i = 0; i < labels.length; i++) {
        int stored = labels[i] & 0xff;
        int id = ofStored(stored);
        if (id < 0) {
          throw new DataException(
              "%s: label %d at pixel (%d, %d) is out of range; 0 is ignored, 1 to %d are classes"
                  .formatted(file, stored, i % rgb.width(), i / rgb.width(), classes.size()));
        }
        labels[i] = (byte) id;
      }
    }
    return new Stored(rgbFile, orientation, rgb.width(), rgb.height(), rgb.pixels(), depth, labels);
  }

  /** Own classes that say nothing of ids are stored as those of the data set are: id + 1. */
  private int ofStored(int stored) {
    if (!classes.sources().ids().isEmpty()) {
      return classes.ofStored(stored);
    }
    return stored == 0
        ? ClassMap.USUAL_IGNORE_ID
        : stored <= classes.size() ? stored - 1 : classes.ofStored(stored);
  }

  private static byte[] plane(
      Path named, RgbImage rgb, ExifOrientation orientation, ContentHash hash) {
    Path file = DataFile.anyCase(named);
    if (!Files.exists(file)) {
      throw new DataException(
          "%s is missing; list the frames that have depth or labels in a file of splits, and name it as depth_split or labelled_split; where labels lie in another folder, say label_folder in the classes"
              .formatted(file));
    }
    byte[] bytes = DataFile.bytes(file);
    hash.add(bytes);
    DataFile.Plane plane = DataFile.plane(file, bytes);
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
    return frames.length;
  }

  @Override
  public Sample get(int index) {
    Stored stored = frames[index];
    float[] depth = null;
    if (stored.depth() != null) {
      depth = new float[stored.depth().length];
      for (int i = 0; i < depth.length; i++) {
        depth[i] = METRES[stored.depth()[i] & 0xff];
      }
    }
    return RgbdSample.of(
        stored.file().toString(),
        stored.width(),
        stored.height(),
        stored.rgb(),
        depth,
        stored.labels());
  }

  @Override
  public String name() {
    return "nyuv2/" + section.split() + FrameChoice.inName(section.choose());
  }

  @Override
  public List<String> remarks() {
    return List.copyOf(remarks);
  }

  @Override
  public String sha256() {
    return sha256;
  }
}
