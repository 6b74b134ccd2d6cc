package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Optional;

/**
 * What records say of a data set and how it was used.
 *
 * @param use such as {@code training} or {@code teacher-validation}
 * @param name of the data set
 * @param frames how many it has
 * @param sha256 of the data set; null where it is not known
 * @param perEpoch frames an epoch takes; null where it was not trained on
 * @param depthProtocol which depth pixels are scored; null where it was trained on
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
record DataUse(
    String use, String name, int frames, String sha256, Integer perEpoch, String depthProtocol) {
  private static final String TRAINING = "training";
  private static final String EARLIER = "earlier-";
  private static final String UNKNOWN = "unknown data of ";

  static DataUse of(OpenedData data, String use) {
    boolean trained = use.endsWith(TRAINING);
    return new DataUse(
        use,
        data.source().name(),
        data.source().size(),
        data.source().sha256(),
        trained ? data.perEpoch() : null,
        trained ? null : data.protocol().id());
  }

  /** What a network of others learned from, which is not known here. */
  static DataUse unknown(String use, String network) {
    return new DataUse(use, UNKNOWN + network, 0, null, null, null);
  }

  /** The network that learned from it, where nothing else is known of the data. */
  Optional<String> unknownOf() {
    return name.startsWith(UNKNOWN)
        ? Optional.of(name.substring(UNKNOWN.length()))
        : Optional.empty();
  }

  /** The same, which taught the weights that a training began with. */
  DataUse earlier() {
    String before = use.startsWith(EARLIER) ? use : EARLIER + use;
    return new DataUse(before, name, frames, sha256, null, null);
  }

  /** The same used by a teacher. */
  DataUse byTeacher() {
    String teachers = use.startsWith(Chain.TEACHER) ? use : Chain.TEACHER + use;
    return new DataUse(teachers, name, frames, sha256, perEpoch, depthProtocol);
  }
}
