package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * What records say of a data set and how it was used.
 *
 * @param use such as {@code training} or {@code teacher-validation}
 * @param name of the data set
 * @param frames how many it has
 * @param sha256 of the data set
 * @param perEpoch frames an epoch takes; null where it was not trained on
 * @param depthProtocol which depth pixels are scored; null where it was trained on
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
record DataUse(
    String use, String name, int frames, String sha256, Integer perEpoch, String depthProtocol) {
  private static final String TRAINING = "training";
  private static final String EARLIER = "earlier-";

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

  /** The same, which taught the weights that a training began with. */
  DataUse earlier() {
    return use.startsWith(EARLIER)
        ? this
        : new DataUse(EARLIER + use, name, frames, sha256, perEpoch, depthProtocol);
  }

  /** The same used by a teacher. */
  DataUse byTeacher() {
    return new DataUse(Chain.TEACHER + use, name, frames, sha256, perEpoch, depthProtocol);
  }
}
