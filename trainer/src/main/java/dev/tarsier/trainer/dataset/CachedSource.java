package dev.tarsier.trainer.dataset;

import dev.tarsier.runtime.task.Plane;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;

/**
 * Keeps the frames of a source that are expensive to make, such as rendered ones, after their first
 * use, if there is room for all. Measures such as depth are kept in whole steps in two bytes; what
 * is beyond 65534 steps counts as unknown. The first use of a frame gives the same values as later
 * ones, and where there is no room every use does.
 */
public final class CachedSource implements SampleSource {
  /** A quarter of a millimetre, and as far as 16.38 m: for rooms. */
  public static final float ROOM_STEPS = 4000f;

  private static final int FARTHEST = 65534;

  /** Colour, a measure and a class. */
  private static final int BYTES_A_PIXEL = 6;

  /**
   * A frame without its measures, which are kept beside it.
   *
   * @param measures whole steps by task
   */
  private record Stored(Sample rest, Map<String, short[]> measures) {}

  private final SampleSource source;
  private final float stepsPerMetre;
  private final boolean keeps;
  private final AtomicReferenceArray<Stored> frames;

  /**
   * An empty cache for the frames of rooms.
   *
   * @param source where frames come from; owned by the caller
   */
  public CachedSource(SampleSource source) {
    this(source, ROOM_STEPS, Long.MAX_VALUE);
  }

  /**
   * An empty cache that keeps nothing if it would need more than there is.
   *
   * @param source where frames come from; owned by the caller. The first frame is made, to see how
   *     large they are.
   * @param stepsPerMetre to how many parts of a metre, or of the unit that depth is in, it is kept
   * @param most bytes that all frames together may take
   */
  public CachedSource(SampleSource source, float stepsPerMetre, long most) {
    if (!(stepsPerMetre > 0 && stepsPerMetre < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("stepsPerMetre must be > 0, got " + stepsPerMetre);
    }
    this.source = source;
    this.stepsPerMetre = stepsPerMetre;
    frames = new AtomicReferenceArray<>(source.size());
    keeps = most == Long.MAX_VALUE || bytes() <= most;
  }

  /** What all frames would take, if they are as large as the first; 0 where there is none. */
  public long bytes() {
    if (source.size() == 0) {
      return 0;
    }
    Sample first = source.get(0);
    return (long) source.size() * first.width() * first.height() * BYTES_A_PIXEL;
  }

  /** Whether frames are kept. */
  public boolean keeps() {
    return keeps;
  }

  @Override
  public int size() {
    return source.size();
  }

  @Override
  public Sample get(int index) {
    Stored stored = frames.get(index);
    if (stored == null) {
      stored = store(source.get(index));
      if (keeps) {
        frames.set(index, stored);
      }
    }
    Sample sample = stored.rest();
    for (Map.Entry<String, short[]> each : stored.measures().entrySet()) {
      float[] values = new float[each.getValue().length];
      for (int i = 0; i < values.length; i++) {
        int steps = each.getValue()[i] & 0xffff;
        values[i] = steps == 0 ? Float.NaN : steps / stepsPerMetre;
      }
      sample = sample.withValues(each.getKey(), values);
    }
    return sample;
  }

  /** Whether all frames are kept that will be. */
  public boolean filled() {
    return !keeps || IntStream.range(0, frames.length()).allMatch(i -> frames.get(i) != null);
  }

  /**
   * Makes all frames that are not kept yet, on all processors. They take the frames in their order,
   * since what is read for one frame of a file may serve its neighbours.
   *
   * @param made hears after each frame, from any thread
   */
  public void fill(Runnable made) {
    AtomicInteger next = new AtomicInteger();
    IntStream.range(0, Runtime.getRuntime().availableProcessors())
        .parallel()
        .forEach(
            worker -> {
              for (int i = next.getAndIncrement(); i < size(); i = next.getAndIncrement()) {
                if (frames.get(i) == null) {
                  frames.set(i, store(source.get(i)));
                }
                made.run();
              }
            });
  }

  private Stored store(Sample sample) {
    Map<String, short[]> measures = new LinkedHashMap<>();
    Sample rest = sample;
    for (Map.Entry<String, Plane> each : sample.planes().entrySet()) {
      if (!each.getValue().isIds() && each.getValue().channels() == 1) {
        measures.put(each.getKey(), steps(each.getValue().valueArray()));
        rest = rest.with(each.getKey(), null);
      }
    }
    return new Stored(rest, measures);
  }

  private short[] steps(float[] values) {
    short[] kept = new short[values.length];
    for (int i = 0; i < kept.length; i++) {
      float steps = values[i] * stepsPerMetre;
      kept[i] = steps >= 0.5f && steps <= FARTHEST ? (short) Math.round(steps) : 0;
    }
    return kept;
  }

  @Override
  public List<String> remarks() {
    return source.remarks();
  }

  @Override
  public List<String> doubts() {
    return source.doubts();
  }

  @Override
  public String name() {
    return source.name();
  }

  @Override
  public String sha256() {
    return source.sha256();
  }
}
