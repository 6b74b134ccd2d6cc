package dev.tarsier.ros.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class RobotCommandsTest {
  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(Object root, String[] arguments) {
    CommandLine line = RobotCommands.commandLine(root);
    line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    return line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(arguments);
  }

  private int run(String... arguments) {
    return run(new RobotCommands(), arguments);
  }

  @Test
  void namesTheNearestCommandInsideItsGroup() {
    assertThat(run("bag", "inof", "x.bag")).isEqualTo(2);
    assertThat(err.toString())
        .startsWith("tarsier bag: there is no command 'inof'; did you mean 'info'?");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void namesTheNearestCommandAndOption() {
    assertThat(run("repaly", "x.bag")).isEqualTo(2);
    assertThat(err.toString())
        .startsWith("tarsier: there is no command 'repaly'; did you mean 'replay'?");
    err.getBuffer().setLength(0);
    assertThat(run("replay", "x.bag", "--modle=x")).isEqualTo(2);
    assertThat(err.toString())
        .startsWith("tarsier replay: there is no option '--modle'; did you mean '--model'?")
        .contains("Usage: tarsier replay");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void helpIsOfTheWholeCommand() {
    assertThat(run("help", "bag", "export")).isZero();
    assertThat(out.toString()).startsWith("Usage: tarsier bag export ");
    out.getBuffer().setLength(0);
    assertThat(run("help")).isZero();
    assertThat(out.toString()).startsWith("Usage: tarsier [");
    assertThat(run("help", "bag", "exprot")).isEqualTo(2);
    assertThat(err.toString())
        .startsWith("tarsier bag: there is no command 'exprot'; did you mean 'export'?");
  }

  @Test
  void anErrorNamesTheWholeCommand() {
    Path missing = folder.resolve("none.bag");
    assertThat(run("bag", "info", missing.toString())).isEqualTo(2);
    assertThat(err.toString()).startsWith("tarsier bag info: ").contains(missing.toString());
    assertThat(err.toString().lines()).hasSize(1);
  }

  @Test
  void usageGoesWhereErrorsGoUnlessItWasAskedFor() {
    assertThat(run("bag")).isEqualTo(2);
    assertThat(run()).isEqualTo(2);
    assertThat(run("bag", "info")).isEqualTo(2);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString()).contains("Usage: tarsier bag", "Usage: tarsier bag info", "replay");
    err.getBuffer().setLength(0);
    assertThat(run("bag", "info", "--help")).isZero();
    assertThat(out.toString()).contains("Usage: tarsier bag info");
    assertThat(err.toString()).isEmpty();
  }

  @Command(name = "tarsier")
  static final class Fails implements Callable<Integer> {
    private final Exception with;

    Fails(Exception with) {
      this.with = with;
    }

    @Override
    public Integer call() throws Exception {
      throw with;
    }
  }

  private String failure(Exception e) {
    err.getBuffer().setLength(0);
    assertThat(run(new Fails(e), new String[0])).isEqualTo(2);
    return err.toString().stripTrailing();
  }

  @Test
  void whatTheDiskDoesIsOneLine() {
    assertThat(failure(new IOException("No space left on device")))
        .isEqualTo("tarsier: No space left on device");
    assertThat(failure(new UncheckedIOException(new NoSuchFileException("/a/b"))))
        .isEqualTo("tarsier: /a/b: there is no such file or folder");
  }

  @Test
  void textOfAFileIsShownAndNotObeyed() {
    assertThat(failure(new IOException("topic '\u001b[2Jx' is odd\nsee elsewhere")))
        .isEqualTo("tarsier: topic '\\x1b[2Jx' is odd see elsewhere");
  }
}
