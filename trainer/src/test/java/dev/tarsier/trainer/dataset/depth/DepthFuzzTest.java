package dev.tarsier.trainer.dataset.depth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.dataset.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Damages files of depth in seeded ways, mostly in their headers. Each is read, or refused with one
 * line that names it; {@code -Dfuzz.rounds=N} does more rounds.
 */
class DepthFuzzTest {
  private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 400);
  private static final int HEADER = 600;

  @Test
  void damagedFilesAreReadOrRefusedInWords() throws IOException {
    Path shared = Prerequisites.shared("formats/depth");
    List<byte[]> files = new ArrayList<>();
    for (String name :
        List.of(
            "png_mm/frame_0001.png",
            "tiff_f32_zlib_predictor/frame_0003.tif",
            "tiff_f32_nodata/frame_0003.tif",
            "tiff_u16_mm/frame_0003.tif",
            "npy_f16/frame_0003.npy",
            "npz_f32/Halle Süd 05.npz")) {
      files.add(Files.readAllBytes(shared.resolve(name)));
    }
    for (String name : List.of("zip.exr", "piz_half.exr", "pxr24_half.exr")) {
      try (InputStream in = DepthFuzzTest.class.getResourceAsStream("/depth/" + name)) {
        files.add(in.readAllBytes());
      }
    }
    Random random = new Random(20261129);
    DepthFiles reader = new DepthFiles(DepthRules.USUAL);
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] file = damage(files.get(round % files.size()), random);
      try {
        DepthMap depth = reader.read(Path.of("here"), file);
        assertThat(depth.metres()).hasSize(depth.width() * depth.height());
      } catch (DataException e) {
        refused++;
        assertThat(e.getMessage()).startsWith("here ").doesNotContain("\n");
      } catch (RuntimeException e) {
        fail("round %d: %s".formatted(round, e), e);
      }
    }
    assertThat(refused).isBetween(ROUNDS / 5, ROUNDS);
  }

  private static byte[] damage(byte[] whole, Random random) {
    byte[] file = whole.clone();
    if (random.nextInt(8) == 0) {
      return Arrays.copyOf(file, random.nextInt(file.length));
    }
    boolean end = random.nextInt(4) == 0; // TIFF and zip have their directories there
    int changes = 1 + random.nextInt(6);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(Math.min(HEADER, file.length));
      file[end ? file.length - 1 - at : at] =
          random.nextBoolean()
              ? (byte) random.nextInt(256)
              : (byte) (random.nextBoolean() ? 0xff : 0);
    }
    return file;
  }
}
