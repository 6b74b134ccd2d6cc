package dev.tarsier.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SynthCommandTest {
  @TempDir private Path temp;

  private final StringWriter said = new StringWriter();

  @Test
  void writesTheSameBagForTheSameSeed() throws IOException {
    Path one = temp.resolve("one.bag");
    Path two = temp.resolve("two.bag");
    assertThat(synth("--bag", one.toString(), "--threads", "1")).isZero();
    assertThat(synth("--bag", two.toString(), "--threads", "2")).isZero();
    assertThat(Files.mismatch(one, two)).isEqualTo(-1);
    assertThat(synth("--bag", two.toString(), "--seed", "2")).isZero();
    assertThat(Files.mismatch(one, two)).isNotEqualTo(-1);
    assertThat(temp.toFile().list()).as("nothing left over").hasSize(2);
  }

  @Test
  void writesMasksOfSomeFramesAsCvatDoes() throws IOException {
    Path masks = temp.resolve("cvat");
    assertThat(synth("--masks", masks.toString(), "--masked", "2")).isZero();
    assertThat(masks.resolve("SegmentationClass").toFile().list()).hasSize(2);
    assertThat(masks.resolve("labelmap.txt")).content().contains("floor:196,156,148::");
    assertThat(Files.readAllLines(masks.resolve("ImageSets/Segmentation/default.txt")))
        .hasSize(2)
        .allMatch(name -> Files.exists(masks.resolve("SegmentationClass/" + name + ".png")));
    Path later = temp.resolve("later");
    assertThat(synth("--masks", later.toString(), "--masked", "1", "--start", "1800000000"))
        .isZero();
    assertThat(later.resolve("SegmentationClass").toFile().list())
        .allMatch(name -> name.startsWith("1800000000"));
    assertThat(synth("--masks", later + "2", "--start", "4294967296")).isEqualTo(2);
    assertThat(said.toString()).contains("--start must be seconds from 0 to 4294967295");
    assertThat(synth("--masks", masks.toString())).isEqualTo(2);
    assertThat(said.toString()).contains("is not empty; name a new folder");
  }

  @Test
  void saysWhatIsWrongWithTheOptions() {
    assertThat(synth()).isEqualTo(2);
    assertThat(said.toString()).contains("--bag FILE");
    assertThat(synth("--bag", "x", "--rooms", "9")).isEqualTo(2);
    assertThat(said.toString()).contains("--rooms must be 1 to");
    assertThat(synth("--bag", "x", "--fps", "0")).isEqualTo(2);
    assertThat(said.toString()).contains("framesPerSecond must be");
  }

  private int synth(String... arguments) {
    String[] all = new String[arguments.length + 6];
    System.arraycopy(
        new String[] {"--frames", "3", "--width", "48", "--height", "36"}, 0, all, 0, 6);
    System.arraycopy(arguments, 0, all, 6, arguments.length);
    return new CommandLine(new SynthCommand())
        .setErr(new PrintWriter(said))
        .setOut(new PrintWriter(new StringWriter()))
        .execute(all);
  }
}
