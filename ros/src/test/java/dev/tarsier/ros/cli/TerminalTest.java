package dev.tarsier.ros.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class TerminalTest {
  @Test
  void coloursOnlyWhereAPersonLooksAndWantsThem() {
    Map<String, String> xterm = Map.of("TERM", "xterm");
    assertThat(Terminal.of(xterm, true, 0).colors()).isTrue();
    assertThat(Terminal.of(xterm, false, 0).colors()).isFalse();
    assertThat(Terminal.of(Map.of("TERM", "xterm", "NO_COLOR", "1"), true, 0).colors()).isFalse();
    assertThat(Terminal.of(Map.of(), true, 0).colors()).isFalse();
    assertThat(Terminal.of(Map.of("CLICOLOR_FORCE", "1"), false, 0).colors()).isTrue();
  }

  @Test
  void staysReadableInNarrowAndWideWindows() {
    assertThat(Terminal.of(Map.of("COLUMNS", "72"), true, 0).columns()).isEqualTo(72);
    assertThat(Terminal.of(Map.of("COLUMNS", "10"), true, 0).columns()).isEqualTo(40);
    assertThat(Terminal.of(Map.of("COLUMNS", "250"), true, 0).columns()).isEqualTo(250);
    assertThat(Terminal.of(Map.of("COLUMNS", "wide"), true, 0).columns()).isEqualTo(100);
  }

  @Test
  void fillsTheRealWindowUnlessToldOtherwise() {
    assertThat(Terminal.of(Map.of(), true, 132).columns()).isEqualTo(132);
    assertThat(Terminal.of(Map.of(), true, 0).columns()).isEqualTo(100);
    assertThat(Terminal.of(Map.of("COLUMNS", "72"), true, 132).columns()).isEqualTo(72);
  }

  @Test
  void paintsNothingWithoutColours() {
    assertThat(new Terminal(false, 80).paint(Terminal.Ink.GOOD, "x")).isEqualTo("x");
    assertThat(new Terminal(true, 80).paint(Terminal.Ink.GOOD, "x"))
        .isEqualTo("\u001b[32mx\u001b[0m");
  }

  @Test
  void breaksLinesAtSpacesAndNeverWithinAWord() {
    assertThat(Terminal.wrap("aa bb cc", 5)).containsExactly("aa bb", "cc");
    assertThat(Terminal.wrap("longer-than-that a b", 5)).containsExactly("longer-than-that", "a b");
    assertThat(Terminal.wrap("", 5)).containsExactly("");
    assertThat(Terminal.wrap("\u001b[1maa\u001b[0m bb cc", 5))
        .containsExactly("\u001b[1maa\u001b[0m bb", "cc");
  }
}
