package dev.tarsier.trainer.dataset;

import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.trainer.task.ClassSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * NYU Depth v2 as its authors publish it: {@code nyu_depth_v2_labeled.mat} with 1449 frames of
 * 640x480, beside it {@code splits.mat} (which frames are for training and for testing) and {@code
 * classMapping40.mat} (which of 40 classes each of the 894 labels belongs to).
 *
 * <p>Frames are read from the file when they are asked for, one at a time: of its 2.8 GB no more
 * than the frames at hand are ever in memory. They are named by their number in the file, {@code
 * 0001} to {@code 1449}, as the folders made from it and its published lists of frames do.
 *
 * <p>The file stays open as long as this object is in use.
 */
public final class NyuMat implements SampleSource {
  /** Which frames there are by name; besides, a list of frames in a text file. */
  public enum Split {
    /** The 795 that are for training. */
    TRAIN,
    /** The 654 that are for testing. */
    TEST,
    /** All 1449. */
    ALL,
    /** Training frames without the scenes of {@link #TRAIN_VAL}. */
    TRAIN_FIT,
    /** Training frames of every fifth scene: no other frame shows what these show. */
    TRAIN_VAL
  }

  /** Which depth is read. */
  public enum DepthVariant {
    /** In-painted: every pixel has a value. */
    FILLED("depths"),
    /** As the sensor saw it, with holes. */
    RAW("rawDepths");

    private final String variable;

    DepthVariant(String variable) {
      this.variable = variable;
    }
  }

  private static final String NAME = "nyu_mat";

  /**
   * NYU Depth v2 as its authors publish it.
   *
   * @param path {@code nyu_depth_v2_labeled.mat}, with {@code splits.mat} and {@code
   *     classMapping40.mat} beside it
   * @param split {@code train}, {@code test}, {@code all}, {@code train_fit} or {@code train_val}
   * @param choose which of its frames; all when absent
   * @param labelled which of these may use their labels; all when absent
   * @param withDepth which of these may use their depth; all when absent
   * @param depth {@code filled} or {@code raw}; {@code filled} when absent
   * @param shrink how many times smaller frames are made; 2, for 320x240, when absent
   * @param perEpoch frames an epoch takes; 0 when absent
   * @param depthProtocol {@code eigen} when absent
   * @param optional false when absent
   */
  public record Options(
      String path,
      Split split,
      FrameChoice choose,
      FrameChoice labelled,
      FrameChoice withDepth,
      DepthVariant depth,
      Integer shrink,
      Integer perEpoch,
      String depthProtocol,
      Boolean optional)
      implements DataSet {
    /** Checks and fills in. */
    public Options {
      DataSet.require("path", path);
      DataSet.require("split", split);
      depth = depth == null ? DepthVariant.FILLED : depth;
      shrink = shrink == null ? 2 : shrink;
      perEpoch = DataSet.count(perEpoch);
      depthProtocol = depthProtocol == null ? EIGEN : depthProtocol;
      optional = optional != null && optional;
    }

    @Override
    public Optional<DataSet> truth() {
      return labelled == null
          ? Optional.empty()
          : Optional.of(
              new Options(path, split, choose, null, withDepth, depth, shrink, 0, FULL, false));
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
      with.requireClasses(NAME, ClassSet.NYU_13, ClassSet.NYU_40);
      return with.present(path, this)
          .map(found -> with.kept(NyuMat.open(found, this, with), CachedSource.ROOM_STEPS));
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

  /** One frame that is used. Its text is part of the hash. */
  private record Entry(int frame, boolean labelled, boolean withDepth) {}

  /** The files' answer to which frame shows which scene. */
  private static final String SCENES = "scenes";

  /** Of so many scenes, one is for {@link Split#TRAIN_VAL}. */
  private static final int SCENES_PER_HELD_OUT = 5;

  private final Path mat;
  private final Options section;
  private final ClassSet classes;
  private final Path mapping;
  private final Shrink shrink;
  private final List<String> remarks;
  private final MatFrames images;
  private final MatFrames depths;
  private final MatFrames labels;
  private final byte[] classOf;
  private final List<Entry> entries;
  private final int width;
  private final int height;
  private String sha256;

  private NyuMat(Path mat, Options section, DataSetOpening with) {
    this.mat = mat;
    this.section = section;
    classes = with.classes();
    mapping = mat.resolveSibling("classMapping40.mat");
    shrink = new Shrink(section.shrink());
    MatFile file = MatFile.open(mat);
    images = file.frames("images", 4);
    depths = file.frames(section.depth().variable, 3);
    labels = file.frames("labels", 3);
    requireSame(section.depth().variable, depths);
    requireSame("labels", labels);
    if (images.axis(1) != 3) {
      throw new DataException(
          "%s: images must have 3 colours, has %d".formatted(mat, images.axis(1)));
    }
    width = images.axis(2);
    height = images.axis(3);
    shrink.requireFits(mat.toString(), width, height);
    classOf = classOf();
    FrameChoice choose = with.choice(section.choose());
    FrameChoice labelled = with.choice(section.labelled());
    FrameChoice withDepth = with.choice(section.withDepth());
    String what = "%s of %s".formatted(splitName(), mat);
    entries =
        FrameChoice.select(split(file), choose, labelled, withDepth, what).stream()
            .map(
                chosen ->
                    new Entry(
                        Integer.parseInt(chosen.name()) - 1, chosen.labelled(), chosen.withDepth()))
            .toList();
    remarks = FrameChoice.repeated(choose, labelled, withDepth);
  }

  /**
   * Opens the files and checks that they fit each other.
   *
   * @param mat {@code nyu_depth_v2_labeled.mat}, where it was found
   * @throws DataException if a file is missing, damaged or of another format, lacks a variable, or
   *     its arrays are of different sizes; the message names the file and the variable
   */
  static NyuMat open(Path mat, Options section, DataSetOpening with) {
    return new NyuMat(mat, section, with);
  }

  private void requireSame(String variable, MatFrames others) {
    boolean same =
        images.frames() == others.frames()
            && images.axis(2) == others.axis(1)
            && images.axis(3) == others.axis(2);
    if (!same) {
      throw new DataException(
          "%s: images has %d frames of %dx%d, %s has %d of %dx%d"
              .formatted(
                  mat,
                  images.frames(),
                  images.axis(2),
                  images.axis(3),
                  variable,
                  others.frames(),
                  others.axis(1),
                  others.axis(2)));
    }
  }

  /** The class of each label of the file, by label; label 0 means unlabelled. */
  private byte[] classOf() {
    double[] stored = MatFile.numbers(mapping, "mapClass");
    byte[] ids = new byte[stored.length + 1];
    ids[0] = (byte) ClassMap.USUAL_IGNORE_ID;
    for (int i = 0; i < stored.length; i++) {
      int of40 = (int) stored[i];
      if (of40 != stored[i] || of40 < 0 || of40 > 40) {
        throw new DataException(
            "%s: mapClass must hold 0 to 40, has %s for label %d"
                .formatted(mapping, stored[i], i + 1));
      }
      ids[i + 1] =
          (byte)
              (of40 == 0
                  ? ClassMap.USUAL_IGNORE_ID
                  : classes.ofName(ClassSet.NYU_40.names().get(of40 - 1)));
    }
    return ids;
  }

  private List<String> split(MatFile file) {
    return switch (section.split()) {
      case ALL -> IntStream.rangeClosed(1, images.frames()).mapToObj(NyuMat::name).toList();
      case TRAIN -> official("trainNdxs");
      case TEST -> official("testNdxs");
      case TRAIN_FIT, TRAIN_VAL -> {
        List<String> training = official("trainNdxs");
        Set<String> held = heldOut(training, file.texts(SCENES), mat);
        boolean validation = section.split() == Split.TRAIN_VAL;
        yield training.stream().filter(name -> held.contains(name) == validation).toList();
      }
    };
  }

  private List<String> official(String variable) {
    Path splits = mat.resolveSibling("splits.mat");
    List<String> names = new ArrayList<>();
    for (double number : MatFile.numbers(splits, variable)) {
      int frame = (int) number;
      if (frame != number || frame < 1 || frame > images.frames()) {
        throw new DataException(
            "%s: %s has frame %s; there are 1 to %d"
                .formatted(splits, variable, number, images.frames()));
      }
      names.add(name(frame));
    }
    Collections.sort(names);
    return names;
  }

  /**
   * The training frames of every fifth scene. A scene's parts ({@code office_0001a}, {@code
   * office_0001b}) go together. Scenes are taken in an order that looks drawn by lot and is the
   * same on every machine, for in their own order neighbours are of one kind of room.
   */
  static Set<String> heldOut(List<String> training, List<String> scenes, Path mat) {
    Map<String, List<String>> byScene = new HashMap<>();
    for (String name : training) {
      int frame = Integer.parseInt(name) - 1;
      if (frame >= scenes.size()) {
        throw new DataException(
            "%s: %s has %d frames, none for frame %s".formatted(mat, SCENES, scenes.size(), name));
      }
      String scene = scenes.get(frame).replaceFirst("(?<=\\d)[a-z]+$", "");
      byScene.computeIfAbsent(scene, key -> new ArrayList<>()).add(name);
    }
    List<String> order = new ArrayList<>(byScene.keySet());
    order.sort(
        Comparator.comparingLong((String scene) -> Seeds.mix(0, scene.hashCode()))
            .thenComparing(Comparator.naturalOrder()));
    Set<String> held = new HashSet<>();
    for (int i = 0; i < order.size(); i += SCENES_PER_HELD_OUT) {
      held.addAll(byScene.get(order.get(i)));
    }
    return held;
  }

  private static String name(int frame) {
    return String.format(Locale.ROOT, "%04d", frame);
  }

  private String splitName() {
    return section.split().name().toLowerCase(Locale.ROOT);
  }

  @Override
  public int size() {
    return entries.size();
  }

  @Override
  public Sample get(int index) {
    Entry entry = entries.get(index);
    String name = mat + "#" + name(entry.frame() + 1);
    int w = width / shrink.by();
    int h = height / shrink.by();
    return RgbdSample.of(
        name,
        w,
        h,
        shrink.rgb(rgb(entry.frame()), width, height),
        entry.withDepth() ? metres(entry.frame(), w * h) : null,
        entry.labelled() ? ids(entry.frame(), w * h, name) : null);
  }

  /** [3, width, height] of the file to [height, width, 3]. */
  private byte[] rgb(int frame) {
    short[] stored = images.shorts(frame);
    byte[] rgb = new byte[stored.length];
    int plane = width * height;
    for (int x = 0; x < width; x++) {
      for (int y = 0; y < height; y++) {
        int from = x * height + y;
        int to = 3 * (y * width + x);
        rgb[to] = (byte) stored[from];
        rgb[to + 1] = (byte) stored[plane + from];
        rgb[to + 2] = (byte) stored[2 * plane + from];
      }
    }
    return rgb;
  }

  private float[] metres(int frame, int pixels) {
    float[] stored = depths.floats(frame);
    float[] metres = new float[pixels];
    for (int i = 0; i < pixels; i++) {
      float value = stored[transposed(shrink.from(i, width))];
      metres[i] = MetricMap.isKnown(value) ? value : Float.NaN;
    }
    return metres;
  }

  private byte[] ids(int frame, int pixels, String name) {
    short[] stored = labels.shorts(frame);
    byte[] ids = new byte[pixels];
    for (int i = 0; i < pixels; i++) {
      int pixel = shrink.from(i, width);
      int label = stored[transposed(pixel)] & 0xffff;
      if (label >= classOf.length) {
        throw new DataException(
            "%s: label %d at pixel (%d, %d) is out of range; %s knows 0 to %d"
                .formatted(name, label, pixel % width, pixel / width, mapping, classOf.length - 1));
      }
      ids[i] = classOf[label];
    }
    return ids;
  }

  /** Where the file, which goes down columns, has a pixel. */
  private int transposed(int pixel) {
    return pixel % width * height + pixel / width;
  }

  @Override
  public List<String> remarks() {
    return remarks;
  }

  @Override
  public String name() {
    return "nyuv2mat/" + splitName() + FrameChoice.inName(section.choose());
  }

  /** Reads the whole file when it is first asked for. */
  @Override
  public synchronized String sha256() {
    if (sha256 == null) {
      ContentHash hash = new ContentHash();
      hash.add(classes.id()).add(section.depth().variable).add(Integer.toString(shrink.by()));
      hash.add(classOf);
      ByteBuffer piece = ByteBuffer.allocate(1 << 20);
      try (FileBytes bytes = new FileBytes(mat)) {
        while (bytes.read(piece) > 0) {
          hash.add(Arrays.copyOf(piece.array(), piece.position()));
          piece.clear();
        }
      } catch (IOException e) {
        throw new DataException("%s cannot be read: %s".formatted(mat, e.getMessage()), e);
      }
      for (Entry entry : entries) {
        hash.add(entry.toString());
      }
      sha256 = hash.hex();
    }
    return sha256;
  }
}
