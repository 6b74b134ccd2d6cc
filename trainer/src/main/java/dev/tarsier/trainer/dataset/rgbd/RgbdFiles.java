package dev.tarsier.trainer.dataset.rgbd;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tarsier.runtime.config.NearestName;
import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.dataset.Cityscapes;
import dev.tarsier.trainer.dataset.ContentHash;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.DataFile;
import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.dataset.DataSetOpening;
import dev.tarsier.trainer.dataset.ExifOrientation;
import dev.tarsier.trainer.dataset.FrameChoice;
import dev.tarsier.trainer.dataset.Listing;
import dev.tarsier.trainer.dataset.NyuFolder;
import dev.tarsier.trainer.dataset.RgbdSample;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.dataset.Shrink;
import dev.tarsier.trainer.dataset.depth.DepthFiles;
import dev.tarsier.trainer.dataset.depth.DepthLooks;
import dev.tarsier.trainer.dataset.depth.DepthMap;
import dev.tarsier.trainer.dataset.depth.DepthRules;
import dev.tarsier.trainer.dataset.label.LabelFiles;
import dev.tarsier.trainer.dataset.label.LabelSurvey;
import dev.tarsier.trainer.dataset.label.Labels;
import dev.tarsier.trainer.dataset.label.NamedFile;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.task.ClassSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Frames as files of any layout, in any mixture: images, labels of some of them, depth of some.
 * Kind {@code rgbd}.
 *
 * <p>When it is opened, each frame is read once, so that all that is wrong is known before a
 * training begins; after that frames are read when they are asked for. Images are turned by their
 * EXIF orientation, as viewers and annotation tools show them; depth and labels must fit the turned
 * image.
 */
public final class RgbdFiles implements SampleSource {
  private static final String NAME = "rgbd";
  private static final String NONE = "none";
  private static final String LABELLED = "labelled";

  /** Depth is kept in whole steps, of which there are so many. */
  private static final float STEPS = 65_000;

  /** As fine as depth is kept at most, and as coarse. */
  private static final float MOST_STEPS_A_METRE = 4000;

  private static final float LEAST_STEPS_A_METRE = 6;
  private static final int WORTH_TELLING_FRAMES = 50;
  private static final long WORTH_TELLING_NANOS = 3_000_000_000L;

  /** Extensions of files of shapes. */
  private static final List<String> SHAPES = List.of(".json", ".xml");

  /** Images' extensions. */
  private static final List<String> IMAGES =
      List.of(".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp");

  /**
   * Frames as files.
   *
   * @param root the folder that the others are relative to
   * @param preset a layout by name, which says what the others do not; none when absent
   * @param images a folder, a pattern, or a list
   * @param labels a folder, a pattern, a list, or one file for all frames; {@code none} for none
   * @param labelMap the file that says what masks mean; looked for beside them when absent
   * @param depth a folder, a pattern, or a list; {@code none} for none
   * @param depthAs how files of depth are to be understood; as the preset and the files say when
   *     absent
   * @param stretchDepth whether depth may be of another size, of the same view; as the preset says
   *     when absent
   * @param tolerance seconds that labels and depth may be apart from their image, by the stamps
   *     they are named by; when absent they are matched by name
   * @param split a list of frames; all when absent
   * @param only {@code labelled}: frames without labels are left out; all when absent
   * @param camera whose camera it is; the preset's {@code camera.yaml} when absent, if it is there
   * @param choose which of the frames; all when absent
   * @param labelled which of these may show their labels; all when absent
   * @param withDepth which of these may show their depth; all when absent
   * @param shrink how many times smaller frames are made; 1 when absent
   * @param perEpoch frames an epoch takes; 0 when absent
   * @param depthProtocol {@code full} when absent
   * @param optional false when absent
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Options(
      String root,
      String preset,
      String images,
      String labels,
      String labelMap,
      String depth,
      DepthRules depthAs,
      Boolean stretchDepth,
      Double tolerance,
      String split,
      String only,
      CameraSection camera,
      FrameChoice choose,
      FrameChoice labelled,
      FrameChoice withDepth,
      Integer shrink,
      Integer perEpoch,
      String depthProtocol,
      Boolean optional)
      implements DataSet {
    /** Checks and fills in. */
    public Options {
      DataSet.require("root", root);
      if (preset == null && images == null) {
        throw new IllegalArgumentException(
            "rgbd needs images, such as rgb/*.png, or a preset: "
                + String.join(", ", Preset.names()));
      }
      if (preset != null && !Preset.names().contains(preset)) {
        throw new IllegalArgumentException(
            "preset must be one of %s, got '%s'%s"
                .formatted(
                    String.join(", ", Preset.names()),
                    preset,
                    NearestName.question(preset, Preset.names()).orElse("")));
      }
      if (tolerance != null && !(tolerance >= 0 && tolerance < 3600)) {
        throw new IllegalArgumentException("tolerance must be 0 to 3600 seconds, got " + tolerance);
      }
      if (only != null && !only.equals(LABELLED)) {
        throw new IllegalArgumentException(
            "only must be %s, or absent for all frames, got '%s'".formatted(LABELLED, only));
      }
      shrink = shrink == null ? 1 : shrink;
      new Shrink(shrink); // checks it
      perEpoch = DataSet.count(perEpoch);
      depthProtocol = depthProtocol == null ? FULL : depthProtocol;
      optional = optional != null && optional;
      if (layout() == Preset.NYU || layout() == Preset.CITYSCAPES) {
        for (Object other :
            new Object[] {
              images, labels, labelMap, depthAs, stretchDepth, tolerance, camera, only
            }) {
          if (other != null) {
            throw new IllegalArgumentException(
                "preset %s says where everything lies; leave out all but split, choose%s"
                    .formatted(
                        preset, layout() == Preset.NYU ? "" : ", labelled, with_depth and shrink"));
          }
        }
        if (layout() == Preset.NYU && (labelled != null || withDepth != null || shrink != 1)) {
          throw new IllegalArgumentException(
              "preset nyu has no labelled, with_depth and shrink; say labelled_split or depth_split with kind: nyu_folder");
        }
        DataSet.require("split", split);
      }
    }

    private Preset layout() {
      return preset == null ? null : Preset.valueOf(preset.toUpperCase(Locale.ROOT));
    }

    /** The data set of its own that a preset stands for; null for files as they lie. */
    private DataSet own() {
      if (layout() == Preset.NYU) {
        return new NyuFolder.Options(
            root,
            split,
            null,
            null,
            choose,
            null,
            NONE.equals(depth) ? false : null,
            perEpoch,
            depthProtocol,
            optional);
      }
      if (layout() == Preset.CITYSCAPES) {
        return new Cityscapes.Options(
            root,
            split,
            choose,
            labelled,
            withDepth,
            NONE.equals(depth) ? DepthScale.NONE : DepthScale.METRES,
            shrink,
            perEpoch,
            depthProtocol,
            optional);
      }
      return null;
    }

    @Override
    public Optional<DataSet> truth() {
      return labelled == null || only != null
          ? Optional.empty()
          : Optional.of(
              new Options(
                  root,
                  preset,
                  images,
                  labels,
                  labelMap,
                  depth,
                  depthAs,
                  stretchDepth,
                  tolerance,
                  split,
                  null,
                  camera,
                  choose,
                  null,
                  withDepth,
                  shrink,
                  0,
                  FULL,
                  false));
    }

    @Override
    public DepthScale depthScale() {
      return NONE.equals(depth) || (depth == null && preset == null)
          ? DepthScale.NONE
          : DepthScale.METRES;
    }

    @Override
    public Optional<Intrinsics> camera(PathResolver paths, int width, int height) {
      DataSet own = own();
      return own != null
          ? own.camera(paths, width, height)
          : camera(paths).map(numbers -> numbers.at(width, height));
    }

    private Optional<CameraSection.Numbers> camera(PathResolver paths) {
      Optional<Path> folder = paths.find(root);
      if (camera != null) {
        Optional<Path> file =
            camera.file() == null || folder.isEmpty()
                ? Optional.empty()
                : new FrameFiles(folder.get(), paths).find(camera.file());
        return Optional.of(camera.read(file));
      }
      Optional<Path> usual =
          preset == null
              ? Optional.empty()
              : folder.map(at -> at.resolve("camera.yaml")).filter(Files::exists);
      return usual.map(file -> new CameraSection(file.toString(), null).read(usual));
    }

    @Override
    public Optional<SampleSource> open(DataSetOpening with) {
      DataSet own = own();
      return own != null
          ? own.open(with)
          : with.present(root, this).map(found -> RgbdFiles.open(found, this, with));
    }
  }

  /** Registers it. */
  public static final class Registered extends DataSet.Kind {
    /** For the service loader. */
    public Registered() {
      super(NAME, Options.class);
    }
  }

  /**
   * A frame.
   *
   * @param labels place among the labels; −1 where nobody labelled it, or that may not be shown
   * @param depth its file; null where nobody measured, or that may not be shown
   */
  private record Frame(String name, Path image, int labels, Path depth) {}

  /** What reading all frames once has shown. */
  private static final class Seen {
    private final String[] hashes;
    private final DepthMap.Look[] looks;
    private final String[] turned;
    private final String[] faults;
    private final boolean[] labelled;

    Seen(int frames) {
      hashes = new String[frames];
      looks = new DepthMap.Look[frames];
      turned = new String[frames];
      faults = new String[frames];
      labelled = new boolean[frames];
    }
  }

  /** Apart in time by no more, labels are most likely of an image. */
  private static final double NEAR_SECONDS = 0.05;

  private final Path root;
  private final Options section;
  private final Shrink shrink;
  private final Labels labels;
  private final DepthFiles depthFiles;
  private final boolean stretchDepth;
  private final CameraSection.Numbers camera;
  private final List<Frame> frames;
  private final List<String> remarks = new ArrayList<>();
  private final List<String> doubts = new ArrayList<>();
  private final String sha256;
  private float farthest;

  private RgbdFiles(Path root, Options section, DataSetOpening with) {
    this.root = root;
    this.section = section;
    shrink = new Shrink(section.shrink());
    Preset preset = section.layout();
    DepthRules rules =
        (section.depthAs() == null ? DepthRules.USUAL : section.depthAs())
            .orIn(preset == null ? null : preset.unit());
    depthFiles = new DepthFiles(rules);
    stretchDepth =
        section.stretchDepth() != null
            ? section.stretchDepth()
            : preset != null && preset.stretchesDepth();
    camera = section.camera(with.paths()).orElse(null);
    FrameFiles files = new FrameFiles(root, with.paths());
    Layout layout = new Layout(files, preset, with);
    labels = layout.labels;
    frames = layout.frames();
    Seen seen = readAll(with);
    sha256 = hash(seen);
    remark(seen, rules);
  }

  /**
   * Finds, reads and checks all frames.
   *
   * @param root the folder, where it was found
   * @throws DataException if something is missing, damaged, of another size than its image or of no
   *     known class; the message names the files
   */
  static SampleSource open(Path root, Options section, DataSetOpening with) {
    RgbdFiles source = new RgbdFiles(root, section, with);
    float most = Math.max(source.farthest, STEPS / MOST_STEPS_A_METRE);
    return with.kept(source, Math.max(LEAST_STEPS_A_METRE, STEPS / most));
  }

  /**
   * What a section's files of labels have, whether it is a class or not. Opens no image.
   *
   * @param root the folder, where it was found
   * @param paths finds what is not below it
   * @return none where the section has no labels
   * @throws DataException if they cannot be read
   */
  public static Optional<LabelSurvey> survey(Path root, Options section, PathResolver paths) {
    String said = labelsOf(root, section);
    return said == null
        ? Optional.empty()
        : Optional.of(
            LabelFiles.survey(
                labelFiles(new FrameFiles(root, paths), said),
                root.resolve(said).normalize().toString(),
                section.labelMap() == null ? null : paths.find(section.labelMap()).orElse(null)));
  }

  /** The name of the layout that a folder has; none where it has none that is known. */
  public static Optional<String> layoutOf(Path root) {
    return Preset.of(root).map(Preset::written);
  }

  /**
   * What a section says of a folder whose layout has no name: where its images are, and depth and
   * calibration beside them.
   *
   * @return none where it has no images in itself, nor in a folder that is usual for them
   */
  public static Optional<String> filesIn(Path root) {
    return imagesIn(root)
        .map(
            images ->
                "images: %s%s%s"
                    .formatted(
                        images,
                        Files.isDirectory(root.resolve("depth")) ? ", depth: depth" : "",
                        Files.isRegularFile(root.resolve("camera.yaml"))
                            ? ", camera: camera.yaml"
                            : ""));
  }

  /**
   * The folder of a {@linkplain #filesIn layout without a name} whose images have a file of shapes
   * beside them, of the same name: LabelMe's JSON or XML.
   *
   * @return none where they have none
   */
  public static Optional<Path> imagesWithShapes(Path root) {
    return imagesIn(root)
        .map(images -> root.resolve(images).normalize())
        .filter(
            folder -> {
              Set<String> images = new HashSet<>();
              list(folder, IMAGES).forEach(each -> images.add(stem(each)));
              return list(folder, SHAPES).stream().anyMatch(each -> images.contains(stem(each)));
            });
  }

  private static Optional<String> imagesIn(Path root) {
    return Stream.of(".", "images", "image", "color", "rgb")
        .filter(each -> !list(root.resolve(each), IMAGES).isEmpty())
        .findFirst();
  }

  /** Files of a folder that have one of some extensions; none where it cannot be read. */
  private static List<Path> list(Path folder, List<String> extensions) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> hasExtension(file, extensions)).toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  private static String stem(Path file) {
    return DataFile.withoutExtension(file.getFileName().toString());
  }

  /** The lists of a folder that are called {@code train} and {@code val}; empty without both. */
  public static List<Path> trainAndVal(Path root) {
    return Stream.of("splits", "ImageSets/Segmentation")
        .map(root::resolve)
        .map(folder -> List.of(folder.resolve("train.txt"), folder.resolve("val.txt")))
        .filter(both -> both.stream().allMatch(Files::isRegularFile))
        .findFirst()
        .orElse(List.of());
  }

  /**
   * Where labels lie in a folder that an annotation tool's export was unpacked to.
   *
   * @return a folder or a file; the folder itself where it has none of the usual places
   */
  public static Path labelsIn(Path folder) {
    return Preset.labelsIn(folder).map(folder::resolve).orElse(folder);
  }

  /** What a section's labels lie in; null where it has none. */
  private static String labelsOf(Path root, Options section) {
    Preset preset = section.layout();
    String said = section.labels();
    if (said == null && preset != null) {
      said = preset.labels(root, section.split());
    }
    return NONE.equals(said) ? null : said;
  }

  private static List<NamedFile> labelFiles(FrameFiles files, String said) {
    return withoutImages(
        files.named(
            "labels",
            said,
            file -> hasExtension(file, List.of(".json", ".xml", ".png", ".tif", ".tiff", ".bmp"))));
  }

  /** In a folder of images with JSON or XML beside them, the labels are those. */
  private static List<NamedFile> withoutImages(List<NamedFile> files) {
    List<NamedFile> shapes =
        files.stream().filter(file -> hasExtension(file.path(), SHAPES)).toList();
    return shapes.isEmpty() ? files : shapes;
  }

  /** Which files are of which frame. */
  private final class Layout {
    private final FrameFiles files;
    private final Preset preset;
    private final DataSetOpening with;
    private final List<NamedFile> images;
    private final Labels labels;
    private final List<NamedFile> depth;

    Layout(FrameFiles files, Preset preset, DataSetOpening with) {
      this.files = files;
      this.preset = preset;
      this.with = with;
      String said = section.images();
      if (said == null) {
        said = preset.images(root, section.split());
      }
      if (said == null) {
        throw new DataException(
            "%s is not laid out as preset %s has it; say where its images are, such as images: rgb/*.png"
                .formatted(root, section.preset()));
      }
      images = files.named("images", said, file -> hasExtension(file, IMAGES));
      labels = labels();
      depth = depth();
    }

    private Labels labels() {
      String said = labelsOf(root, section);
      if (said == null) {
        if (section.labels() == null && preset != null && !preset.labelPlaces().isEmpty()) {
          remarks.add(
              "no labels: preset %s looks for them in %s, and none is there"
                  .formatted(section.preset(), String.join(", ", preset.labelPlaces())));
        }
        return null;
      }
      Path place = root.resolve(said).normalize();
      Path base = place.startsWith(root.normalize()) ? root.normalize() : place.getParent();
      List<String> others = Preset.otherLabels(base, base.relativize(place).toString());
      if (!others.isEmpty()) {
        remarks.add(
            "labels are those of %s; %s in %s is not read (labels: names what is)"
                .formatted(place, String.join(" and ", others), base));
      }
      List<NamedFile> read = labelFiles(files, said);
      unread(read).ifPresent(remarks::add);
      return LabelFiles.open(
          read, place.toString(), with.file(section.labelMap(), "label_map"), classes());
    }

    /** Names files of shapes of these images that lie beside the labels and are none of them. */
    private Optional<String> unread(List<NamedFile> read) {
      Path folder = read.get(0).path().toAbsolutePath().getParent();
      Set<String> names = new HashSet<>();
      images.forEach(each -> names.add(stem(each.path())));
      Set<Path> known = new HashSet<>();
      read.forEach(each -> known.add(each.path().toAbsolutePath()));
      List<String> unread =
          list(folder, SHAPES).stream()
              .filter(each -> names.contains(stem(each)) && !known.contains(each))
              .map(each -> each.getFileName().toString())
              .sorted()
              .toList();
      return unread.isEmpty()
          ? Optional.empty()
          : Optional.of(
              "labels are those of %d files such as %s; not read, though they have names of images: %s (labels: names what is read)"
                  .formatted(read.size(), read.get(0).path().getFileName(), Listing.of(unread)));
    }

    /** An export of a bag has ids as the bag has them, unless a user says which files store. */
    private ClassSet classes() {
      return preset == Preset.FRAMES && !with.classes().isOwn()
          ? with.classes().storedByOwnIds()
          : with.classes();
    }

    private List<NamedFile> depth() {
      String said = section.depth();
      if (said == null && preset != null) {
        said = preset.depth(root, section.split());
      }
      return said == null || said.equals(NONE)
          ? List.of()
          : files.named("depth", said, DepthFiles::hasExtension);
    }

    List<Frame> frames() {
      List<String> names = images.stream().map(NamedFile::name).toList();
      FrameNames byName = new FrameNames(names);
      int[] labelsOf =
          labels == null
              ? filled(names.size())
              : matched("labels", labels.frames(), labels.format(), names, byName);
      int[] depthOf =
          depth.isEmpty()
              ? filled(names.size())
              : matched(
                  "depth", depth.stream().map(NamedFile::name).toList(), "depth", names, byName);
      List<String> chosen = split(names, byName);
      FrameChoice labelled = with.choice(section.labelled());
      FrameChoice withDepth = with.choice(section.withDepth());
      FrameChoice choose = with.choice(section.choose());
      remarks.addAll(FrameChoice.repeated(choose, labelled, withDepth));
      Map<String, Integer> places = new HashMap<>();
      for (int i = 0; i < names.size(); i++) {
        places.put(names.get(i), i);
      }
      List<Frame> all = new ArrayList<>();
      for (FrameChoice.Chosen each :
          FrameChoice.select(chosen, choose, labelled, withDepth, root.toString())) {
        int at = places.get(each.name());
        int ofDepth = each.withDepth() ? depthOf[at] : -1;
        all.add(
            new Frame(
                each.name(),
                images.get(at).path(),
                each.labelled() ? labelsOf[at] : -1,
                ofDepth < 0 ? null : depth.get(ofDepth).path()));
      }
      return section.only() == null ? all : labelled(all);
    }

    private List<Frame> labelled(List<Frame> all) {
      List<Frame> some = all.stream().filter(frame -> frame.labels() >= 0).toList();
      if (some.isEmpty()) {
        throw new DataException(
            "none of the %d frames of %s has labels, and only: labelled leaves out all others; label some of them, or take others"
                .formatted(all.size(), name()));
      }
      return some;
    }

    private static int[] filled(int size) {
      int[] none = new int[size];
      Arrays.fill(none, -1);
      return none;
    }

    /** For each name which of some others is nearest by the stamps they are; −1 for none. */
    private static int[] byStamps(List<String> names, List<String> others, double tolerance) {
      long[] stamps = names.stream().mapToLong(Stamps::nanos).toArray();
      long[] theirs = others.stream().map(FrameFiles::bare).mapToLong(Stamps::nanos).toArray();
      return Stamps.nearest(stamps, theirs, tolerance);
    }

    /** Where both are named by stamps: how many a tolerance would match. */
    private static String nearInTime(List<String> others, List<String> names) {
      try {
        long near =
            Arrays.stream(byStamps(names, others, NEAR_SECONDS)).filter(each -> each >= 0).count();
        return near == 0
            ? ""
            : "; tolerance: %s would match %d of them by their stamps"
                .formatted(NEAR_SECONDS, near);
      } catch (DataException e) {
        return ""; // names that are no stamps
      }
    }

    /** For each image which of some other files is of it; −1 for none. */
    private int[] matched(
        String what, List<String> others, String format, List<String> names, FrameNames byName) {
      Double tolerance = section.tolerance();
      if (tolerance == null
          && preset != null
          && others.stream().anyMatch(each -> byName.find(each) < 0)) {
        tolerance = preset.tolerance();
      }
      int[] found = filled(names.size());
      List<String> orphans = new ArrayList<>();
      if (tolerance != null) {
        found = byStamps(names, others, tolerance);
        Set<Integer> taken = new LinkedHashSet<>(Arrays.stream(found).boxed().toList());
        IntStream.range(0, others.size())
            .filter(i -> !taken.contains(i))
            .forEach(i -> orphans.add(others.get(i)));
      } else {
        for (int i = 0; i < others.size(); i++) {
          int image = byName.find(others.get(i));
          if (image < 0) {
            orphans.add(others.get(i));
          } else if (found[image] >= 0) {
            throw new DataException(
                "%s: %s and %s are both of image %s; name those of one kind"
                    .formatted(what, others.get(found[image]), others.get(i), names.get(image)));
          } else {
            found[image] = i;
          }
        }
      }
      if (orphans.size() == others.size()) {
        throw new DataException(
            "%s: none of the %d frames of %s in %s matches one of the %d images%s; they are called %s, the images %s%s"
                .formatted(
                    what,
                    others.size(),
                    format,
                    root,
                    names.size(),
                    tolerance == null ? " by name" : " within %s s".formatted(tolerance),
                    Listing.of(orphans),
                    Listing.of(names),
                    tolerance == null ? nearInTime(others, names) : ""));
      }
      if (!orphans.isEmpty()) {
        doubts.add(
            "%s of %d of the %d frames of %s match no image and are not used: %s"
                .formatted(what, orphans.size(), others.size(), format, Listing.of(orphans)));
      }
      return found;
    }

    /** The names of the split, in the images' order. */
    private List<String> split(List<String> names, FrameNames byName) {
      List<Path> lists = lists();
      if (lists.isEmpty()) {
        boolean common =
            preset == Preset.COCO
                && section.split() != null
                && section.images() == null
                && labels != null
                && "images".equals(preset.images(root, section.split()));
        return common ? namedByLabels(names, byName) : names;
      }
      Set<Integer> listed = new LinkedHashSet<>();
      List<String> said = new ArrayList<>();
      List<String> missing = new ArrayList<>();
      for (Path list : lists) {
        for (List<String> row : FrameFiles.rows(list)) {
          // A name may have spaces: lists of one column do not quote it.
          String name =
              row.size() == 1 || (row.get(0).contains("/") && byName.find(row.get(0)) >= 0)
                  ? row.get(0)
                  : String.join(" ", row);
          int at = byName.find(name);
          if (at < 0) {
            missing.add(name);
          } else {
            listed.add(at);
            said.add(names.get(at));
          }
        }
        if (!missing.isEmpty()) {
          throw new DataException(
              "%s names %d frames that have no image: %s"
                  .formatted(list, missing.size(), Listing.of(missing)));
        }
      }
      if (section.split() != null) {
        Listing.repeated(lists.get(0).toString(), said).ifPresent(remarks::add);
      }
      return listed.stream().sorted().map(names::get).toList();
    }

    /** COCO's files are of one split each, its folder of images may be of all. */
    private List<String> namedByLabels(List<String> names, FrameNames byName) {
      List<String> named =
          labels.named().stream()
              .mapToInt(byName::find)
              .filter(at -> at >= 0)
              .distinct()
              .sorted()
              .mapToObj(names::get)
              .toList();
      if (named.size() < names.size()) {
        remarks.add(
            "%d of %d images are named by %s, and are split %s"
                .formatted(named.size(), names.size(), labelsOf(root, section), section.split()));
      }
      return named;
    }

    /** The split's list; without a split all that the preset has, which name what must be there. */
    private List<Path> lists() {
      List<String> places = preset == null ? List.of("splits/{split}.txt") : preset.lists();
      if (section.split() == null) {
        return places.isEmpty() || preset == null ? List.of() : all(places.get(0));
      }
      List<String> tried = new ArrayList<>();
      for (String place : places) {
        Path file = root.resolve(place.replace("{split}", section.split()));
        if (Files.isRegularFile(file)) {
          return List.of(file);
        }
        tried.add(file.toString());
      }
      Optional<Path> said = files.find(section.split());
      if (said.isPresent() && Files.isRegularFile(said.get())) {
        return List.of(said.get());
      }
      if (preset != null && (preset == Preset.COCO || places.isEmpty())) {
        return List.of(); // its folders and files are those of the split
      }
      throw new DataException(
          "split %s: there is no such list (looked for %s)%s"
              .formatted(section.split(), String.join(", ", tried), others(places)));
    }

    /** Lists that are there. */
    private String others(List<String> places) {
      Path folder = root.resolve(places.get(0)).getParent();
      try (Stream<Path> files = Files.list(folder)) {
        List<String> names =
            files
                .map(file -> file.getFileName().toString())
                .filter(name -> name.endsWith(".txt"))
                .map(name -> name.substring(0, name.length() - 4))
                .sorted()
                .toList();
        return names.isEmpty() ? "" : "; there are " + Listing.of(names);
      } catch (IOException e) {
        return "";
      }
    }

    /** Only VOC's lists name all of its frames; those of others are parts. */
    private List<Path> all(String place) {
      if (!place.startsWith("ImageSets")) {
        return List.of();
      }
      Path folder = root.resolve(place).getParent();
      return Files.isDirectory(folder)
          ? new FrameFiles(folder, with.paths())
              .named("split", "*.txt", file -> true).stream().map(NamedFile::path).toList()
          : List.of();
    }
  }

  private static boolean hasExtension(Path file, List<String> extensions) {
    return extensions.stream().anyMatch(each -> DataFile.hasExtension(file, each));
  }

  private Seen readAll(DataSetOpening with) {
    Seen seen = new Seen(frames.size());
    AtomicInteger done = new AtomicInteger();
    long begun = System.nanoTime();
    int tenth = Math.max(1, frames.size() / 10);
    DataFile.inParallel(
        frames.size(),
        i -> {
          try {
            read(i, seen);
          } catch (DataException e) {
            seen.faults[i] = e.getMessage();
          }
          int n = done.incrementAndGet();
          if (frames.size() >= WORTH_TELLING_FRAMES
              && n % tenth == 0
              && n < frames.size()
              && System.nanoTime() - begun > WORTH_TELLING_NANOS) {
            with.tell().accept("%s: checked %d of %d frames".formatted(name(), n, frames.size()));
          }
        });
    List<Integer> faulty =
        IntStream.range(0, frames.size()).filter(i -> seen.faults[i] != null).boxed().toList();
    if (!faulty.isEmpty()) {
      throw new DataException(
          seen.faults[faulty.get(0)]
              + (faulty.size() == 1
                  ? ""
                  : " (and %d more of %d frames have faults: %s)"
                      .formatted(
                          faulty.size() - 1,
                          frames.size(),
                          Listing.of(
                              faulty.stream().skip(1).map(i -> frames.get(i).name()).toList()))));
    }
    return seen;
  }

  private String hash(Seen seen) {
    ContentHash hash = new ContentHash();
    if (camera != null) {
      hash.add(camera.toString());
    }
    for (String each : seen.hashes) {
      hash.add(each);
    }
    return hash.hex();
  }

  private void remark(Seen seen, DepthRules rules) {
    List<String> turned = Arrays.stream(seen.turned).filter(Objects::nonNull).toList();
    if (!turned.isEmpty()) {
      remarks.add(
          "%d of %d images are turned by their EXIF orientation, as viewers show them; depth and labels must fit the turned images: %s"
              .formatted(turned.size(), frames.size(), Listing.of(turned)));
    }
    if (labels != null) {
      long count = IntStream.range(0, frames.size()).filter(i -> seen.labelled[i]).count();
      remarks.add(
          "%d of %d frames have labels (%s)".formatted(count, frames.size(), labels.format()));
      remarks.addAll(labels.remarks());
    }
    List<DepthMap.Look> looks = Arrays.stream(seen.looks).filter(Objects::nonNull).toList();
    if (!looks.isEmpty()) {
      DepthLooks.require(looks, rules);
      remarks.add("%d of %d frames have depth".formatted(looks.size(), frames.size()));
      doubts.addAll(DepthLooks.remarks(looks));
    }
    for (DepthMap.Look look : looks) {
      farthest = look.known() > 0 ? Math.max(farthest, look.far()) : farthest;
    }
  }

  @Override
  public int size() {
    return frames.size();
  }

  @Override
  public Sample get(int index) {
    return read(index, null);
  }

  /** Reads a frame, and notes what it shows where somebody wants to know. */
  private Sample read(int index, Seen seen) {
    Frame frame = frames.get(index);
    byte[] encoded = DataFile.bytes(frame.image());
    ExifOrientation orientation = ExifOrientation.of(encoded);
    RgbImage image = orientation.turn(DataFile.rgb(frame.image(), encoded));
    int width = image.width();
    int height = image.height();
    shrink.requireFits(frame.image().toString(), width, height);
    byte[] ids = null;
    float[] metres = null;
    try {
      if (frame.labels() >= 0) {
        ids = labels.read(frame.labels(), width, height);
      }
      if (frame.depth() != null) {
        DepthMap depth = depthFiles.read(frame.depth());
        if (stretchDepth) {
          depth = depth.resized(width, height);
        }
        depth.requireSize(width, height);
        metres = depth.metres();
        if (seen != null) {
          seen.looks[index] = depth.look();
        }
      }
    } catch (DataException e) {
      throw orientation == ExifOrientation.UPRIGHT
          ? e
          : new DataException(
              "%s (%s is turned by its EXIF orientation %d, as viewers show it)"
                  .formatted(e.getMessage(), frame.image(), orientation.tag()),
              e);
    }
    Sample sample = sample(frame, image, ids, metres);
    if (seen != null) {
      seen.hashes[index] = hash(frame.name(), sample);
      seen.labelled[index] = ids != null;
      seen.turned[index] = orientation == ExifOrientation.UPRIGHT ? null : frame.name();
    }
    return sample;
  }

  private Sample sample(Frame frame, RgbImage image, byte[] ids, float[] metres) {
    int width = image.width();
    int height = image.height();
    int area = shrink.by() * shrink.by();
    byte[] fewIds = ids == null ? null : new byte[ids.length / area];
    for (int i = 0; fewIds != null && i < fewIds.length; i++) {
      fewIds[i] = ids[shrink.from(i, width)];
    }
    float[] fewMetres = metres == null ? null : new float[metres.length / area];
    for (int i = 0; fewMetres != null && i < fewMetres.length; i++) {
      fewMetres[i] = metres[shrink.from(i, width)];
    }
    Sample sample =
        RgbdSample.of(
            frame.image().toString(),
            width / shrink.by(),
            height / shrink.by(),
            shrink.rgb(image.pixels(), width, height),
            fewMetres,
            fewIds);
    return camera == null ? sample : sample.withCamera(camera.at(sample.width(), sample.height()));
  }

  private static String hash(String name, Sample sample) {
    ContentHash hash = new ContentHash().add(name).add(sample.width() + "x").add(sample.rgb());
    byte[] ids = RgbdSample.labels(sample);
    if (ids != null) {
      hash.add("labels").add(ids);
    }
    float[] metres = RgbdSample.depth(sample);
    if (metres != null) {
      ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * metres.length);
      bytes.asFloatBuffer().put(metres);
      hash.add("depth").add(bytes.array());
    }
    return hash.hex();
  }

  @Override
  public String name() {
    Path folder = root.getFileName();
    return "%s/%s%s%s"
        .formatted(
            NAME,
            folder == null ? "root" : folder,
            section.split() == null
                ? ""
                : "/" + section.split().replaceFirst(".*/", "").replaceFirst("\\.txt$", ""),
            FrameChoice.inName(section.choose()));
  }

  @Override
  public List<String> remarks() {
    return Stream.concat(doubts.stream(), remarks.stream()).toList();
  }

  @Override
  public List<String> doubts() {
    return List.copyOf(doubts);
  }

  @Override
  public String sha256() {
    return sha256;
  }
}
