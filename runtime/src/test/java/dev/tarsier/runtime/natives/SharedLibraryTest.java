package dev.tarsier.runtime.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedLibraryTest {
  private static final Path WHOLE = Path.of(System.getProperty("java.home"), "lib", "libjava.so");
  private static final String INSTALLED = "tarsier.natives";

  @TempDir Path temp;

  @AfterEach
  void nothingIsInstalled() {
    System.clearProperty(INSTALLED);
  }

  private Path cut(String name) throws IOException {
    byte[] bytes = Files.readAllBytes(WHOLE);
    return Files.write(temp.resolve(name), Arrays.copyOf(bytes, bytes.length - 100));
  }

  @Test
  void knowsAFileThatWasCutOff() throws Exception {
    assertThat(SharedLibrary.read(WHOLE))
        .hasValueSatisfying(each -> assertThat(each.isCutOff()).isFalse());
    assertThat(SharedLibrary.read(cut("liba.so")))
        .hasValueSatisfying(each -> assertThat(each.isCutOff()).isTrue());
    assertThat(SharedLibrary.read(Files.writeString(temp.resolve("text"), "no library"))).isEmpty();
  }

  /** The system's loader would end the process with a report of Java's that it crashed. */
  @Test
  void anInstalledProductWithADamagedLibrarySaysSo() throws Exception {
    Path library = cut("libone.so");
    Files.copy(WHOLE, temp.resolve("libother.so"));
    System.setProperty(INSTALLED, temp.toString());
    NativeLibraries.Source one =
        new NativeLibraries.Source(getClass().getClassLoader(), "none/", "libone.so");
    NativeLibraries.Source other =
        new NativeLibraries.Source(getClass().getClassLoader(), "none/", "libother.so");
    assertThat(NativeLibraries.unpacked("other", other)).isEqualTo(temp);
    assertThatThrownBy(() -> NativeLibraries.unpacked("one", one))
        .isInstanceOf(IOException.class)
        .hasMessage(
            library
                + " is cut off: this copy of Tarsier is damaged; unpack or install its package"
                + " again");
  }
}
