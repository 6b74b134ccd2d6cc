package dev.tarsier.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.node.ModelFolder;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class BenchmarksTest {
  private final StringWriter said = new StringWriter();

  private int run(String... arguments) {
    CommandLine line = Benchmarks.commandLine();
    line.setOut(new PrintWriter(said, true));
    line.setErr(new PrintWriter(said, true));
    return line.execute(arguments);
  }

  static Stream<Arguments> helpOf() {
    return Benchmarks.commandLine().getSubcommands().values().stream()
        .map(CommandLine::getCommandSpec)
        .map(each -> Arguments.of(each.name(), each.usageMessage().description()[0]));
  }

  @ParameterizedTest
  @MethodSource("helpOf")
  void helpSaysWhatIsMeasuredAndWhatIsTaken(String name, String what) {
    assertThat(run(name, "--help")).isZero();
    assertThat(said.toString())
        .startsWith("Usage: tarsier bench " + name + " [")
        .contains(what.split(" ", 4)[0], "(default: ");
  }

  @Test
  void helpListsAllBenchmarks() {
    assertThat(run("--help")).isZero();
    assertThat(said.toString())
        .startsWith("Usage: tarsier bench")
        .contains(
            List.of(
                "  runtime ",
                "  node ",
                "  replay ",
                "  start ",
                "  steady ",
                "  soak ",
                "  transport ",
                "  bag ",
                "  bundles ",
                "  train-step ",
                "  pseudo-labels "));
  }

  static Stream<Arguments> wrong() {
    return Stream.of(
        Arguments.of(List.of("start", "x"), List.of("RUNS", "'x'")),
        Arguments.of(List.of("transport", "0"), List.of("SECONDS", "'0'")),
        Arguments.of(List.of("transport", "1", "fast"), List.of("'fast'")),
        Arguments.of(List.of("replay"), List.of("BAG")),
        Arguments.of(List.of("node", "abc"), List.of("there is no bundle 'abc'")),
        Arguments.of(List.of("runtime", ModelFolder.SHIPPED, "-1"), List.of("'-1'")),
        Arguments.of(List.of("soak", "1"), List.of("MINUTES must be 2 to 10080, got '1'")),
        Arguments.of(List.of("soak", "--rate", "61"), List.of("--rate must be 2 to 60")),
        Arguments.of(List.of("soak", "--bag", "/nonexist"), List.of("--bag /nonexist")),
        Arguments.of(List.of("steady", "4"), List.of("SECONDS must be 5 to 86400, got '4'")),
        Arguments.of(List.of("bag", "--turns", "0"), List.of("--turns", "'0'")),
        Arguments.of(List.of("train-step", "--batch", "x"), List.of("--batch", "'x'")),
        Arguments.of(List.of("nothing"), List.of("there is no command 'nothing'")),
        Arguments.of(List.of(), List.of("say which benchmark")));
  }

  @ParameterizedTest
  @MethodSource("wrong")
  void aWrongArgumentIsOneLineWithItsNameAndValue(List<String> arguments, List<String> named) {
    assertThat(run(arguments.toArray(String[]::new))).isEqualTo(2);
    String first = said.toString().lines().findFirst().orElse("");
    assertThat(first).startsWith("tarsier bench").contains(named);
    assertThat(said.toString()).doesNotContain("\tat ");
  }
}
