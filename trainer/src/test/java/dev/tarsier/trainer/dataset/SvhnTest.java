package dev.tarsier.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.trainer.task.ClassSet;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The MATLAB files are written by write_svhn.py, which says what is where. */
class SvhnTest {
  private static final String TASK = "digit_class";

  @TempDir private Path folder;

  private Path resource(String name, String as) throws IOException {
    Path file = folder.resolve(as);
    try (InputStream in = SvhnTest.class.getResourceAsStream(name)) {
      Files.write(file, in.readAllBytes());
    }
    return file;
  }

  private static SampleSource open(Path path, Integer first, Integer digits) {
    return new Svhn.Options(path.toString(), null, first, digits, null, null, null)
        .open(Openings.of(ClassSet.NYU_13))
        .orElseThrow();
  }

  private static List<Integer> ids(SampleSource source) {
    return IntStream.range(0, source.size())
        .mapToObj(i -> source.get(i).plane(TASK).imageId())
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"svhn_v5.mat", "svhn_v73.mat"})
  void readsEveryValueOfEveryCroppedDigit(String file) throws IOException {
    SampleSource source = open(resource(file, "train_32x32.mat"), null, null);
    assertThat(ids(source)).containsExactly(1, 0, 3, 9);
    assertThat(source.name()).isEqualTo("svhn/train_32x32.mat");
    for (int n = 0; n < 4; n++) {
      Sample sample = source.get(n);
      assertThat(sample.width()).isEqualTo(6);
      assertThat(sample.height()).isEqualTo(4);
      for (int i = 0; i < 3 * 6 * 4; i++) {
        int x = i / 3 % 6;
        int y = i / 18;
        assertThat(sample.rgb()[i] & 0xff)
            .isEqualTo((60 * n + 20 * (i % 3) + 3 * x + 31 * y) % 256);
      }
    }
  }

  @Test
  void bothVersionsOfTheFormatAreTheSameData() throws IOException {
    String older = open(resource("svhn_v5.mat", "a.mat"), 1, 2).sha256();
    Path newer = resource("svhn_v73.mat", "b.mat");
    assertThat(open(newer, 1, 2).sha256()).isEqualTo(older);
    assertThat(open(newer, 1, 3).sha256()).isNotEqualTo(older);
  }

  /** Red is the column and green the row, so that a pixel says where it was. */
  private void pictures() throws IOException {
    resource("svhn_digit_struct.mat", "digitStruct.mat");
    for (int number = 1; number <= 3; number++) {
      byte[] rgb = new byte[3 * 14 * 12];
      for (int i = 0; i < 14 * 12; i++) {
        rgb[3 * i] = (byte) (i % 14);
        rgb[3 * i + 1] = (byte) (i / 14);
        rgb[3 * i + 2] = (byte) number;
      }
      byte[] png = EncodedImage.png(EncodedImage.rgb(14, 12, rgb));
      Files.write(folder.resolve(number + ".png"), png);
    }
  }

  @Test
  void cutsTheDigitsOutOfWholeNumbers() throws IOException {
    pictures();
    SampleSource source = open(folder, null, null);
    assertThat(ids(source)).containsExactly(2, 0, 7, 1, 2, 3);
    // 4 wide and 8 high at (4, 2), counted from 0: a square of 8 about the same middle.
    Sample first = source.get(0);
    assertThat(first.width()).isEqualTo(8);
    assertThat(first.height()).isEqualTo(8);
    assertThat(first.rgb()).startsWith(2, 2, 1).endsWith(9, 9, 1);
    // 3 wide and 6 high at (0, 0): a column and a half beyond the edge, which repeats it.
    Sample second = source.get(1);
    assertThat(second.width()).isEqualTo(6);
    assertThat(second.rgb()).startsWith(0, 0, 2, 0, 0, 2).endsWith(4, 5, 2);
    assertThat(ids(open(folder, 2, 3))).containsExactly(7, 1, 2);
  }

  @Test
  void saysWhatIsWrongWithAFile() throws IOException {
    Path mat = resource("svhn_v5.mat", "train_32x32.mat");
    assertThatThrownBy(() -> open(mat, 3, 2))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("train_32x32.mat has 4 digits; first_digit: 3 with digits: 2");
    Path other = resource("splits_v5.mat", "other.mat");
    assertThatThrownBy(() -> open(other, null, null)).hasMessageContaining("has no variable X");
    byte[] half = Files.readAllBytes(mat);
    Files.write(mat, java.util.Arrays.copyOf(half, 300));
    assertThatThrownBy(() -> open(mat, null, null))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("train_32x32.mat");
    assertThatThrownBy(() -> open(folder.resolve("nowhere.mat"), null, null))
        .hasMessageContaining("nowhere.mat is not there");
    assertThatThrownBy(() -> open(folder, null, null))
        .hasMessageContaining("digitStruct.mat is missing");
    pictures();
    Files.delete(folder.resolve("2.png"));
    assertThatThrownBy(() -> open(folder, null, null).get(1))
        .hasMessageContaining("2.png is missing");
  }
}
