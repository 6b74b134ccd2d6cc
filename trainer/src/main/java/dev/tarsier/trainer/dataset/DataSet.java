package dev.tarsier.trainer.dataset;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.annotation.JsonTypeIdResolver;
import dev.tarsier.runtime.config.Kinds;
import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.trainer.run.PathResolver;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A data set as a recipe names it: its section, which opens it. In paths, {@code ${NAME:-default}}
 * is replaced from the environment.
 *
 * <p>A kind of data set is one file with its section, how it opens and its {@link Kind}, and one
 * line in {@code META-INF/services/dev.tarsier.trainer.dataset.DataSet$Kind}.
 *
 * <p>{@code perEpoch} is how many frames an epoch takes, 0 for all, each once; it says nothing in
 * validation. {@code depthProtocol} is which depth pixels validation scores: {@code full}, {@code
 * eigen}, {@code cap10} or {@code eigen+cap10}. Where an {@code optional} data set is absent, the
 * run goes on without it and says so.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.CUSTOM, property = "kind")
@JsonTypeIdResolver(DataSetKinds.class)
public interface DataSet {
  /** The protocol that scores every known depth. */
  String FULL = "full";

  /** The protocol of the literature on NYU Depth v2: inside Eigen's crop. */
  String EIGEN = "eigen";

  /** What its depth is. */
  enum DepthScale {
    /** Metres along the optical axis: divided by the magnification. */
    METRES,
    /** Greater where the scene is nearer, without unit; it cannot be magnified. */
    INVERSE,
    /** It has none. */
    NONE
  }

  /** Registers a kind of data set. */
  abstract class Kind implements Kinds.Member {
    private final String kind;
    private final Class<? extends DataSet> section;

    /**
     * A kind.
     *
     * @param kind what a section's {@code kind} says
     * @param section its record
     */
    protected Kind(String kind, Class<? extends DataSet> section) {
      this.kind = kind;
      this.section = section;
    }

    @Override
    public final String kind() {
      return kind;
    }

    @Override
    public final Class<? extends DataSet> section() {
      return section;
    }

    /**
     * What a model card says of a data set of this kind: its paper, and what its licence allows.
     *
     * @param data the name of a data set, of whatever kind
     * @return a sentence; none where it is of another kind, or there is nothing to say
     */
    public Optional<String> licence(String data) {
      return Optional.empty();
    }
  }

  /** Frames an epoch takes; 0 for all. */
  Integer perEpoch();

  /** Which depth pixels are scored. */
  String depthProtocol();

  /** Whether the run goes on without it. */
  Boolean optional();

  /**
   * Opens it and checks it.
   *
   * @return none where it is optional and absent
   * @throws DataException if it cannot be used
   */
  Optional<SampleSource> open(DataSetOpening with);

  /** What its depth is. */
  DepthScale depthScale();

  /**
   * Whose camera it is, for its frames stretched to a size in pixels; none where it does not say.
   */
  default Optional<Intrinsics> camera(int width, int height) {
    return Optional.empty();
  }

  /**
   * The same, where a file may say whose camera it is.
   *
   * @param paths finds the file
   */
  default Optional<Intrinsics> camera(PathResolver paths, int width, int height) {
    return camera(width, height);
  }

  /**
   * The classes of images as a whole that it tells apart: names by id, by the task's id; none where
   * it knows only pixels. The same before it is opened, for networks are made of them.
   */
  default Map<String, List<String>> imageClasses() {
    return Map.of();
  }

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

  /** Checks that a section has a key. */
  static void require(String key, Object value) {
    if (value == null) {
      throw new IllegalArgumentException(key + " is missing");
    }
  }

  /** A section's {@code per_epoch}, 0 when absent. */
  static Integer count(Integer perEpoch) {
    if (perEpoch != null && perEpoch < 0) {
      throw new IllegalArgumentException("per_epoch must be >= 0, got " + perEpoch);
    }
    return perEpoch == null ? 0 : perEpoch;
  }
}
