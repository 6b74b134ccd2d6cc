package dev.tarsier.runtime.frame;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Direct buffers for frames, used again and again. {@link #acquire} never blocks and never fails:
 * when all buffers are out it makes one more, which is counted and not kept.
 *
 * <p>A frame that is garbage-collected without having been closed is a leak: its buffer is taken
 * back and the leak counted; with {@code -Dtarsier.frames.debug=true} it is logged with the place
 * that acquired it. Leaks are looked for at each acquire.
 *
 * <p>Safe for several threads.
 */
public final class FramePool {
  /** No single frame is larger: 256 MiB. */
  public static final int MAX_FRAME_BYTES = 256 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(FramePool.class);

  private final int frames;
  private final boolean traced;
  private final ArrayDeque<Storage> free = new ArrayDeque<>();
  private final Set<Lease> leased = new HashSet<>();
  private final ReferenceQueue<Frame> abandoned = new ReferenceQueue<>();
  private long leaks;
  private long overflows;

  /**
   * A pool that traces leaks when the system property {@code tarsier.frames.debug} is true.
   *
   * @param frames how many buffers are kept; three serve one camera (one filled, one waiting, one
   *     perceived)
   */
  public FramePool(int frames) {
    this(frames, Boolean.getBoolean("tarsier.frames.debug"));
  }

  /**
   * A pool.
   *
   * @param frames how many buffers are kept, at least 1
   * @param traced whether each acquire records its place, for leak reports; costs microseconds
   */
  public FramePool(int frames, boolean traced) {
    if (frames < 1) {
      throw new IllegalArgumentException("frames must be at least 1, got " + frames);
    }
    this.frames = frames;
    this.traced = traced;
  }

  /**
   * Leases a frame of length 0.
   *
   * @return never null; the caller owns it and closes it once, or hands it on
   */
  public synchronized Frame acquire() {
    reclaimAbandoned();
    Storage storage = free.pollLast();
    if (storage == null) {
      storage = new Storage();
      if (leased.size() >= frames) {
        overflows++;
      }
    }
    Frame frame = new Frame(this, storage, traced);
    leased.add(frame.lease());
    return frame;
  }

  /** Frames that are out now. */
  public synchronized int leased() {
    return leased.size();
  }

  /** Frames that were never closed, so far. */
  public synchronized long leaks() {
    reclaimAbandoned();
    return leaks;
  }

  /** How often all buffers were out and one more was made. */
  public synchronized long overflows() {
    return overflows;
  }

  synchronized void giveBack(Frame frame) {
    Lease lease = frame.lease();
    lease.clear();
    leased.remove(lease);
    keep(lease.storage);
  }

  ReferenceQueue<Frame> abandoned() {
    return abandoned;
  }

  private void keep(Storage storage) {
    if (free.size() < frames) {
      free.addLast(storage);
    }
  }

  private void reclaimAbandoned() {
    for (Object found = abandoned.poll(); found != null; found = abandoned.poll()) {
      Lease lease = (Lease) found;
      if (leased.remove(lease)) {
        leaks++;
        if (lease.site != null) {
          LOG.warn("a frame was never closed; it was acquired here", lease.site);
        } else if (leaks == 1) {
          LOG.warn(
              "a frame was never closed; start with -Dtarsier.frames.debug=true to see where it was"
                  + " acquired");
        }
        keep(lease.storage);
      }
    }
  }

  /** A buffer that outlives its leases. */
  static final class Storage {
    ByteBuffer bytes = ByteBuffer.allocateDirect(0).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Survives its frame, to tell that the frame was never closed. */
  static final class Lease extends PhantomReference<Frame> {
    final Storage storage;
    final Throwable site;

    Lease(Frame frame, ReferenceQueue<Frame> queue, Storage storage, boolean traced) {
      super(frame, queue);
      this.storage = storage;
      this.site = traced ? new Throwable("acquired here") : null;
    }
  }
}
