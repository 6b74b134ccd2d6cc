package dev.tarsier.trainer.dataset;

import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.NyuClasses;
import dev.tarsier.trainer.task.Segmentation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

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
  public enum Depth {
    /** In-painted: every pixel has a value. */
    FILLED("depths"),
    /** As the sensor saw it, with holes. */
    RAW("rawDepths");

    private final String variable;

    Depth(String variable) {
      this.variable = variable;
    }
  }

  /**
   * What to read.
   *
   * @param mat {@code nyu_depth_v2_labeled.mat}
   * @param splits {@code splits.mat}; null for the one beside {@code mat}
   * @param mapping {@code classMapping40.mat}; null for the one beside {@code mat}
   * @param split which frames
   * @param frames which of them
   * @param labelled which of those keep their labels
   * @param withDepth which of those keep their depth
   * @param depth which depth
   * @param classes {@link ClassSet#NYU_13} or {@link ClassSet#NYU_40}
   * @param shrink how many times smaller frames are made; 2 gives 320x240
   */
  public record Selection(
      Path mat,
      Path splits,
      Path mapping,
      Split split,
      FrameChoice frames,
      FrameChoice labelled,
      FrameChoice withDepth,
      Depth depth,
      ClassSet classes,
      int shrink) {
    /** Fills in the files that lie beside the first, and checks the classes. */
    public Selection {
      splits = splits == null ? mat.resolveSibling("splits.mat") : splits;
      mapping = mapping == null ? mat.resolveSibling("classMapping40.mat") : mapping;
      if (!classes.equals(ClassSet.NYU_13) && !classes.equals(ClassSet.NYU_40)) {
        throw new IllegalArgumentException(
            "classes must be nyu13 or nyu40, got '%s'".formatted(classes.id()));
      }
    }

    /** All frames of a split at half size, with in-painted depth and labels. */
    public static Selection of(Path mat, Split split, ClassSet classes) {
      return new Selection(
          mat,
          null,
          null,
          split,
          FrameChoice.ALL,
          FrameChoice.ALL,
          FrameChoice.ALL,
          Depth.FILLED,
          classes,
          2);
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
      DataSet.require("path", path);
      DataSet.require("split", split);
      depth = depth == null ? Depth.FILLED : depth;
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
          .map(
              found ->
                  with.kept(
                      NyuMat.open(
                          new Selection(
                              found,
                              null,
                              null,
                              split,
                              with.choice(choose),
                              with.choice(labelled),
                              with.choice(withDepth),
                              depth,
                              with.classes(),
                              shrink)),
                      CachedSource.ROOM_STEPS));
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

  /** One frame that is used. */
  private record Entry(int frame, boolean labelled, boolean withDepth) {}

  /** The files' answer to which frame shows which scene. */
  private static final String SCENES = "scenes";

  /** Of so many scenes, one is for {@link Split#TRAIN_VAL}. */
  private static final int SCENES_PER_HELD_OUT = 5;

  private final Selection selection;
  private final Shrink shrink;
  private final MatFrames images;
  private final MatFrames depths;
  private final MatFrames labels;
  private final byte[] classOf;
  private final List<Entry> entries;
  private final int width;
  private final int height;
  private String sha256;

  private NyuMat(
      Selection selection,
      MatFrames images,
      MatFrames depths,
      MatFrames labels,
      byte[] classOf,
      List<Entry> entries) {
    this.selection = selection;
    this.shrink = new Shrink(selection.shrink());
    this.images = images;
    this.depths = depths;
    this.labels = labels;
    this.classOf = classOf;
    this.entries = entries;
    width = images.axis(2);
    height = images.axis(3);
  }

  /**
   * Opens the files and checks that they fit each other.
   *
   * @throws DataException if a file is missing, damaged or of another format, lacks a variable, or
   *     its arrays are of different sizes; the message names the file and the variable
   */
  public static NyuMat open(Selection selection) {
    MatFile mat = MatFile.open(selection.mat());
    MatFrames images = mat.frames("images", 4);
    MatFrames depths = mat.frames(selection.depth().variable, 3);
    MatFrames labels = mat.frames("labels", 3);
    requireSame(selection.mat(), "images", images, 2, selection.depth().variable, depths);
    requireSame(selection.mat(), "images", images, 2, "labels", labels);
    if (images.axis(1) != 3) {
      throw new DataException(
          "%s: images must have 3 colours, has %d".formatted(selection.mat(), images.axis(1)));
    }
    new Shrink(selection.shrink())
        .requireFits(selection.mat().toString(), images.axis(2), images.axis(3));
    byte[] classOf = classes(selection);
    List<String> names = split(selection, mat, images.frames());
    String what = "%s of %s".formatted(splitName(selection), selection.mat());
    List<Entry> entries =
        FrameChoice.select(
                names, selection.frames(), selection.labelled(), selection.withDepth(), what)
            .stream()
            .map(
                chosen ->
                    new Entry(
                        Integer.parseInt(chosen.name()) - 1, chosen.labelled(), chosen.withDepth()))
            .toList();
    return new NyuMat(selection, images, depths, labels, classOf, entries);
  }

  private static void requireSame(
      Path path, String first, MatFrames a, int axis, String second, MatFrames b) {
    boolean same =
        a.frames() == b.frames() && a.axis(axis) == b.axis(1) && a.axis(axis + 1) == b.axis(2);
    if (!same) {
      throw new DataException(
          "%s: %s has %d frames of %dx%d, %s has %d of %dx%d"
              .formatted(
                  path,
                  first,
                  a.frames(),
                  a.axis(axis),
                  a.axis(axis + 1),
                  second,
                  b.frames(),
                  b.axis(1),
                  b.axis(2)));
    }
  }

  /** The class of each label of the file, by label; label 0 means unlabelled. */
  private static byte[] classes(Selection selection) {
    double[] classOf = MatFile.numbers(selection.mapping(), "mapClass");
    byte[] ids = new byte[classOf.length + 1];
    ids[0] = (byte) NyuClasses.IGNORE;
    for (int i = 0; i < classOf.length; i++) {
      int of40 = (int) classOf[i];
      if (of40 != classOf[i] || of40 < 0 || of40 > 40) {
        throw new DataException(
            "%s: mapClass must hold 0 to 40, has %s for label %d"
                .formatted(selection.mapping(), classOf[i], i + 1));
      }
      int id = of40 == 0 ? NyuClasses.IGNORE : of40 - 1;
      ids[i + 1] = (byte) (selection.classes().size() == 13 ? NyuClasses.to13(id) : id);
    }
    return ids;
  }

  private static List<String> split(Selection selection, MatFile mat, int frames) {
    return switch (selection.split()) {
      case ALL -> {
        List<String> all = new ArrayList<>(frames);
        for (int i = 1; i <= frames; i++) {
          all.add(name(i));
        }
        yield all;
      }
      case TRAIN -> official(selection.splits(), "trainNdxs", frames);
      case TEST -> official(selection.splits(), "testNdxs", frames);
      case TRAIN_FIT, TRAIN_VAL -> {
        List<String> training = official(selection.splits(), "trainNdxs", frames);
        Set<String> held = heldOut(training, mat.texts(SCENES), selection.mat());
        boolean validation = selection.split() == Split.TRAIN_VAL;
        yield training.stream().filter(name -> held.contains(name) == validation).toList();
      }
    };
  }

  private static List<String> official(Path splits, String variable, int frames) {
    double[] numbers = MatFile.numbers(splits, variable);
    List<String> names = new ArrayList<>(numbers.length);
    for (double number : numbers) {
      int frame = (int) number;
      if (frame != number || frame < 1 || frame > frames) {
        throw new DataException(
            "%s: %s has frame %s; there are 1 to %d".formatted(splits, variable, number, frames));
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
        (a, b) -> {
          int first = Long.compare(Seeds.mix(0, a.hashCode()), Seeds.mix(0, b.hashCode()));
          return first != 0 ? first : a.compareTo(b);
        });
    Set<String> held = new HashSet<>();
    for (int i = 0; i < order.size(); i += SCENES_PER_HELD_OUT) {
      held.addAll(byScene.get(order.get(i)));
    }
    return held;
  }

  private static String name(int frame) {
    return String.format(Locale.ROOT, "%04d", frame);
  }

  private static String splitName(Selection selection) {
    return selection.split().name().toLowerCase(Locale.ROOT);
  }

  @Override
  public int size() {
    return entries.size();
  }

  @Override
  public Sample get(int index) {
    Entry entry = entries.get(index);
    String name = selection.mat() + "#" + name(entry.frame() + 1);
    int w = width / shrink.by();
    int h = height / shrink.by();
    return Sample.of(name, w, h, shrink.rgb(rgb(entry.frame()), width, height))
        .withValues(
            dev.tarsier.trainer.task.Depth.ID,
            entry.withDepth() ? metres(entry.frame(), w * h) : null)
        .withIds(Segmentation.ID, entry.labelled() ? ids(entry.frame(), w * h, name) : null);
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
                .formatted(
                    name,
                    label,
                    pixel % width,
                    pixel / width,
                    selection.mapping(),
                    classOf.length - 1));
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
    return FrameChoice.repeated(selection.frames(), selection.labelled(), selection.withDepth());
  }

  @Override
  public String name() {
    return "nyuv2mat/" + splitName(selection);
  }

  /** Reads the whole file when it is first asked for. */
  @Override
  public synchronized String sha256() {
    if (sha256 == null) {
      ContentHash hash = new ContentHash();
      hash.add(selection.classes().id())
          .add(selection.depth().variable)
          .add(Integer.toString(shrink.by()));
      hash.add(classOf);
      ByteBuffer piece = ByteBuffer.allocate(1 << 20);
      try (FileBytes bytes = new FileBytes(selection.mat())) {
        while (bytes.read(piece) > 0) {
          hash.add(Arrays.copyOf(piece.array(), piece.position()));
          piece.clear();
        }
      } catch (IOException e) {
        throw new DataException(
            "%s cannot be read: %s".formatted(selection.mat(), e.getMessage()), e);
      }
      for (Entry entry : entries) {
        hash.add(entry.toString());
      }
      sha256 = hash.hex();
    }
    return sha256;
  }
}
