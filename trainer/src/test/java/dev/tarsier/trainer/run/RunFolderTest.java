package dev.tarsier.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarsier.runtime.file.WholeFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
  @TempDir private Path temp;

  @Test
  void isOneRunsAlone() throws Exception {
    Path path = temp.resolve("run");
    try (RunFolder first = RunFolder.open(path)) {
      assertThat(first.path()).isEqualTo(path);
      assertThatThrownBy(() -> RunFolder.open(path).close())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another run is using " + path)
          .hasMessageContaining("--out");
      assertThat(lockedForAnotherProcess(path)).isTrue();
    }
    assertThat(lockedForAnotherProcess(path)).isFalse();
    RunFolder second = RunFolder.open(path);
    second.close();
    try (RunFolder third = RunFolder.open(path)) {
      second.close();
      assertThat(RunFolder.tryOpen(path)).as("held by %s", third.path()).isEmpty();
    }
  }

  /** Locks are between processes, so that another one has to ask. */
  private static boolean lockedForAnotherProcess(Path folder) throws Exception {
    String ask =
        """
        import fcntl, sys
        try:
          fcntl.lockf(open(sys.argv[1], "w"), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
          sys.exit(3)
        """;
    Process python =
        new ProcessBuilder("/usr/bin/python3", "-c", ask, folder.resolve("run.lock").toString())
            .start();
    int status = python.waitFor();
    assertThat(status).isIn(0, 3);
    return status == 3;
  }

  @Test
  void replacesAFileThatOthersReplaceToo() throws Exception {
    Path file = temp.resolve("table.md");
    List<CompletableFuture<Void>> writers = new ArrayList<>();
    for (String text : List.of("a".repeat(100_000), "b".repeat(100_000))) {
      writers.add(
          CompletableFuture.runAsync(
              () -> {
                try {
                  for (int i = 0; i < 30; i++) {
                    WholeFile.write(file, text);
                  }
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              }));
    }
    CompletableFuture.allOf(writers.toArray(CompletableFuture[]::new)).get(1, TimeUnit.MINUTES);
    assertThat(Files.readString(file)).hasSize(100_000).matches("a*|b*");
    try (Stream<Path> left = Files.list(temp)) {
      assertThat(left).containsExactly(file);
    }
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
