package dev.tarsier.runtime.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeFileTest {
  @TempDir Path folder;

  private long files() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.count();
    }
  }

  @Test
  void replacesTheOldContent() throws IOException {
    Path file = folder.resolve("new/folder/report.json");
    WholeFile.write(file, "old");
    WholeFile.write(file, "new");
    assertThat(file).hasContent("new");
    assertThat(file.getParent()).isDirectoryContaining(each -> each.equals(file));
  }

  @Test
  void aFullDiskLeavesTheOldContentAndNothingElseAndNamesFileAndCause() throws IOException {
    Path file = folder.resolve("report.json");
    Files.writeString(file, "old");
    assertThatThrownBy(
            () ->
                WholeFile.write(
                    file,
                    channel -> {
                      channel.write(ByteBuffer.wrap(new byte[100]));
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOfSatisfying(
            FileSystemException.class,
            e -> assertThat(WholeFile.sentence(e)).isEqualTo(file + ": No space left on device"));
    assertThat(file).hasContent("old");
    assertThat(files()).isEqualTo(1);
  }

  @Test
  void writesThroughALinkAndIntoADevice() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "old");
    Path link = Files.createSymbolicLink(folder.resolve("link"), file);
    WholeFile.write(link, "new");
    assertThat(file).hasContent("new");
    assertThat(link).isSymbolicLink();
    Path full = Path.of("/dev/full");
    assertThatThrownBy(() -> WholeFile.write(full, "x"))
        .isInstanceOfSatisfying(
            FileSystemException.class,
            e -> assertThat(WholeFile.sentence(e)).isEqualTo(full + ": No space left on device"));
    assertThat(Files.isRegularFile(full)).isFalse();
  }

  @Test
  void namesTheFileAndNotItsPart() throws IOException {
    Path inTheWay = Files.createFile(folder.resolve("file"));
    Path file = inTheWay.resolve("report.json");
    assertThatThrownBy(() -> WholeFile.write(file, "x"))
        .isInstanceOfSatisfying(
            FileSystemException.class,
            e ->
                assertThat(WholeFile.sentence(e))
                    .startsWith(inTheWay.toString())
                    .doesNotContain("/."));
    Path full = folder.resolve("folder");
    Files.createDirectories(full.resolve("with"));
    assertThatThrownBy(() -> WholeFile.write(full, "x"))
        .isInstanceOfSatisfying(
            FileSystemException.class,
            e -> assertThat(WholeFile.sentence(e)).startsWith(full + ": "));
  }
}
