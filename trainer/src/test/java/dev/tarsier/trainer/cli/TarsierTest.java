package dev.tarsier.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.runtime.testing.Prerequisites;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class TarsierTest {
  @Test
  void hasEveryCommandOfARobot() {
    CommandLine robot = RobotCommands.commandLine(new RobotCommands());
    CommandLine workstation = RobotCommands.commandLine(new Tarsier());
    assertThat(workstation.getSubcommands().keySet())
        .containsAll(robot.getSubcommands().keySet())
        .contains("train", "synth", "demo");
  }

  /** A package says of these that they are in a checkout only. */
  @Test
  void theLauncherKnowsWhichCommandsARobotHasNot() throws IOException {
    Set<String> own =
        new TreeSet<>(RobotCommands.commandLine(new Tarsier()).getSubcommands().keySet());
    own.removeAll(RobotCommands.commandLine(new RobotCommands()).getSubcommands().keySet());
    assertThat(Files.readString(Prerequisites.root().resolve("tarsier")))
        .contains("\n  " + String.join(" | ", own) + ") in_checkout \"$asked\" trainer ;;\n");
  }

  @Test
  void aModelThatIsNotThereIsOneSentenceAndExitCodeTwo() {
    StringWriter errors = new StringWriter();
    CommandLine line = RobotCommands.commandLine(new Tarsier());
    line.setErr(new PrintWriter(errors, true));
    assertThat(line.execute("demo", "--model", "no-such-bundle")).isEqualTo(2);
    assertThat(errors.toString())
        .startsWith("tarsier demo: there is no bundle 'no-such-bundle'")
        .doesNotContain("\tat ");
  }

  @Test
  void tooManyFramesAreRefusedByName() {
    StringWriter errors = new StringWriter();
    CommandLine line = RobotCommands.commandLine(new Tarsier());
    line.setErr(new PrintWriter(errors, true));
    assertThat(line.execute("demo", "--model", ".", "--frames", "100000")).isEqualTo(2);
    assertThat(errors.toString()).contains("frames must be 5 to 900, got 100000");
  }
}
