package dev.tarsier.runtime.frame;

import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A place for one frame between the thread that receives and the thread that perceives. Offering
 * never waits: a frame that was not taken yet is replaced by the newer one.
 *
 * <p>Any thread may offer; one thread takes.
 */
public final class FrameSlot implements AutoCloseable {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private Frame waiting;
  private boolean closed;

  /**
   * Hands a frame over.
   *
   * @param frame the slot owns it from here on, whatever the answer
   * @return what became of it
   */
  public Offer offer(Frame frame) {
    Frame older;
    lock.lock();
    try {
      if (closed) {
        older = frame;
      } else {
        older = waiting;
        waiting = frame;
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
    if (older == null) {
      return Offer.ACCEPTED;
    }
    older.close();
    return older == frame ? Offer.CLOSED : Offer.REPLACED_OLDER;
  }

  /**
   * Waits for a frame.
   *
   * @return the newest frame, owned by the caller; empty once the slot is closed
   */
  public Optional<Frame> take() throws InterruptedException {
    return take(Long.MAX_VALUE);
  }

  /**
   * Waits for a frame for a while.
   *
   * @param timeoutNanos how long
   * @return the newest frame, owned by the caller; empty when none came in time or the slot is
   *     closed
   */
  public Optional<Frame> take(long timeoutNanos) throws InterruptedException {
    long left = timeoutNanos;
    lock.lockInterruptibly();
    try {
      while (waiting == null && !closed) {
        if (left <= 0) {
          return Optional.empty();
        }
        left = changed.awaitNanos(left);
      }
      Frame taken = waiting;
      waiting = null;
      return Optional.ofNullable(taken);
    } finally {
      lock.unlock();
    }
  }

  /** Whether the slot takes no more frames. */
  public boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** Wakes the taker and closes a frame that waits. May be called again. */
  @Override
  public void close() {
    Frame left;
    lock.lock();
    try {
      closed = true;
      left = waiting;
      waiting = null;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (left != null) {
      left.close();
    }
  }
}
