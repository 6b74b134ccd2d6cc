package dev.tarsier.trainer.dataset;

import dev.tarsier.trainer.task.Task;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Batches of given numbers, and plans of batches that nobody takes. */
public final class TestBatches {
  private TestBatches() {}

  /**
   * A batch of black images whose targets are given; images have twice the targets' size.
   *
   * @param values of each task, [N,C,h,w]
   * @param weights of each task, [N,1,h,w]
   */
  public static Batch of(
      Contents contents,
      int size,
      int height,
      int width,
      Map<Task, float[]> values,
      Map<Task, float[]> weights) {
    Batch batch = new Batch(size, 2 * height, 2 * width, height, width, contents);
    for (Task task : contents.targets()) {
      Target target = batch.target(task);
      float[] given = values.get(task);
      for (int i = 0; i < given.length; i++) {
        if (target.isIds()) {
          target.idLongs().put(i, (long) given[i]);
        } else {
          target.floats().put(i, given[i]);
        }
      }
      target.weightFloats().put(weights.get(task));
    }
    batch.describe(IntStream.range(0, size).mapToObj(i -> "frame " + i).toList());
    return batch;
  }

  /** Batches of some size from two streams of as many frames each, which take turns. */
  public static BatchLoader.Plan turns(
      Contents contents, int frames, int batchSize, int height, int width, Streams.Alternation by) {
    return new BatchLoader.Plan(
        new Streams(List.of(stream("a", frames), stream("b", frames)), by),
        batchSize,
        height,
        width,
        height,
        width,
        height,
        width,
        Augmentation.NONE,
        Map.of(),
        3,
        contents);
  }

  private static Streams.Stream stream(String name, int frames) {
    SampleSource source =
        new SampleSource() {
          @Override
          public int size() {
            return frames;
          }

          @Override
          public Sample get(int index) {
            throw new UnsupportedOperationException("nobody takes these batches");
          }

          @Override
          public String name() {
            return name;
          }

          @Override
          public String sha256() {
            return "0".repeat(64);
          }
        };
    return new Streams.Stream(name, new Mixture(List.of(Mixture.Part.whole(source))));
  }
}
