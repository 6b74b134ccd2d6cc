package dev.tarsier.ros.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

class NarrowHelpTest {
  private static CommandLine fitted(int columns, String... path) {
    CommandLine line = new CommandLine(new RobotCommands());
    NarrowHelp.fit(line, columns);
    for (String each : path) {
      line = line.getSubcommands().get(each);
    }
    return line;
  }

  @ParameterizedTest
  @ValueSource(ints = {40, 48, 55, 80})
  void noLineIsWiderThanTheWindow(int columns) {
    for (List<String> path :
        List.of(List.<String>of(), List.of("replay"), List.of("node"), List.of("bag", "info"))) {
      String help = fitted(columns, path.toArray(String[]::new)).getUsageMessage(Ansi.OFF);
      assertThat(help.lines()).as("%s", path).allMatch(line -> line.length() <= columns);
    }
  }

  @Test
  void nothingIsLost() {
    String narrow = fitted(40, "replay").getUsageMessage(Ansi.OFF);
    String wide = fitted(100, "replay").getUsageMessage(Ansi.OFF);
    assertThat(words(narrow)).containsExactlyElementsOf(words(wide));
    assertThat(narrow).startsWith("Usage: tarsier replay [").contains("\n  -h, --help\n      Show");
  }

  private static List<String> words(String text) {
    return List.of(text.strip().split("\\s+"));
  }
}
