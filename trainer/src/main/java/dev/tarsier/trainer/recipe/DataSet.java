package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.tarsier.ros.truth.DepthUnit;
import dev.tarsier.trainer.dataset.Cityscapes;
import dev.tarsier.trainer.dataset.NyuMat.Depth;
import dev.tarsier.trainer.dataset.NyuMat.Split;
import java.util.List;
import java.util.Optional;

/**
 * A data set in a recipe. In paths, {@code ${NAME:-default}} is replaced from the environment.
 *
 * <p>{@code perEpoch} is how many frames an epoch takes, 0 for all, each once; it says nothing in
 * validation. {@code depthProtocol} is which depth pixels validation scores: {@code full}, {@code
 * eigen}, {@code cap10} or {@code eigen+cap10}. Where an {@code optional} data set is absent, the
 * run goes on without it and says so.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = DataSet.NyuFolder.class, name = "nyu_folder"),
  @JsonSubTypes.Type(value = DataSet.NyuMat.class, name = "nyu_mat"),
  @JsonSubTypes.Type(value = DataSet.CityscapesFolder.class, name = "cityscapes"),
  @JsonSubTypes.Type(value = DataSet.Rendered.class, name = "rendered"),
  @JsonSubTypes.Type(value = DataSet.Bag.class, name = "bag"),
  @JsonSubTypes.Type(value = DataSet.PseudoLabelled.class, name = "pseudo_labels")
})
public sealed interface DataSet {
  /** The protocol that scores every known depth. */
  String FULL = "full";

  /** The protocol of the literature on NYU Depth v2: inside Eigen's crop. */
  String EIGEN = "eigen";

  /** Frames an epoch takes; 0 for all. */
  Integer perEpoch();

  /** Which depth pixels are scored. */
  String depthProtocol();

  /** Whether the run goes on without it. */
  Boolean optional();

  /** The same frames with the labels that the recipe keeps back, to tell how right others are. */
  default Optional<DataSet> truth() {
    return Optional.empty();
  }

  /**
   * Whether its frames are made as large as the network's input; others have a size of their own.
   */
  default boolean madeToSize() {
    return false;
  }

  /** The same frames, without how they are used: equal for data sets that hold the same. */
  DataSet frames();

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
  record NyuFolder(
      String root,
      String split,
      String labelledSplit,
      String depthSplit,
      Integer perEpoch,
      String depthProtocol,
      Boolean optional)
      implements DataSet {
    /** Checks and fills in. */
    public NyuFolder {
      required("root", root);
      required("split", split);
      perEpoch = count(perEpoch);
      depthProtocol = depthProtocol == null ? EIGEN : depthProtocol;
      optional = optional != null && optional;
    }

    @Override
    public Optional<DataSet> truth() {
      return labelledSplit == null
          ? Optional.empty()
          : Optional.of(new NyuFolder(root, split, null, depthSplit, 0, FULL, false));
    }

    @Override
    public DataSet frames() {
      return new NyuFolder(root, split, labelledSplit, depthSplit, 0, FULL, false);
    }
  }

  /**
   * Some of a data set's frames: so many that a seed draws, or those that a file names.
   *
   * @param count how many; draws with the same seed are nested
   * @param seed of the draw; 1 when absent
   * @param list a text file with the name of a frame on each line
   */
  record Choice(Integer count, Long seed, String list) {
    /** Checks that it is one or the other. */
    public Choice {
      seed = seed == null ? 1 : seed;
      if ((count == null) == (list == null)) {
        throw new IllegalArgumentException(
            "some frames are {count: N, seed: S} or {list: FILE}, one of the two");
      }
    }
  }

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
  record NyuMat(
      String path,
      Split split,
      Choice choose,
      Choice labelled,
      Choice withDepth,
      Depth depth,
      Integer shrink,
      Integer perEpoch,
      String depthProtocol,
      Boolean optional)
      implements DataSet {
    /** Checks and fills in. */
    public NyuMat {
      required("path", path);
      required("split", split);
      depth = depth == null ? Depth.FILLED : depth;
      shrink = shrink == null ? 2 : shrink;
      perEpoch = count(perEpoch);
      depthProtocol = depthProtocol == null ? EIGEN : depthProtocol;
      optional = optional != null && optional;
    }

    @Override
    public Optional<DataSet> truth() {
      return labelled == null
          ? Optional.empty()
          : Optional.of(
              new NyuMat(path, split, choose, null, withDepth, depth, shrink, 0, FULL, false));
    }

    @Override
    public DataSet frames() {
      return new NyuMat(path, split, choose, labelled, withDepth, depth, shrink, 0, FULL, false);
    }
  }

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
  record CityscapesFolder(
      String root,
      String split,
      Choice choose,
      Choice labelled,
      Choice withDepth,
      Cityscapes.Depth depth,
      Integer shrink,
      Integer perEpoch,
      String depthProtocol,
      Boolean optional)
      implements DataSet {
    /** Checks and fills in. */
    public CityscapesFolder {
      required("root", root);
      required("split", split);
      depth = depth == null ? Cityscapes.Depth.METRES : depth;
      shrink = shrink == null ? 8 : shrink;
      perEpoch = count(perEpoch);
      depthProtocol = depthProtocol == null ? FULL : depthProtocol;
      optional = optional != null && optional;
    }

    @Override
    public Optional<DataSet> truth() {
      return labelled == null
          ? Optional.empty()
          : Optional.of(
              new CityscapesFolder(
                  root, split, choose, null, withDepth, depth, shrink, 0, FULL, false));
    }

    @Override
    public DataSet frames() {
      return new CityscapesFolder(
          root, split, choose, labelled, withDepth, depth, shrink, 0, FULL, false);
    }
  }

  /**
   * Rendered rooms, at the size of the network's input.
   *
   * @param seed of the rooms
   * @param firstRoom the first; data sets whose rooms do not overlap share none
   * @param rooms how many
   * @param views frames of each room
   * @param depthNoise whether depth has a sensor's noise and holes; false when absent
   * @param labels whether the classes may be used; true when absent
   * @param depth whether the depth may be used; true when absent
   * @param perEpoch frames an epoch takes; 0 when absent
   * @param depthProtocol {@code full} when absent
   * @param optional of no consequence: they are never absent
   */
  record Rendered(
      Long seed,
      Integer firstRoom,
      Integer rooms,
      Integer views,
      Boolean depthNoise,
      Boolean labels,
      Boolean depth,
      Integer perEpoch,
      String depthProtocol,
      Boolean optional)
      implements DataSet {
    /** Checks and fills in. */
    public Rendered {
      required("rooms", rooms);
      seed = seed == null ? 1 : seed;
      firstRoom = firstRoom == null ? 0 : firstRoom;
      views = views == null ? 4 : views;
      depthNoise = depthNoise != null && depthNoise;
      labels = labels == null || labels;
      depth = depth == null || depth;
      perEpoch = count(perEpoch);
      depthProtocol = depthProtocol == null ? FULL : depthProtocol;
      optional = optional != null && optional;
      if (rooms < 1 || views < 1 || firstRoom < 0) {
        throw new IllegalArgumentException(
            "rooms and views must be >= 1 and first_room >= 0, got %d, %d and %d"
                .formatted(rooms, views, firstRoom));
      }
    }

    @Override
    public boolean madeToSize() {
      return true;
    }

    @Override
    public Optional<DataSet> truth() {
      return labels
          ? Optional.empty()
          : Optional.of(
              new Rendered(seed, firstRoom, rooms, views, depthNoise, true, depth, 0, FULL, false));
    }

    @Override
    public DataSet frames() {
      return new Rendered(seed, firstRoom, rooms, views, depthNoise, labels, depth, 0, FULL, false);
    }
  }

  /**
   * A ROS bag with colour and depth, perhaps labels.
   *
   * @param path the bag
   * @param image topic, raw or compressed; {@code /camera/rgb/image_color} when absent
   * @param continued further bags of a split recording; none when absent
   * @param depth topic; none when absent
   * @param depthUnit metres to a count of depth; what the bag says when absent, else a millimetre
   * @param aligned whether depth and labels show what the images show, whatever their frames and
   *     sizes say; false when absent
   * @param labels topic with class ids, mono8; none when absent
   * @param labelsFrom another bag that has this topic, or a folder of PNG files named by the stamps
   *     of their frames; {@code path} when absent
   * @param everyNth takes each so-manyth frame; 1 when absent
   * @param perEpoch frames an epoch takes; 0 when absent
   * @param depthProtocol {@code full} when absent
   * @param optional false when absent
   */
  record Bag(
      String path,
      @JsonInclude(JsonInclude.Include.NON_NULL) List<String> continued,
      String image,
      String depth,
      @JsonInclude(JsonInclude.Include.NON_NULL) Double depthUnit,
      @JsonInclude(JsonInclude.Include.NON_NULL) Boolean aligned,
      String labels,
      String labelsFrom,
      Integer everyNth,
      Integer perEpoch,
      String depthProtocol,
      Boolean optional)
      implements DataSet {
    /** Checks and fills in. */
    public Bag {
      required("path", path);
      image = image == null ? "/camera/rgb/image_color" : image;
      if (depth == null && labels == null && labelsFrom == null) {
        throw new IllegalArgumentException(
            "a bag needs a topic for depth, for labels, or for both; or labels_from");
      }
      if (depthUnit != null) {
        DepthUnit.check(depthUnit);
      }
      continued = continued == null ? null : List.copyOf(continued);
      everyNth = everyNth == null ? 1 : everyNth;
      perEpoch = count(perEpoch);
      depthProtocol = depthProtocol == null ? FULL : depthProtocol;
      optional = optional != null && optional;
      if (everyNth < 1) {
        throw new IllegalArgumentException("every_nth must be >= 1, got " + everyNth);
      }
    }

    @Override
    public boolean madeToSize() {
      return true;
    }

    @Override
    public DataSet frames() {
      return new Bag(
          path,
          continued,
          image,
          depth,
          depthUnit,
          aligned,
          labels,
          labelsFrom,
          everyNth,
          0,
          FULL,
          false);
    }
  }

  /**
   * Frames of {@code pseudo_labels.data} with what the teacher says where they have nothing
   * themselves.
   *
   * @param set which data set of that list, from 1; 0 or absent for all of them, each a data set of
   *     its own here
   * @param hard whether frames without labels get the classes the teacher is sure of; without, they
   *     have its distribution alone, if that is kept; true when absent
   * @param perEpoch frames an epoch takes of each; 0 when absent
   */
  record PseudoLabelled(Integer set, Boolean hard, Integer perEpoch) implements DataSet {
    /** Checks and fills in. */
    public PseudoLabelled {
      set = set == null ? 0 : set;
      hard = hard == null || hard;
      perEpoch = count(perEpoch);
      if (set < 0) {
        throw new IllegalArgumentException("set must be >= 1, or 0 for all, got " + set);
      }
    }

    @Override
    public String depthProtocol() {
      return FULL;
    }

    @Override
    public Boolean optional() {
      return false;
    }

    @Override
    public DataSet frames() {
      return new PseudoLabelled(set, hard, 0);
    }
  }

  private static void required(String key, Object value) {
    if (value == null) {
      throw new IllegalArgumentException(key + " is missing");
    }
  }

  private static Integer count(Integer perEpoch) {
    if (perEpoch != null && perEpoch < 0) {
      throw new IllegalArgumentException("per_epoch must be >= 0, got " + perEpoch);
    }
    return perEpoch == null ? 0 : perEpoch;
  }
}
