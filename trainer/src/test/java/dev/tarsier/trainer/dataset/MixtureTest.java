package dev.tarsier.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.trainer.task.TestTasks;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MixtureTest {
  record Numbers(int size) implements SampleSource {
    @Override
    public Sample get(int index) {
      byte value = (byte) index;
      return Sample.of("n" + index, 1, 1, new byte[] {value, value, value});
    }

    @Override
    public String name() {
      return "numbers";
    }

    @Override
    public String sha256() {
      return "0".repeat(64);
    }
  }

  private static Mixture mixture() {
    return new Mixture(
        List.of(Mixture.Part.whole(new Numbers(10)), new Mixture.Part(new Numbers(7), 3)));
  }

  private static BatchLoader.Plan plan() {
    return plan(Streams.of(mixture()));
  }

  static BatchLoader.Plan plan(Streams streams) {
    return new BatchLoader.Plan(
        streams,
        4,
        1,
        1,
        1,
        1,
        1,
        1,
        Augmentation.STANDARD,
        Map.of(),
        3,
        Contents.of(TestTasks.both(1)));
  }

  private static List<String> batches(long first, int count, int threads)
      throws InterruptedException {
    return batches(plan(), first, count, threads);
  }

  static List<String> batches(BatchLoader.Plan plan, long first, int count, int threads)
      throws InterruptedException {
    List<String> seen = new ArrayList<>();
    try (BatchLoader loader = new BatchLoader(plan, first, threads)) {
      for (int i = 0; i < count; i++) {
        try (Batch batch = loader.next()) {
          seen.add(batch.names() + " " + batch.imageFloats().get(0));
        }
      }
    }
    return seen;
  }

  @Test
  void anEpochTakesEveryFrameOfAWholePartOnce() {
    List<Mixture.Draw> epoch = mixture().epoch(1, 4);
    assertThat(epoch).hasSize(13);
    assertThat(epoch.stream().filter(d -> d.part() == 0).map(Mixture.Draw::index).sorted())
        .isEqualTo(IntStream.range(0, 10).boxed().toList());
  }

  @Test
  void noFrameOfAPartComesAgainBeforeAllHaveCome() {
    List<Integer> drawn = new ArrayList<>();
    for (int epoch = 0; epoch < 7; epoch++) {
      mixture().epoch(1, epoch).stream()
          .filter(d -> d.part() == 1)
          .map(Mixture.Draw::index)
          .forEach(drawn::add);
    }
    assertThat(drawn.stream().collect(Collectors.groupingBy(i -> i, Collectors.counting())))
        .hasSize(7)
        .allSatisfy((index, times) -> assertThat(times).isEqualTo(3));
  }

  @Test
  void epochsDiffer() {
    assertThat(mixture().epoch(1, 0)).isNotEqualTo(mixture().epoch(1, 1));
    assertThat(mixture().epoch(1, 0)).isNotEqualTo(mixture().epoch(2, 0));
  }

  @Test
  void batchesDependNeitherOnThreadsNorOnWhereTheyBegin() throws InterruptedException {
    List<String> straight = batches(0, 9, 1);
    assertThat(batches(0, 9, 3)).isEqualTo(straight);
    assertThat(batches(4, 5, 2)).isEqualTo(straight.subList(4, 9));
  }

  @Test
  void wantsTheLastBatchBack() throws InterruptedException {
    try (BatchLoader loader = new BatchLoader(plan(), 0, 1)) {
      Batch kept = loader.next();
      loader.next().close();
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 4; i++) {
                  loader.next();
                }
              })
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("close the last batch");
      kept.close();
    }
  }
}
