package dev.tarsier.runtime.pipeline;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;

/**
 * Durations of all stages: of the last window, and since the start. One thread records, any thread
 * reads; reading does not hold up recording.
 *
 * <p>Durations are kept to three digits, from a microsecond to ten minutes; longer ones count as
 * ten minutes.
 */
public final class StageHistograms {
  private static final long UNIT_NANOS = 1_000;
  private static final long LONGEST_NANOS = 600_000_000_000L;
  private static final int DIGITS = 3;

  private final Map<Stage, Series> series = new EnumMap<>(Stage.class);

  /** Empty histograms. */
  public StageHistograms() {
    for (Stage stage : Stage.values()) {
      series.put(stage, new Series());
    }
  }

  /**
   * Records a duration. Only one thread may call this.
   *
   * @param stage whose
   * @param nanos how long; negative ones count as 0
   */
  public void record(Stage stage, long nanos) {
    series.get(stage).recorder.recordValue(Math.max(0, Math.min(nanos, LONGEST_NANOS)));
  }

  /**
   * Ends the window.
   *
   * @return the durations recorded since the last call, by stage
   */
  public synchronized Map<Stage, LatencySummary> nextWindow() {
    Map<Stage, LatencySummary> summaries = new EnumMap<>(Stage.class);
    series.forEach((stage, each) -> summaries.put(stage, each.nextWindow()));
    return Collections.unmodifiableMap(summaries);
  }

  /** The durations of all ended windows, by stage. */
  public synchronized Map<Stage, LatencySummary> total() {
    Map<Stage, LatencySummary> summaries = new EnumMap<>(Stage.class);
    series.forEach((stage, each) -> summaries.put(stage, LatencySummary.of(each.total)));
    return Collections.unmodifiableMap(summaries);
  }

  private static final class Series {
    final SingleWriterRecorder recorder =
        new SingleWriterRecorder(UNIT_NANOS, LONGEST_NANOS, DIGITS);
    final Histogram total = new Histogram(UNIT_NANOS, LONGEST_NANOS, DIGITS);
    Histogram window;

    LatencySummary nextWindow() {
      window = recorder.getIntervalHistogram(window);
      total.add(window);
      return LatencySummary.of(window);
    }
  }
}
