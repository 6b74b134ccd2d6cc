package dev.tarsier.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.trainer.dataset.Streams.Alternation;
import dev.tarsier.trainer.dataset.Streams.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StreamsTest {
  private static final int BATCH = 4;

  private static Streams.Stream stream(String name, int frames) {
    return new Streams.Stream(
        name, new Mixture(List.of(Mixture.Part.whole(new MixtureTest.Numbers(frames)))));
  }

  /** Of 9 and 14 frames: 2 and 3 batches of 4. */
  private static Streams two(Alternation alternation) {
    return new Streams(List.of(stream("labels", 9), stream("depth", 14)), alternation);
  }

  private static List<Turn> turns(Streams streams, int steps) {
    return IntStream.range(0, steps).mapToObj(step -> streams.at(step, BATCH)).toList();
  }

  @Test
  void eachStepIsTheNextStreams() {
    assertThat(turns(two(Alternation.ITERATION), 5))
        .containsExactly(
            new Turn(0, 0, 0),
            new Turn(1, 0, 1),
            new Turn(0, 1, 2),
            new Turn(1, 1, 3),
            new Turn(0, 2, 4));
  }

  @Test
  void eachPassIsTheNextStreams() {
    assertThat(turns(two(Alternation.EPOCH), 8))
        .containsExactly(
            new Turn(0, 0, 0),
            new Turn(0, 1, 0),
            new Turn(1, 0, 1),
            new Turn(1, 1, 1),
            new Turn(1, 2, 1),
            new Turn(0, 2, 2),
            new Turn(0, 3, 2),
            new Turn(1, 3, 3));
  }

  @ParameterizedTest
  @EnumSource(Alternation.class)
  void anEpochIsAsLongHoweverStreamsTakeTurns(Alternation alternation) {
    assertThat(MixtureTest.plan(two(alternation)).stepsPerEpoch()).isEqualTo(2 + 3);
  }

  @Test
  void oneStreamTakesItsBatchesInTheirOrder() {
    Streams one = Streams.of(stream("", 9).mixture());
    assertThat(turns(one, 4))
        .containsExactly(
            new Turn(0, 0, 0), new Turn(0, 1, 0), new Turn(0, 2, 1), new Turn(0, 3, 1));
    assertThat(MixtureTest.plan(one).phase(5)).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource(Alternation.class)
  void batchesDependNeitherOnThreadsNorOnWhereTheyBegin(Alternation alternation)
      throws InterruptedException {
    BatchLoader.Plan plan = MixtureTest.plan(two(alternation));
    List<String> straight = MixtureTest.batches(plan, 0, 13, 1);
    assertThat(MixtureTest.batches(plan, 0, 13, 3)).isEqualTo(straight);
    for (int first = 1; first < 12; first++) {
      assertThat(MixtureTest.batches(plan, first, 13 - first, 2))
          .isEqualTo(straight.subList(first, 13));
    }
  }

  /** Names of frames, in the order of the batches of one stream. */
  private static List<String> frames(Alternation alternation, int stream, int steps)
      throws InterruptedException {
    BatchLoader.Plan plan = MixtureTest.plan(two(alternation));
    List<String> batches = MixtureTest.batches(plan, 0, steps, 1);
    List<String> frames = new ArrayList<>();
    for (int step = 0; step < steps; step++) {
      if (plan.at(step).stream() == stream) {
        frames.add(batches.get(step).replaceAll("].*", ""));
      }
    }
    return frames;
  }

  @Test
  void aStreamGoesThroughItsFramesInTheSameOrderHoweverTheyTakeTurns() throws InterruptedException {
    for (int stream = 0; stream < 2; stream++) {
      List<String> byStep = frames(Alternation.ITERATION, stream, 20);
      List<String> byPass = frames(Alternation.EPOCH, stream, 20);
      int both = Math.min(byStep.size(), byPass.size());
      assertThat(both).isGreaterThan(6);
      assertThat(byPass.subList(0, both)).isEqualTo(byStep.subList(0, both));
    }
  }

  @Test
  void streamsOfOneSizeAreShuffledApart() throws InterruptedException {
    Streams twins = new Streams(List.of(stream("a", 40), stream("b", 40)), Alternation.ITERATION);
    List<String> batches = MixtureTest.batches(MixtureTest.plan(twins), 0, 2, 1);
    assertThat(batches.get(0)).isNotEqualTo(batches.get(1));
  }

  @Test
  void mixedBatchesShowAllStreamsSoon() {
    BatchLoader.Plan mixed = MixtureTest.plan(two(Alternation.EPOCH)).mixed();
    assertThat(List.of(mixed.at(0).stream(), mixed.at(1).stream())).containsExactly(0, 1);
    BatchLoader.Plan one = MixtureTest.plan(Streams.of(stream("", 9).mixture()));
    assertThat(one.mixed()).isEqualTo(one);
  }

  @Test
  void namesAStreamThatFillsNoBatch() {
    assertThatThrownBy(
            () ->
                MixtureTest.plan(
                    new Streams(
                        List.of(stream("labels", 9), stream("depth", 3)), Alternation.EPOCH)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "an epoch of 3 frames of stream depth does not fill one batch of 4; give data more");
  }

  @Test
  void refusesTwoStreamsOfOneName() {
    assertThatThrownBy(
            () -> new Streams(List.of(stream("a", 9), stream("a", 9)), Alternation.EPOCH))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'a'");
  }
}
