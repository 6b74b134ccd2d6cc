package dev.tarsier.trainer.dataset;

import java.util.HashSet;
import java.util.List;

/**
 * Streams of frames that take turns: a batch comes from one of them alone. Data with labels here
 * and depth there is trained on so (Illés, "Disjoint Datasets in Multi-task Learning with Deep
 * Neural Networks for Autonomous Driving"). A training of one data set is one stream.
 *
 * <p>Each stream walks through its own {@link Mixture}, in whole batches; frames that do not fill
 * one come in a later pass. Whose turn it is follows from the step's number alone.
 *
 * @param all at least one; their order is the order of their turns
 * @param alternation when the next one has its turn
 */
public record Streams(List<Stream> all, Alternation alternation) {
  /** When the next stream has its turn. */
  public enum Alternation {
    /** After each step: step k is batch k / n of stream k mod n. */
    ITERATION,
    /** After a whole pass over a stream. */
    EPOCH
  }

  /**
   * Frames that share no batch with others.
   *
   * @param name for messages
   * @param mixture the frames
   */
  public record Stream(String name, Mixture mixture) {
    private int steps(int batchSize) {
      return mixture.epochSize() / batchSize;
    }
  }

  /**
   * What a step takes.
   *
   * @param stream number of the stream, from 0
   * @param batch number of the batch among all of that stream, from 0
   * @param phase how many phases are over; a phase is steps in a row that take from one stream
   */
  public record Turn(int stream, long batch, long phase) {}

  /** Checks that streams can be told apart. */
  public Streams {
    all = List.copyOf(all);
    if (all.isEmpty()) {
      throw new IllegalArgumentException("there must be at least one stream");
    }
    HashSet<String> names = new HashSet<>();
    for (Stream each : all) {
      if (!names.add(each.name())) {
        throw new IllegalArgumentException("two streams are called '%s'".formatted(each.name()));
      }
    }
  }

  /** The only stream; its phases are its passes. */
  public static Streams of(Mixture mixture) {
    return new Streams(List.of(new Stream("", mixture)), Alternation.EPOCH);
  }

  /** The same streams, taking turns otherwise. */
  Streams alternating(Alternation other) {
    return all.size() == 1 ? this : new Streams(all, other);
  }

  /** Checks that each stream has a batch to give. */
  void requireBatches(int batchSize) {
    for (Stream each : all) {
      if (each.steps(batchSize) < 1) {
        throw new IllegalArgumentException(
            "an epoch of %d frames%s does not fill one batch of %d; give data more frames or a larger per_epoch, or the training a smaller batch"
                .formatted(
                    each.mixture().epochSize(),
                    all.size() == 1 ? "" : " of stream " + each.name(),
                    batchSize));
      }
    }
  }

  /** Batches in one pass over a stream. */
  int stepsPerPass(int stream, int batchSize) {
    return all.get(stream).steps(batchSize);
  }

  /** Steps in an epoch: one pass over each stream, however they take turns. */
  int stepsPerEpoch(int batchSize) {
    return all.stream().mapToInt(each -> each.steps(batchSize)).sum();
  }

  /**
   * Whose turn a step is.
   *
   * @param step counted from 0 over all epochs
   */
  Turn at(long step, int batchSize) {
    int n = all.size();
    if (alternation == Alternation.ITERATION) {
      return new Turn((int) (step % n), step / n, step);
    }
    int perEpoch = stepsPerEpoch(batchSize);
    long epoch = step / perEpoch;
    int within = (int) (step % perEpoch);
    int stream = 0;
    while (within >= stepsPerPass(stream, batchSize)) {
      within -= stepsPerPass(stream, batchSize);
      stream++;
    }
    return new Turn(stream, epoch * stepsPerPass(stream, batchSize) + within, epoch * n + stream);
  }

  /** The first stream's order is that of a training without streams. */
  static long seed(long seed, int stream) {
    return stream == 0 ? seed : Seeds.mix(seed, stream);
  }
}
