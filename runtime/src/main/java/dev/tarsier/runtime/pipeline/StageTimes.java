package dev.tarsier.runtime.pipeline;

import java.util.EnumMap;
import java.util.Map;

/** Durations of one frame's stages. Owned by the thread that perceives. */
public final class StageTimes {
  private static final Stage[] STAGES = Stage.values();

  /** One cell a stage, made once: neither noting a duration nor forgetting all makes objects. */
  private final Map<Stage, long[]> nanos = new EnumMap<>(Stage.class);

  /** No durations yet. */
  public StageTimes() {
    for (Stage stage : STAGES) {
      nanos.put(stage, new long[1]);
    }
  }

  /** Forgets all durations. */
  public void clear() {
    for (Stage stage : STAGES) {
      nanos.get(stage)[0] = 0;
    }
  }

  /** Notes how long a stage took. */
  public void set(Stage stage, long durationNanos) {
    nanos.get(stage)[0] = durationNanos;
  }

  /** How long a stage took; 0 when it has not run yet. */
  public long nanos(Stage stage) {
    return nanos.get(stage)[0];
  }
}
