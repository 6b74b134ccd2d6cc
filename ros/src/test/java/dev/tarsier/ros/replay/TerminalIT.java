package dev.tarsier.ros.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.runtime.testing.TestBundles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands in a real terminal, that of {@code script}. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class TerminalIT {
  @TempDir Path folder;

  @BeforeEach
  void prepare() {
    Prerequisites.programs("script", "stty");
  }

  /** Runs a shell command in a terminal; {@code $J} is Java with the robot's commands. */
  private String inTerminal(String command) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder("script", "-qec", command, "/dev/null").redirectErrorStream(true);
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    builder.environment().put("SHELL", "/bin/bash");
    builder.environment().put("TERM", "xterm");
    builder.environment().remove("COLUMNS");
    builder
        .environment()
        .put(
            "J",
            Path.of(System.getProperty("java.home"), "bin", "java")
                + " "
                + RobotCommands.class.getName());
    Process process = builder.start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return text;
  }

  private static int longestLine(String text) {
    return text.lines()
        .mapToInt(line -> line.replaceAll("\u001b\\[[0-9;]*m", "").stripTrailing().length())
        .max()
        .orElse(0);
  }

  @Test
  void helpFillsTheWindow() throws Exception {
    assertThat(longestLine(inTerminal("stty cols 150; $J replay --help"))).isBetween(121, 150);
    assertThat(longestLine(inTerminal("stty cols 64; $J replay --help"))).isBetween(55, 64);
    assertThat(longestLine(inTerminal("stty cols 150; COLUMNS=70 $J replay --help")))
        .isBetween(60, 70);
  }

  @Test
  void aBarIsDrawnOnTheTerminalAndNeverIntoAFile() throws Exception {
    Path model = TestBundles.brightness(folder.resolve("brightness-v1"));
    Path bag = folder.resolve("a.bag");
    try (TestBags writer = new TestBags(bag)) {
      for (int i = 0; i < 8; i++) {
        writer.image(100L * i).depth(100L * i, 4000);
      }
    }
    String replay = "$J replay " + bag + " --model=" + model + " --out=" + folder.resolve("out");
    assertThat(inTerminal("stty cols 100; " + replay)).contains("┈ 1 of 8 frames", "\r\u001b[K");

    Path said = folder.resolve("said");
    String seen = inTerminal("stty cols 100; " + replay + " 2> " + said);
    assertThat(Files.readString(said)).doesNotContain("\r", "\u001b");
    assertThat(seen).doesNotContain("━", "┈").contains("8 of 8 images");
  }
}
