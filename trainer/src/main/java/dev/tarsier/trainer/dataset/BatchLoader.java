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
   * @param streams the frames, and which of them a step takes
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
      Streams streams,
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
      streams.requireBatches(batchSize);
    }

    /**
     * Steps in an epoch: a pass over each stream. Frames that do not fill a batch come in a later
     * epoch.
     */
    public int stepsPerEpoch() {
      return streams.stepsPerEpoch(batchSize);
    }

    /**
     * Which stream a step takes, and which batch of it.
     *
     * @param step counted from 0 over all epochs
     */
    public Streams.Turn at(long step) {
      return streams.at(step, batchSize);
    }

    /**
     * How many phases were over before a step: with alternation by epoch a phase is a pass over one
     * stream, by iteration a step; of one stream it is an epoch.
     *
     * @param step counted from 0 over all epochs
     */
    public long phase(long step) {
      return at(step).phase();
    }

    /** The same batches, but the streams take turns after each: any few show all of them. */
    public Plan mixed() {
      return new Plan(
          streams.alternating(Streams.Alternation.ITERATION),
          batchSize,
          inputHeight,
          inputWidth,
          cropHeight,
          cropWidth,
          targetHeight,
          targetWidth,
          augmentation,
          classWeights,
          seed,
          contents);
    }
  }

  private record Job(Batch batch, Future<?> filled) {}

  /** The order of a pass over a stream. */
  private record Pass(int number, List<Mixture.Draw> order) {}

  private final Plan plan;
  private final BatchFiller filler;
  private final ExecutorService threads;
  private final Deque<Batch> free = new ArrayDeque<>();
  private final Deque<Job> ahead = new ArrayDeque<>();
  private final int lookahead;
  private final Pass[] passes;
  private long step;

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
    passes = new Pass[plan.streams().all().size()];
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
    Streams.Turn turn = plan.at(step);
    Mixture mixture = plan.streams().all().get(turn.stream()).mixture();
    int perPass = plan.streams().stepsPerPass(turn.stream(), plan.batchSize());
    List<Mixture.Draw> order = order(turn.stream(), Math.toIntExact(turn.batch() / perPass));
    int first = (int) (turn.batch() % perPass) * plan.batchSize();
    List<Mixture.Draw> draws = order.subList(first, first + plan.batchSize());
    long batchSeed = Seeds.mix(plan.seed(), step);
    ahead.add(new Job(batch, threads.submit(() -> fill(batch, mixture, draws, batchSeed))));
    step++;
  }

  private List<Mixture.Draw> order(int stream, int pass) {
    if (passes[stream] == null || passes[stream].number() != pass) {
      Mixture mixture = plan.streams().all().get(stream).mixture();
      passes[stream] = new Pass(pass, mixture.epoch(Streams.seed(plan.seed(), stream), pass));
    }
    return passes[stream].order();
  }

  private void fill(Batch batch, Mixture mixture, List<Mixture.Draw> draws, long batchSeed) {
    List<String> names = new ArrayList<>(draws.size());
    for (int slot = 0; slot < draws.size(); slot++) {
      Sample sample = mixture.get(draws.get(slot));
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
