package dev.tarsier.runtime.inference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.testing.TestBundles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ThreadChoiceTest {
  @TempDir Path folder;
  @TempDir Path memory;

  private final List<Integer> opened = new ArrayList<>();

  /** What other programs take of the processors, in percent. */
  private long others;

  private ThreadChoice.Chosen open(Path remembered, int processors, String about) throws Exception {
    Bundle bundle = TestBundles.load(folder);
    opened.clear();
    AtomicLong looks = new AtomicLong();
    ProcessorTime time =
        () -> {
          long n = looks.getAndIncrement();
          return new ProcessorTime.Look(50 * n, (50 + others) * n, (50 - others) * n);
        };
    return new ThreadChoice(remembered, processors, time)
        .open(
            about,
            threads -> {
              opened.add(threads);
              return InferenceSession.open(
                  bundle, SessionOptions.of(ProviderPreference.cpu()).withThreads(threads));
            });
  }

  @Test
  void takesTheFewestWithinATenthOfTheBest() {
    assertThat(ThreadChoice.fewestNearBest(new double[] {9.1, 8.6, 8.4})).isZero();
    assertThat(ThreadChoice.fewestNearBest(new double[] {12, 8.6, 8.4})).isEqualTo(1);
    assertThat(ThreadChoice.fewestNearBest(new double[] {12, 10, 8.4})).isEqualTo(2);
    assertThat(ThreadChoice.fewestNearBest(new double[] {8, 10, 12})).isZero();
  }

  @Test
  void measuresOnceAndRemembersForThisNetworkAndProcessor() throws Exception {
    ThreadChoice.Chosen chosen = open(memory, 4, "network a");
    assertThat(opened).containsExactly(1, 2, 4);
    assertThat(chosen.words()).matches("[124] \\(measured: 1 .* ms, 2 .* ms, 4 .* ms\\)");
    chosen.session().run(); // it is open, the others are closed
    chosen.session().close();
    String threads = chosen.words().substring(0, 1);

    ThreadChoice.Chosen again = open(memory, 4, "network a");
    again.session().close();
    assertThat(opened).containsExactly(Integer.valueOf(threads));
    assertThat(again.words()).startsWith(threads + " (measured at an earlier start, kept in ");

    open(memory, 4, "network b").session().close();
    assertThat(opened).hasSize(3);
    open(memory, 2, "network a").session().close();
    assertThat(opened).containsExactly(1, 2);
  }

  @Test
  void whatWasMeasuredBesideBusyProgramsIsNotRemembered() throws Exception {
    others = 43;
    ThreadChoice.Chosen chosen = open(memory, 2, "a");
    chosen.session().close();
    assertThat(chosen.words())
        .contains("other programs took 43 % of the processors meanwhile, so it is measured again");
    others = 5;
    assertThat(open(memory, 2, "a")).satisfies(quiet -> quiet.session().close());
    assertThat(opened).containsExactly(1, 2);
    open(memory, 2, "a").session().close();
    assertThat(opened).hasSize(1);
  }

  @Test
  void readsTheClocksOfLinux() {
    ProcessorTime.Look look =
        ProcessorTime.parse(
            "7 (a (b) c) R 1 2 3 4 5 6 7 8 9 10 300 40 0 0 20 0 1 0 5 6 7\n",
            "cpu  1000 20 300 5000 60 7 8 0 0 0\ncpu0 1 2 3 4 5 6 7 0 0 0\n");
    assertThat(look).isEqualTo(new ProcessorTime.Look(340, 1335, 5060));
    assertThat(look.othersSince(new ProcessorTime.Look(340, 1335, 5060))).isZero();
    ProcessorTime.Look now = ProcessorTime.ofLinux().look();
    assertThat(now.busy()).isGreaterThan(now.own());
  }

  @Test
  void aDamagedMemoryIsMeasuredAnew() throws Exception {
    open(memory, 2, "a").session().close();
    try (var files = Files.list(memory)) {
      Files.writeString(files.findFirst().orElseThrow(), "{\"threads\": 77}");
    }
    open(memory, 2, "a").session().close();
    assertThat(opened).containsExactly(1, 2);
  }

  @Test
  void oneProcessorHasNoChoice() throws Exception {
    ThreadChoice.Chosen chosen = open(null, 1, "a");
    chosen.session().close();
    assertThat(chosen.words()).isEqualTo("1 (there is one processor)");
    assertThat(opened).containsExactly(1);
  }

  @Test
  void withoutAMemoryEachStartMeasures() throws Exception {
    for (int i = 0; i < 2; i++) {
      ThreadChoice.Chosen chosen = open(null, 2, "a");
      chosen.session().close();
      assertThat(chosen.words().toLowerCase(Locale.ROOT)).contains("(measured: ");
    }
  }
}
