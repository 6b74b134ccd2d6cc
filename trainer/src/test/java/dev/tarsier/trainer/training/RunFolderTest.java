package dev.tarsier.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
  @TempDir private Path temp;

  @Test
  void isOneRunsAlone() throws IOException {
    Path path = temp.resolve("run");
    try (RunFolder first = RunFolder.open(path)) {
      assertThat(first.path()).isEqualTo(path);
      assertThatThrownBy(() -> RunFolder.open(path).close())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another run is using " + path)
          .hasMessageContaining("--out");
    }
    RunFolder.open(path).close();
  }

  @Test
  void dropsTheLineThatAKillTore() throws IOException {
    Path log = temp.resolve("steps.jsonl");
    for (int step = 1; step <= 3; step++) {
      RunFolder.append(log, new ObjectMapper().createObjectNode().put("step", step));
    }
    Files.writeString(log, Files.readString(log) + "{\"step\":4,\"lo");
    assertThat(RunFolder.lines(log)).hasSize(3);
    RunFolder.retain(log, line -> line.path("step").asInt() <= 2);
    assertThat(Files.readString(log)).isEqualTo("{\"step\":1}\n{\"step\":2}\n");
  }
}
