package dev.tarsier.trainer.dataset;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;

/**
 * Keeps the frames of a source that are expensive to make, such as rendered ones, after their first
 * use, if there is room for all. Depth is kept in whole steps in two bytes; depth beyond 65534
 * steps counts as unknown. The first use of a frame gives the same values as later ones, and where
 * there is no room every use does.
 */
public final class CachedSource implements SampleSource {
  /** A quarter of a millimetre, and as far as 16.38 m: for rooms. */
  public static final float ROOM_STEPS = 4000f;

  private static final int FARTHEST = 65534;

  /** Colour, depth and a class. */
  private static final int BYTES_A_PIXEL = 6;

  private record Stored(
      String name,
      int width,
      int height,
      byte[] rgb,
      short[] depth,
      byte[] labels,
      SoftLabels soft) {}

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
    this(source, ROOM_STEPS);
  }

  /**
   * An empty cache.
   *
   * @param source where frames come from; owned by the caller
   * @param stepsPerMetre to how many parts of a metre, or of the unit that depth is in, it is kept
   */
  public CachedSource(SampleSource source, float stepsPerMetre) {
    this(source, stepsPerMetre, Long.MAX_VALUE);
  }

  /**
   * An empty cache that keeps nothing if it would need more than there is.
   *
   * @param source where frames come from; owned by the caller. The first frame is made, to see how
   *     large they are.
   * @param stepsPerMetre as above
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
    float[] depth = null;
    if (stored.depth() != null) {
      depth = new float[stored.depth().length];
      for (int i = 0; i < depth.length; i++) {
        int steps = stored.depth()[i] & 0xffff;
        depth[i] = steps == 0 ? Float.NaN : steps / stepsPerMetre;
      }
    }
    return new Sample(
        stored.name(),
        stored.width(),
        stored.height(),
        stored.rgb(),
        depth,
        stored.labels(),
        stored.soft());
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
    short[] depth = null;
    if (sample.depthMetres() != null) {
      depth = new short[sample.depthMetres().length];
      for (int i = 0; i < depth.length; i++) {
        float steps = sample.depthMetres()[i] * stepsPerMetre;
        depth[i] = steps >= 0.5f && steps <= FARTHEST ? (short) Math.round(steps) : 0;
      }
    }
    return new Stored(
        sample.name(),
        sample.width(),
        sample.height(),
        sample.rgb(),
        depth,
        sample.labels(),
        sample.soft());
  }

  @Override
  public List<String> remarks() {
    return source.remarks();
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
