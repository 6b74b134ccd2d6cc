package dev.tarsier.runtime.health;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Judges perception by what happens to its frames. The worst state that holds is reported, with all
 * reasons. Safe for several threads; times are those of one monotonic clock.
 */
public final class HealthMonitor implements HealthConditions {
  private static final long WINDOW_NANOS = 1_000_000_000L;
  private static final double SECOND = 1e9;

  private final HealthLimits limits;
  private final long startNanos;
  private final Map<String, Condition> conditions = new LinkedHashMap<>();
  private boolean anyArrived;
  private long lastArrivalNanos;
  private long lastDoneNanos;
  private boolean anyDone;
  private long arrivedSinceDone;
  private long lastStampNanos;
  private int sameStamps;
  private long sameStampSinceNanos;
  private long lastChecksum;
  private int sameImages;
  private long sameImageSinceNanos;
  private String engineFailure = "";
  private String sinkFailure = "";
  private String lastRejection = "";
  private String fatal = "";
  private long windowStartNanos;
  private long windowArrived;
  private long windowRejected;
  private double rejectedRatio;

  /**
   * A monitor.
   *
   * @param limits when perception counts as unwell
   * @param nowNanos the start
   */
  public HealthMonitor(HealthLimits limits, long nowNanos) {
    this.limits = limits;
    this.startNanos = nowNanos;
    this.windowStartNanos = nowNanos;
  }

  /**
   * Something is not as it should be until it is {@linkplain #clear cleared}, such as a provider
   * that was fallen back from, or a receiving thread that ended.
   *
   * @param key names the condition; one that holds already is replaced
   * @param level {@link HealthState#DEGRADED} or {@link HealthState#ERROR}; {@link
   *     HealthState#STALE} for why no frame comes, which is told before what is merely degraded
   * @param reason what is wrong and the way out, one sentence
   */
  @Override
  public synchronized void raise(String key, HealthState level, String reason) {
    if (level == HealthState.OK || level == HealthState.STARTING) {
      throw new IllegalArgumentException("level must be DEGRADED, STALE or ERROR, got " + level);
    }
    conditions.put(key, new Condition(level, reason));
  }

  /** The condition holds no longer. Nothing happens where it did not hold. */
  @Override
  public synchronized void clear(String key) {
    conditions.remove(key);
  }

  /** A frame came in, whatever becomes of it. */
  public synchronized void frameArrived(long nowNanos, long captureNanos) {
    if (anyArrived && captureNanos == lastStampNanos && captureNanos != 0) {
      sameStamps++;
    } else {
      sameStamps = 0;
      sameStampSinceNanos = nowNanos;
    }
    arrived(nowNanos);
    lastStampNanos = captureNanos;
  }

  /** A message came in that no frame could be made of. */
  public synchronized void messageRejected(long nowNanos, String why) {
    arrived(nowNanos);
    frameRejected(why);
  }

  private void arrived(long nowNanos) {
    anyArrived = true;
    lastArrivalNanos = nowNanos;
    arrivedSinceDone++;
    windowArrived++;
  }

  /** A frame could not be used. */
  public synchronized void frameRejected(String why) {
    windowRejected++;
    lastRejection = why;
  }

  /** The engine failed on a frame. */
  public synchronized void engineFailed(String why) {
    engineFailure = why;
  }

  /** A sink failed to take a scene. */
  public synchronized void sinkFailed(String why) {
    sinkFailure = why;
  }

  /** Perception has ended and will not come back. */
  public synchronized void died(String why) {
    fatal = why;
  }

  /**
   * A scene was perceived and taken by the sink.
   *
   * @param nowNanos when
   * @param checksum of the image; an image that never changes is a frozen camera
   */
  public synchronized void scenePublished(long nowNanos, long checksum) {
    engineFailure = "";
    sinkFailure = "";
    done(nowNanos, checksum);
  }

  /**
   * A frame could have been perceived, and nobody wanted its scene: as good as a scene, but it says
   * nothing of the engine and the sink.
   *
   * @param nowNanos when
   * @param checksum of the image; need not be comparable with those of scenes, but then an image
   *     that never changes is counted anew from here on
   */
  public synchronized void frameNotWanted(long nowNanos, long checksum) {
    done(nowNanos, checksum);
  }

  private void done(long nowNanos, long checksum) {
    if (anyDone && checksum == lastChecksum) {
      sameImages++;
    } else {
      sameImages = 0;
      sameImageSinceNanos = nowNanos;
    }
    lastChecksum = checksum;
    anyDone = true;
    lastDoneNanos = nowNanos;
    arrivedSinceDone = 0;
  }

  /** The state now, with its reasons. */
  public synchronized HealthReport report(long nowNanos) {
    turnWindow(nowNanos);
    List<String> errors = new ArrayList<>();
    List<String> degraded = new ArrayList<>();
    // The gravest first: what leaves nothing to publish, then what makes it worse.
    if (!fatal.isEmpty()) {
      errors.add(fatal);
    }
    if (!engineFailure.isEmpty()) {
      errors.add(engineFailure);
    }
    addConditions(HealthState.ERROR, errors);
    addConditions(HealthState.STALE, degraded);
    if (!sinkFailure.isEmpty()) {
      degraded.add(sinkFailure);
    }
    long silence = nowNanos - (anyArrived ? lastArrivalNanos : startNanos);
    boolean stale = silence > (anyArrived ? limits.staleNanos() : limits.startupNanos());
    if (!stale && anyArrived) {
      long since = nowNanos - (anyDone ? lastDoneNanos : startNanos);
      if (arrivedSinceDone > 1 && since > limits.staleNanos()) {
        errors.add(
            "no scene for %s while %d frames came".formatted(seconds(since), arrivedSinceDone)
                + rejection("; last rejection: ", errors, degraded));
      }
      frozen(nowNanos, errors);
    }
    if (rejectedRatio > limits.rejectedRatio()) {
      degraded.add(
          String.format(Locale.ROOT, "%.0f %% of the frames were rejected", 100 * rejectedRatio)
              + rejection("; last: ", errors, degraded));
    }
    addConditions(HealthState.DEGRADED, degraded);
    return verdict(errors, degraded, stale, silence);
  }

  private void addConditions(HealthState level, List<String> reasons) {
    for (Condition condition : conditions.values()) {
      if (condition.level() == level) {
        reasons.add(condition.reason());
      }
    }
  }

  /** The last rejection, unless one of the reasons has it already. */
  private String rejection(String before, List<String> errors, List<String> degraded) {
    boolean said =
        errors.stream().anyMatch(reason -> reason.contains(lastRejection))
            || degraded.stream().anyMatch(reason -> reason.contains(lastRejection));
    return lastRejection.isEmpty() || said ? "" : before + lastRejection;
  }

  private HealthReport verdict(
      List<String> errors, List<String> degraded, boolean stale, long silence) {
    List<String> reasons = new ArrayList<>(errors);
    if (stale) {
      reasons.add("no frame for " + seconds(silence));
    }
    if (!anyArrived && !stale) {
      reasons.add("waiting for the first frame");
    }
    reasons.addAll(degraded);
    HealthState state = HealthState.OK;
    if (!errors.isEmpty()) {
      state = HealthState.ERROR;
    } else if (stale) {
      state = HealthState.STALE;
    } else if (!anyDone) {
      state = HealthState.STARTING;
    } else if (!degraded.isEmpty()) {
      state = HealthState.DEGRADED;
    }
    return new HealthReport(state, reasons);
  }

  /** What is wrong with a camera that sends the same again and again; empty where it does not. */
  public synchronized Optional<String> standsStill(long nowNanos) {
    List<String> reasons = new ArrayList<>();
    boolean arrives = anyArrived && nowNanos - lastArrivalNanos <= limits.staleNanos();
    if (arrives) {
      frozen(nowNanos, reasons);
    }
    return reasons.stream().findFirst();
  }

  private void frozen(long nowNanos, List<String> reasons) {
    if (isFrozen(nowNanos, sameStamps, sameStampSinceNanos)) {
      reasons.add(
          "the camera is frozen: the same stamp for %d frames (%s); its driver sends one image again and again: restart it"
              .formatted(sameStamps + 1, seconds(nowNanos - sameStampSinceNanos)));
    }
    if (isFrozen(nowNanos, sameImages, sameImageSinceNanos)) {
      reasons.add(
          "the camera is frozen: the same image for %d frames (%s), to the last bit: restart its driver, or set frozen_frames to 0 where the picture does stand still, as a simulator's or a test picture"
              .formatted(sameImages + 1, seconds(nowNanos - sameImageSinceNanos)));
    }
  }

  private boolean isFrozen(long nowNanos, int repeats, long sinceNanos) {
    return limits.frozenFrames() > 0
        && repeats >= limits.frozenFrames()
        && nowNanos - sinceNanos >= limits.frozenNanos();
  }

  private void turnWindow(long nowNanos) {
    if (nowNanos - windowStartNanos >= WINDOW_NANOS) {
      rejectedRatio = windowArrived == 0 ? 0 : (double) windowRejected / windowArrived;
      windowArrived = 0;
      windowRejected = 0;
      windowStartNanos = nowNanos;
    }
  }

  private static String seconds(long nanos) {
    return String.format(Locale.ROOT, "%.1f s", nanos / SECOND);
  }

  private record Condition(HealthState level, String reason) {}
}
