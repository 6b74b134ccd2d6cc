package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
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
  @JsonSubTypes.Type(value = DataSet.Rendered.class, name = "rendered"),
  @JsonSubTypes.Type(value = DataSet.Bag.class, name = "bag"),
  @JsonSubTypes.Type(value = DataSet.PseudoLabelled.class, name = "pseudo_labels")
})
public sealed interface DataSet {
  /** The protocol that scores every known depth. */
  String FULL = "full";

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
      depthProtocol = depthProtocol == null ? "eigen" : depthProtocol;
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
   * @param depth topic, 16UC1 or 32FC1; none when absent
   * @param labels topic with class ids, mono8; none when absent
   * @param everyNth takes each so-manyth frame; 1 when absent
   * @param perEpoch frames an epoch takes; 0 when absent
   * @param depthProtocol {@code full} when absent
   * @param optional false when absent
   */
  record Bag(
      String path,
      String image,
      String depth,
      String labels,
      Integer everyNth,
      Integer perEpoch,
      String depthProtocol,
      Boolean optional)
      implements DataSet {
    /** Checks and fills in. */
    public Bag {
      required("path", path);
      image = image == null ? "/camera/rgb/image_color" : image;
      if (depth == null && labels == null) {
        throw new IllegalArgumentException(
            "a bag needs a topic for depth, for labels, or for both");
      }
      everyNth = everyNth == null ? 1 : everyNth;
      perEpoch = count(perEpoch);
      depthProtocol = depthProtocol == null ? FULL : depthProtocol;
      optional = optional != null && optional;
      if (everyNth < 1) {
        throw new IllegalArgumentException("every_nth must be >= 1, got " + everyNth);
      }
    }

    @Override
    public DataSet frames() {
      return new Bag(path, image, depth, labels, everyNth, 0, FULL, false);
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
