package dev.tarsier.ros.replay;

import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.runtime.task.Plane;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * Judges what was perceived on a thread of its own, {@value #THREAD}, while the next image is read
 * and perceived. It takes images and truths in the order of the bag, so that the figures are those
 * of one thread. What waits for it is bounded: who reads waits where judging is slower.
 *
 * <p>The truths, the evaluator and the worst frames belong to that thread until {@link #finish}
 * returns; then, as all that is called here, to the caller's.
 */
final class Judging implements AutoCloseable {
  /** The thread's name. */
  static final String THREAD = "tarsier-replay-judge";

  /** Messages that may wait: an image and its truth twice. */
  static final int MOST = 4;

  /** Behind the last message. */
  private static final Step END = () -> {};

  private final TruthQueue truths;
  private final Evaluator evaluator;
  private final WorstFrames worst;
  private final Troubles troubles;
  private final ArrayBlockingQueue<Step> steps = new ArrayBlockingQueue<>(MOST);
  private final ArrayBlockingQueue<ByteBuffer> spare = new ArrayBlockingQueue<>(MOST);
  private final List<Scored> scored = new ArrayList<>();
  private final Thread thread = new Thread(this::run, THREAD);
  private volatile boolean dropping;
  private volatile Throwable failure;

  /** What came of an image. */
  record Scored(int index, FrameScore score) {}

  /** A message of the bag, or what came of it. */
  @FunctionalInterface
  private interface Step {
    void run();

    /** Lets go of what is not judged any more. */
    default void drop() {}
  }

  /**
   * Starts the thread.
   *
   * @param truths what belongs to the images
   * @param evaluator takes images and truths
   * @param worst takes what was judged
   * @param troubles takes what cannot be used
   */
  Judging(TruthQueue truths, Evaluator evaluator, WorstFrames worst, Troubles troubles) {
    this.truths = truths;
    this.evaluator = evaluator;
    this.worst = worst;
    this.troubles = troubles;
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Hands an image over.
   *
   * @param image owned by this from now on, also where it throws
   */
  void image(Perceived image) throws InterruptedIOException {
    put(
        new Step() {
          @Override
          public void run() {
            truths.add(image); // which closes it, whatever happens
            evaluator.predicted(image.planes());
            decide(image.receiveNanos());
          }

          @Override
          public void drop() {
            image.close();
          }
        });
  }

  /**
   * Hands a message over.
   *
   * @param topic that it is of
   * @param message its number in the bag
   * @param body copied. Not modified.
   */
  void truth(TruthTopic topic, long message, long receiveNanos, ByteBuffer body)
      throws InterruptedIOException {
    ByteBuffer copy = spare.poll();
    if (copy == null || copy.capacity() < body.remaining()) {
      copy = ByteBuffer.allocateDirect(body.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    }
    ByteBuffer own = copy.clear().put(body.duplicate()).flip();
    put(
        () -> {
          try {
            topic.add(receiveNanos, own);
          } catch (MessageFormatException | IllegalArgumentException e) {
            troubles.add(message, topic.role(), e);
          }
          spare.offer(own);
          decide(receiveNanos);
        });
  }

  /** Says that a message came that is neither; some images wait no longer then. */
  void passed(long receiveNanos) throws InterruptedIOException {
    put(() -> decide(receiveNanos));
  }

  /**
   * Judges what still waits and ends the thread.
   *
   * @return each image that was judged, in the order of the bag
   */
  List<Scored> finish() throws InterruptedIOException {
    put(END);
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw interrupted();
    }
    rethrow();
    return scored;
  }

  private void put(Step step) throws InterruptedIOException {
    try {
      rethrow();
      steps.put(step);
    } catch (InterruptedException e) {
      step.drop();
      throw interrupted();
    } catch (RuntimeException | Error e) {
      step.drop();
      throw e;
    }
  }

  private static InterruptedIOException interrupted() {
    Thread.currentThread().interrupt();
    return new InterruptedIOException("interrupted while judging");
  }

  private void rethrow() {
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
  }

  private void run() {
    boolean interrupted = false;
    for (Step step = null; step != END; ) {
      try {
        step = steps.take();
      } catch (InterruptedException e) {
        // Nobody has this thread but the replay, which ends it otherwise.
        interrupted = true;
        continue;
      }
      if (dropping || failure != null) {
        step.drop();
        continue;
      }
      try {
        if (step == END) {
          decide(Long.MAX_VALUE);
        } else {
          step.run();
        }
      } catch (RuntimeException | Error e) {
        failure = e; // and nobody waits in vain: what comes is taken and dropped
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void decide(long nowNanos) {
    truths.decide(nowNanos, this::judge);
  }

  private void judge(Perceived image, Map<String, Plane> planes) {
    FrameScore score = evaluator.add(image, planes);
    scored.add(new Scored(image.index(), score));
    worst.add(image, planes, score);
  }

  /** Ends the thread of a failed run, without what still waits. */
  @Override
  public void close() {
    dropping = true;
    boolean interrupted = false;
    boolean told = false;
    while (thread.isAlive()) {
      try {
        if (!told) {
          steps.put(END);
          told = true;
        }
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true; // first nobody else may touch the frames that are closed next
      }
    }
    truths.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
