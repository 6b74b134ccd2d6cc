package dev.tarsier.trainer.recipe;

import dev.tarsier.runtime.accuracy.ScoredPixels;
import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.dataset.SampleSource;
import java.util.List;

/**
 * A data set of a recipe, opened and checked.
 *
 * @param source the frames
 * @param section what the recipe says of it
 * @param stream number of the training's stream that it belongs to; 0 where there is one alone
 */
record OpenedData(SampleSource source, DataSet section, int stream) {
  private static final List<ScoredPixels> PROTOCOLS =
      List.of(ScoredPixels.FULL, ScoredPixels.EIGEN, ScoredPixels.CAP10, ScoredPixels.EIGEN_CAP10);

  /** Checks that the protocol exists. */
  OpenedData {
    protocol(section);
  }

  /** Of a training without streams. */
  OpenedData(SampleSource source, DataSet section) {
    this(source, section, 0);
  }

  /** The same in a stream. */
  OpenedData in(int other) {
    return new OpenedData(source, section, other);
  }

  /** The protocol the recipe names. */
  ScoredPixels protocol() {
    return protocol(section);
  }

  /** Frames that an epoch takes. */
  int perEpoch() {
    return section.perEpoch() == 0 ? source.size() : section.perEpoch();
  }

  private static ScoredPixels protocol(DataSet section) {
    return PROTOCOLS.stream()
        .filter(protocol -> protocol.id().equals(section.depthProtocol()))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "depth_protocol must be one of %s, got '%s'"
                        .formatted(
                            PROTOCOLS.stream().map(ScoredPixels::id).toList(),
                            section.depthProtocol())));
  }
}
