package dev.tarsier.runtime.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.pipeline.Perceiver;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.runtime.testing.TestBundles;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SelfTestTest {
  private static final int PIXELS = TestBundles.WIDTH / 2 * TestBundles.HEIGHT / 2;

  @TempDir Path folder;

  @BeforeEach
  void copyBundle() throws Exception {
    TestBundles.brightness(folder);
  }

  private SelfTest test() throws Exception {
    try (Perceiver perceiver = new Perceiver(Bundle.load(folder), ProviderPreference.cpu(), 1)) {
      return perceiver.selfTest();
    }
  }

  private void refuses(String... words) {
    assertThatThrownBy(this::test)
        .isInstanceOf(BundleException.class)
        .satisfies(e -> assertThat(e.getMessage()).contains(folder.toString()).contains(words))
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  @Test
  void comparesEachGoldenFrame() throws Exception {
    TestBundles.addGolden(folder, 0xC80A10, 0x20F040);

    SelfTest test = test();

    assertThat(test.failure()).isEmpty();
    assertThat(test.golden()).isTrue();
    assertThat(test.compared())
        .extracting(each -> each.frame() + " " + each.head())
        .containsExactly(
            "golden/00.png segmentation",
            "golden/00.png depth",
            "golden/01.png segmentation",
            "golden/01.png depth");
    assertThat(test.compared())
        .allSatisfy(
            each -> {
              assertThat(each.pixels()).isEqualTo(PIXELS);
              assertThat(each.unusable()).isZero();
              assertThat(each.difference())
                  .isLessThan(each.head().equals("segmentation") ? Double.MIN_VALUE : 1e-6);
            });
    assertThat(test.summary()).startsWith("2 golden frames on cpu: classes agree on 100.000 %");
  }

  @Test
  void theShippedBundleGivesItsGoldenFrames() throws Exception {
    Bundle bundle = Bundle.load(Prerequisites.shippedBundle());
    try (Perceiver perceiver = new Perceiver(bundle, ProviderPreference.cpu(), 1)) {
      SelfTest test = perceiver.selfTest();
      assertThat(test.goldenFrames()).isEqualTo(4);
      assertThat(test.compared())
          .hasSize(8)
          .allSatisfy(
              each -> {
                // Another processor rounds differently; the tolerance of an export.
                assertThat(each.difference())
                    .isLessThan(each.head().equals("segmentation") ? 1e-3 : 1e-4);
                assertThat(each.unusable()).isZero();
              });
    }
  }

  @Test
  void saysThatSomebodysBundleHasNoGoldenFramesAndTakesIt() throws Exception {
    SelfTest test = test();

    assertThat(test.failure()).isEmpty();
    assertThat(test.golden()).isFalse();
    assertThat(test.summary()).startsWith("no golden frames: what cpu computes was compared with");
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, 0, -1})
  void refusesDepthThatIsKnownNowhere(float divisor) throws Exception {
    TestBundles.divideDepthBy(folder, divisor);
    refuses("a frame of noise: depth is NaN, infinite or not positive in all 192 pixels");

    TestBundles.addGolden(folder, 0xC80A10);
    refuses("golden/00.png: depth is NaN, infinite or not positive in all 192 pixels");
  }

  @Test
  void refusesClassIdsThatTheManifestLacks() throws Exception {
    TestBundles.edit(folder, "\"id\": 2", "\"id\": 7");
    refuses("a frame of noise: ", "pixels have a class id that model.json does not name", "is 2");

    TestBundles.addGolden(folder, 0xC80A10, 0x2040F0);
    refuses(
        "golden/01.png: 192 of 192 pixels have a class id that model.json does not name, the first"
            + " is 2 (0 are allowed)");
  }

  @Test
  void refusesANetworkUnlikeItsGoldenFrames() throws Exception {
    TestBundles.addGolden(folder, 0xC80A10, 0x20F040);
    TestBundles.divideDepthBy(folder, 20f);
    refuses(
        "on cpu: golden/00.png: depth differs by 27.50 % in the mean, at most 1.00 % is allowed");
  }

  @Test
  void refusesOtherClassesAndNamesFrameFigureAndTolerance() throws Exception {
    TestBundles.addGolden(folder, 0xC80A10, 0x20F040);
    byte[] ids = new byte[PIXELS];
    Arrays.fill(ids, (byte) 1);
    ids[0] = 0;
    ids[1] = 0;
    TestBundles.writeClasses(folder.resolve("golden/01.classes.png"), ids);
    refuses("golden/01.png: classes agree on 98.96 % of the pixels, at least 99.00 % are demanded");

    TestBundles.edit(
        folder, "\"ignoreId\"", "\"tolerances\": {\"minClassAgreement\": 0.98}, \"ignoreId\"");
    assertThat(test().failure()).isEmpty();
  }

  @Test
  void refusesDepthThatIsUnknownWhereTheGoldenFrameKnowsIt() throws Exception {
    TestBundles.addGolden(folder, 0xC80A10);
    ByteBuffer depth =
        ByteBuffer.wrap(Files.readAllBytes(folder.resolve("golden/00.depth.bin")))
            .order(ByteOrder.LITTLE_ENDIAN);
    depth.putFloat(4 * 17, Float.NaN);
    Files.write(folder.resolve("golden/00.depth.bin"), depth.array());
    refuses("golden/00.png: depth is known in only one", "on 0.52 % of the pixels, at most 0.10 %");
  }

  @Test
  void refusesDamagedGoldenFiles() throws Exception {
    TestBundles.addGolden(folder, 0xC80A10);
    Path image = folder.resolve("golden/00.png");
    byte[] whole = Files.readAllBytes(image);
    byte[] huge = whole.clone();
    ByteBuffer.wrap(huge).putInt(16, 60_000).putInt(20, 60_000);
    Files.write(image, huge);
    refuses("golden/00.png, a golden frame, is 60000x60000 where the manifest says 32x24");
    Files.write(image, Arrays.copyOf(whole, 20));
    refuses("golden/00.png, a golden frame, is no PNG");
    Files.write(image, new byte[1 << 20]);
    refuses("golden/00.png, a golden frame, has 1048576 bytes");
    Files.write(image, whole);
    Files.write(folder.resolve("golden/00.depth.bin"), new byte[40]);
    refuses("golden/00.depth.bin, a golden frame, has 40 bytes where 768 are float32 of 16x12");
  }
}
