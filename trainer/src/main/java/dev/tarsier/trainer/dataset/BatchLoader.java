package dev.tarsier.trainer.dataset;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Prepares batches on threads of its own, ahead of the training step, and hands them out in order.
 * What is in a batch depends on the plan, the seed and the step's number alone: not on the threads,
 * nor on where a run was resumed.
 *
 * <p>{@link #next()} is for one thread, and the batch it gave must be closed before the next call.
 */
public final class BatchLoader implements AutoCloseable {
  /**
   * What batches are made of.
   *
   * @param mixture the frames
   * @param batchSize frames in a batch
   * @param inputHeight of the network
   * @param inputWidth of the network
   * @param cropHeight height of what is cut out, at most {@code inputHeight}
   * @param cropWidth width of what is cut out, at most {@code inputWidth}
   * @param targetHeight height of the targets: of the network's outputs for such a crop
   * @param targetWidth width of the targets
   * @param augmentation how frames are varied
   * @param classWeights weight of each class in the loss, by task and id; 1 where a task is absent.
   *     Not modified.
   * @param seed of order and variation
   * @param contents what batches hold besides images
   */
  public record Plan(
      Mixture mixture,
      int batchSize,
      int inputHeight,
      int inputWidth,
      int cropHeight,
      int cropWidth,
      int targetHeight,
      int targetWidth,
      Augmentation augmentation,
      Map<String, List<Float>> classWeights,
      long seed,
      Contents contents) {
    /** Checks the sizes. */
    public Plan {
      classWeights = Map.copyOf(classWeights);
      if (batchSize < 1) {
        throw new IllegalArgumentException("batchSize must be >= 1, got " + batchSize);
      }
      if (cropHeight < 1
          || cropWidth < 1
          || cropHeight > inputHeight
          || cropWidth > inputWidth
          || targetHeight < 1
          || targetWidth < 1) {
        throw new IllegalArgumentException(
            "crop must be within the input of %dx%d and the target at least 1x1, got %dx%d and %dx%d"
                .formatted(
                    inputHeight, inputWidth, cropHeight, cropWidth, targetHeight, targetWidth));
      }
      if (mixture.epochSize() < batchSize) {
        throw new IllegalArgumentException(
            "an epoch of %d frames does not fill one batch of %d"
                .formatted(mixture.epochSize(), batchSize));
      }
    }

    /** Steps in an epoch; frames that do not fill a batch come in a later epoch. */
    public int stepsPerEpoch() {
      return mixture.epochSize() / batchSize;
    }
  }

  private record Job(Batch batch, Future<?> filled) {}

  private final Plan plan;
  private final BatchFiller filler;
  private final ExecutorService threads;
  private final Deque<Batch> free = new ArrayDeque<>();
  private final Deque<Job> ahead = new ArrayDeque<>();
  private final int lookahead;
  private long step;
  private int epoch = -1;
  private List<Mixture.Draw> order = List.of();

  /**
   * Starts preparing.
   *
   * @param plan what batches are made of
   * @param firstStep number of the first batch, counted from 0 over all epochs
   * @param threadCount loader threads, ≥ 1
   */
  public BatchLoader(Plan plan, long firstStep, int threadCount) {
    this.plan = plan;
    this.step = firstStep;
    Map<String, float[]> weights = new HashMap<>();
    plan.classWeights().forEach((task, each) -> weights.put(task, array(each)));
    filler = new BatchFiller(plan.inputHeight(), plan.inputWidth(), plan.augmentation(), weights);
    lookahead = threadCount + 1;
    threads =
        Executors.newFixedThreadPool(
            threadCount,
            task -> {
              Thread thread = new Thread(task, "batch-loader");
              thread.setDaemon(true);
              return thread;
            });
    for (int i = 0; i <= lookahead; i++) {
      Batch batch =
          new Batch(
              plan.batchSize(),
              plan.cropHeight(),
              plan.cropWidth(),
              plan.targetHeight(),
              plan.targetWidth(),
              plan.contents());
      batch.onClose(free::add);
      free.add(batch);
    }
  }

  /**
   * The next batch, when it is ready. Close it after use.
   *
   * @throws DataException if a frame of it could not be read
   * @throws InterruptedException if interrupted while waiting
   */
  public Batch next() throws InterruptedException {
    while (ahead.size() < lookahead) {
      submit();
    }
    Job job = ahead.remove();
    try {
      job.filled().get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException("a batch could not be prepared", e.getCause());
    }
    return job.batch();
  }

  private static float[] array(List<Float> values) {
    float[] array = new float[values.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = values.get(i);
    }
    return array;
  }

  private void submit() {
    Batch batch = free.poll();
    if (batch == null) {
      throw new IllegalStateException("close the last batch before asking for the next");
    }
    int current = Math.toIntExact(step / plan.stepsPerEpoch());
    if (current != epoch) {
      epoch = current;
      order = plan.mixture().epoch(plan.seed(), epoch);
    }
    int first = (int) (step % plan.stepsPerEpoch()) * plan.batchSize();
    List<Mixture.Draw> draws = order.subList(first, first + plan.batchSize());
    long batchSeed = Seeds.mix(plan.seed(), step);
    ahead.add(new Job(batch, threads.submit(() -> fill(batch, draws, batchSeed))));
    step++;
  }

  private void fill(Batch batch, List<Mixture.Draw> draws, long batchSeed) {
    List<String> names = new ArrayList<>(draws.size());
    for (int slot = 0; slot < draws.size(); slot++) {
      Sample sample = plan.mixture().get(draws.get(slot));
      filler.fill(sample, Seeds.mix(batchSeed, slot), batch, slot);
      names.add(sample.name());
    }
    batch.describe(names);
  }

  /** Stops the threads. */
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
