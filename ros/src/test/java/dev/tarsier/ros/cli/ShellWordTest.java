package dev.tarsier.ros.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShellWordTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "Größe/süd.yaml", "it's", "$HOME", "a=b", "x;y", "~", "*"})
  void aShellReadsOneWord(String text) throws IOException {
    Process shell =
        new ProcessBuilder("bash", "-c", "set -f; printf %s " + ShellWord.of(text)).start();
    String read = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(read).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"runs/drive1", "Größe/süd.yaml", "student.epochs=20"})
  void plainWordsStayAsTheyAre(String text) {
    assertThat(ShellWord.of(text)).isEqualTo(text);
  }
}
