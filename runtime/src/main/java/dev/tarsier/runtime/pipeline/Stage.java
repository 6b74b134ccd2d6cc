package dev.tarsier.runtime.pipeline;

import java.util.Locale;

/** The stages of the data path whose durations are recorded, in their order. */
public enum Stage {
  /** From arrival to being taken up: the wait in the slot. */
  WAIT,
  /** Frame to network input: decoding, colour order, scaling. */
  DECODE,
  /** The network. */
  INFER,
  /** Reading the outputs into the scene. */
  SCENE,
  /** The sink: publishing, or writing the report. */
  PUBLISH,
  /** From arrival to the end of publishing. */
  AGE,
  /**
   * From the camera's stamp to the end of publishing, where the stamp's clock is this machine's.
   */
  STAMP_AGE;

  private final String id = name().toLowerCase(Locale.ROOT);

  /** The name in reports and telemetry, such as {@code infer}. */
  public String id() {
    return id;
  }
}
