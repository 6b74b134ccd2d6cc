package dev.tarsier.ros.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.bag.BagCompression;
import dev.tarsier.ros.bag.BagWriter;
import dev.tarsier.ros.ros1.message.StringMessage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class BagCommandTest {
  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Path file;

  @BeforeEach
  void writeBag() throws IOException {
    file = folder.resolve("a.bag");
    try (BagWriter writer = new BagWriter(file, BagCompression.LZ4)) {
      for (int i = 0; i <= 20; i++) {
        writer.write("/t", 1_600_000_000_000_000_000L + i * 100_000_000L, new StringMessage("x"));
      }
    }
  }

  private int run(String... arguments) {
    CommandLine line = RobotCommands.commandLine(new RobotCommands());
    return line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(arguments);
  }

  @Test
  void saysWhatABagHolds() {
    assertThat(run("bag", "info", file.toString())).isZero();
    assertThat(out.toString())
        .contains("messages  21")
        .contains("start     2020-09-13 12:26:40.000 UTC")
        .contains("duration  2.000 s")
        .contains("chunks    1 lz4")
        .containsPattern("/t +std_msgs/String +21 +10\\.0");
  }

  @Test
  void aCutBagIsDamagedAndAFileThatIsNoBagCannotBeRead() throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 5));
    assertThat(run("bag", "info", file.toString())).isEqualTo(RobotCommands.DAMAGED);
    assertThat(out.toString()).contains("DAMAGED   at byte", "messages  21");
    Files.write(file, new byte[100]);
    assertThat(run("bag", "info", file.toString())).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(err.toString()).contains("is no ROS bag");
  }

  @Test
  void saysWhatEachOfSeveralBagsHoldsAlsoWhereOneCannotBeRead() throws IOException {
    Path other = Files.copy(file, folder.resolve("b.bag"));
    assertThat(run("bag", "info", file.toString(), other.toString())).isZero();
    assertThat(out.toString()).contains("path      " + file, "path      " + other);
    Path none = Files.write(folder.resolve("none.bag"), new byte[100]);
    out.getBuffer().setLength(0);
    assertThat(run("bag", "info", none.toString(), other.toString()))
        .isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(err.toString()).contains(none + " is no ROS bag");
    assertThat(out.toString()).contains("path      " + other);
  }
}
