package dev.tarsier.ros.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.runtime.inference.InferenceSession;
import dev.tarsier.runtime.tensor.OpenCv;
import dev.tarsier.runtime.testing.FullDisk;
import dev.tarsier.runtime.testing.TestBundles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full is one line that names the file and the cause. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class FullDiskIT {
  @TempDir Path folder;

  private Path bag;
  private Path model;

  @BeforeEach
  void prepare() throws IOException {
    OpenCv.load(); // unpacks what the limit would keep from being unpacked
    assertThat(InferenceSession.engineVersion()).isNotEmpty();
    model = TestBundles.brightness(folder.resolve("brightness-v1"));
    bag = folder.resolve("a.bag");
    try (TestBags writer = new TestBags(bag)) {
      for (int i = 0; i < 8; i++) {
        writer.image(100L * i).depth(100L * i, 4000);
      }
    }
  }

  private void isOneLineAbout(Path file, String... more) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                RobotCommands.class.getName(),
                "replay",
                bag.toString(),
                "--model=" + model,
                "--out=" + folder.resolve("report")));
    command.addAll(List.of(more));
    FullDisk.Result result = FullDisk.run(2, command);
    assertThat(result.code()).as(result.toString()).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(result.errors()).as(result.toString()).hasSize(1);
    assertThat(result.errors().get(0))
        .startsWith("tarsier replay: " + file)
        .endsWith(": " + FullDisk.CAUSE);
    assertThat(FullDisk.halves(folder)).isEmpty();
  }

  @Test
  void ofAReport() throws Exception {
    isOneLineAbout(folder.resolve("report").resolve("report."));
  }

  @Test
  void ofARecordedBag() throws Exception {
    Path record = folder.resolve("out.bag");
    isOneLineAbout(record, "--record=" + record);
    assertThat(record).doesNotExist();
  }
}
