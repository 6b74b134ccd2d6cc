package dev.tarsier.runtime.telemetry;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How perception is doing: the message on {@code tarsier/<robot>/<node>/metrics}, schema {@code
 * docs/telemetry/metrics.schema.json}.
 *
 * @param uptimeSeconds since perception started
 * @param fps rates in the last window of about a second
 * @param frames counts since the start
 * @param lastFrameAgeMillis since the last frame arrived; null before the first
 * @param dropped frames dropped since the start, by reason in lower case
 * @param latencyMillis latencies in that window by stage in lower case ({@code decode}, {@code
 *     infer}, {@code publish}, {@code age} …); stages without a frame in it are absent
 * @param health how perception judges itself
 * @param idle whether nobody wants an output, so that frames arrive and are not perceived
 * @param held frames, tensors and the like that are in use now
 * @param buildingEngine whose engine is being built, and for how long; null where none is
 */
public record Metrics(
    double uptimeSeconds,
    Rates fps,
    Frames frames,
    Double lastFrameAgeMillis,
    SortedMap<String, Long> dropped,
    SortedMap<String, Latency> latencyMillis,
    Health health,
    boolean idle,
    Held held,
    String buildingEngine) {
  /** The schema's name and version. */
  public static final String SCHEMA = "tarsier.metrics/2";

  /** Copies the maps. */
  public Metrics {
    dropped = new TreeMap<>(dropped);
    latencyMillis = new TreeMap<>(latencyMillis);
  }

  /**
   * Frames a second.
   *
   * @param in arriving
   * @param out perceived and handed on
   */
  public record Rates(double in, double out) {}

  /**
   * Frames since the start.
   *
   * @param in arrived
   * @param out perceived and handed on
   * @param dropped all that came to nothing
   * @param stampsWentBack frames whose stamp was older than the one before
   * @param leaked frames that were never given back; anything but 0 is a fault
   */
  public record Frames(long in, long out, long dropped, long stampsWentBack, long leaked) {}

  /**
   * What is held outside of Java's heap; one that rises for long is a leak.
   *
   * @param frames leased now
   * @param frameOverflows how often all frames were out and one more was made, since the start
   * @param tensors of the inference engine
   * @param openCv objects of OpenCV's
   */
  public record Held(int frames, long frameOverflows, long tensors, long openCv) {}

  /**
   * A distribution in milliseconds.
   *
   * @param count frames in it
   * @param p50 median
   * @param p95 95th percentile
   * @param p99 99th percentile
   * @param max greatest
   */
  public record Latency(long count, double p50, double p95, double p99, double max) {}

  /**
   * A judgement.
   *
   * @param level {@code ok}, {@code degraded}, {@code starting}, {@code stale} or {@code error}
   * @param reasons what is wrong, for people; empty when nothing is
   */
  public record Health(String level, List<String> reasons) {
    /** Copies the list. */
    public Health {
      reasons = List.copyOf(reasons);
    }
  }
}
