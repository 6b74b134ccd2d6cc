package dev.tarsier.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.trainer.task.ClassSet;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OmniglotTest {
  private static final String TASK = "character_class";

  @TempDir private Path root;

  /** Black on white, one bit a pixel, as published; where the black pixel is tells them apart. */
  private static byte[] picture(int at) {
    BufferedImage image = new BufferedImage(105, 105, BufferedImage.TYPE_BYTE_BINARY);
    for (int i = 0; i < 105 * 105; i++) {
      image.setRGB(i % 105, i / 105, i == at ? 0 : 0xFFFFFF);
    }
    return EncodedImage.png(image);
  }

  private void zip(String name, List<String> characters) throws IOException {
    try (OutputStream file = Files.newOutputStream(root.resolve(name + ".zip"));
        ZipOutputStream zip = new ZipOutputStream(file)) {
      zip.putNextEntry(new ZipEntry("__MACOSX/" + name + "/._Greek"));
      for (String character : characters) {
        zip.putNextEntry(new ZipEntry("%s/%s/".formatted(name, character)));
        for (int drawer = 20; drawer >= 1; drawer--) {
          zip.putNextEntry(new ZipEntry("%s/%s/0394_%02d.png".formatted(name, character, drawer)));
          zip.write(picture(100 * character.length() + drawer));
        }
      }
    }
  }

  @BeforeEach
  void write() throws IOException {
    zip("images_background", List.of("Greek/character02", "Arcadian/character26"));
    zip("images_evaluation", List.of("ULOG/character26"));
  }

  private SampleSource open(Integer firstDrawer, Integer drawers) {
    return new Omniglot.Options(root.toString(), null, firstDrawer, drawers, null, null, null)
        .open(Openings.of(ClassSet.NYU_13))
        .orElseThrow();
  }

  @Test
  void knowsThePublishedCharacters() {
    assertThat(Omniglot.CHARACTERS).hasSize(1623);
    assertThat(new HashSet<>(Omniglot.CHARACTERS)).hasSize(1623);
    // The published numbers of the two files.
    assertThat(Omniglot.CHARACTERS.indexOf("Angelic/character01")).isEqualTo(964);
  }

  @Test
  void readsThePeopleThatAreAskedFor() {
    SampleSource source = open(12, 2);
    assertThat(source.size()).isEqualTo(6);
    assertThat(source.name()).isEqualTo("omniglot/people-12-13");
    assertThat(IntStream.range(0, 6).mapToObj(i -> source.get(i).plane(TASK).imageId()))
        .containsExactly(
            Omniglot.CHARACTERS.indexOf("Arcadian/character26"),
            Omniglot.CHARACTERS.indexOf("Arcadian/character26"),
            Omniglot.CHARACTERS.indexOf("Greek/character02"),
            Omniglot.CHARACTERS.indexOf("Greek/character02"),
            1622,
            1622);
    Sample last = source.get(5);
    assertThat(last.name()).endsWith("ULOG/character26/0394_13.png");
    assertThat(last.width()).isEqualTo(105);
    int black = 100 * "ULOG/character26".length() + 13;
    for (int i = 0; i < 105 * 105; i++) {
      assertThat(last.rgb()[3 * i] & 0xff).isEqualTo(i == black ? 0 : 255);
    }
    assertThat(open(null, null).size()).isEqualTo(60);
    assertThat(open(1, 12).sha256()).isNotEqualTo(open(13, 4).sha256()).hasSize(64);
  }

  @Test
  void saysWhatIsWrongWithTheFiles() throws IOException {
    assertThatThrownBy(() -> open(20, 2)).hasMessageContaining("people 1 to 20, got 20 and 2");
    zip("images_evaluation", List.of("Greek/character25"));
    assertThatThrownBy(() -> open(null, null))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("Greek/character25 is none of the 1,623 published characters");
    zip("images_evaluation", List.of());
    assertThatThrownBy(() -> open(null, null)).hasMessageContaining("has no pictures such as");
    Files.writeString(root.resolve("images_evaluation.zip"), "<html>not found</html>");
    assertThatThrownBy(() -> open(null, null)).hasMessageContaining("is no readable zip file");
    Files.delete(root.resolve("images_evaluation.zip"));
    assertThatThrownBy(() -> open(null, null))
        .hasMessageContaining("images_evaluation.zip is missing");
  }
}
