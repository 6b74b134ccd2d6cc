package dev.tarsier.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.pipeline.Perceiver;
import dev.tarsier.runtime.testing.TestBundles;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A bundle whose int8 network is one that gives half the depth, so that the two can be told. */
class VariantTest {
  private static final String INT8_FILE = "model.int8.onnx";

  @TempDir Path folder;

  private String floatSha256;
  private String int8Sha256;

  @BeforeEach
  void writeABundleOfTwoNetworks() throws Exception {
    TestBundles.brightness(folder);
    TestBundles.addGolden(folder, 0xC80A10);
    byte[] model = Files.readAllBytes(folder.resolve("model.onnx"));
    floatSha256 = Sha256.of(model);
    ByteBuffer bytes = ByteBuffer.wrap(model).order(ByteOrder.LITTLE_ENDIAN);
    int at = 0;
    while (bytes.getFloat(at) != 25.5f) {
      at++;
    }
    bytes.putFloat(at, 51);
    Files.write(folder.resolve(INT8_FILE), model);
    int8Sha256 = Sha256.of(model);
    ByteBuffer depth = ByteBuffer.allocate(4 * 12 * 16).order(ByteOrder.LITTLE_ENDIAN);
    while (depth.hasRemaining()) {
      depth.putFloat((200 + 10 + 16) / 3f / 51);
    }
    Files.write(folder.resolve("golden/00.int8.depth.bin"), depth.array());
    TestBundles.edit(
        folder,
        "\"schema\":",
        """
        "variants": {"int8": {
          "model": {"file": "%s", "sha256": "%s", "opset": 17, "irVersion": 8},
          "golden": [{"image": "golden/00.png", "outputs": {
            "segmentation": "golden/00.classes.png", "depth": "golden/00.int8.depth.bin"}}],
          "metrics": [{"protocol": "p", "data": "d", "values": {"depth.rmse": 0.5}}],
          "calibration": {"frames": "64"},
          "ofANewerProduct": 1}},
        "schema":"""
            .formatted(INT8_FILE, int8Sha256));
  }

  @Test
  void loadsAsTheFloatNetworkUnlessAskedFor() throws Exception {
    Bundle bundle = Bundle.load(folder);

    assertThat(bundle.precision()).isEqualTo(NetworkPrecision.FLOAT);
    assertThat(bundle.modelSha256()).isEqualTo(floatSha256);
    assertThat(bundle.in(NetworkPrecision.FLOAT)).isSameAs(bundle);
  }

  @Test
  void takesTheOtherNetworkWithItsHashAndItsMetrics() throws Exception {
    Bundle int8 = Bundle.load(folder).in(NetworkPrecision.INT8);

    assertThat(int8.precision()).isEqualTo(NetworkPrecision.INT8);
    assertThat(int8.modelSha256()).isEqualTo(int8Sha256);
    assertThat(int8.modelFile()).isEqualTo(folder.resolve(INT8_FILE));
    assertThat(int8.manifest().provenance().metrics().get(0).values())
        .containsEntry("depth.rmse", 0.5);
    assertThat(int8.in(NetworkPrecision.INT8)).isSameAs(int8);
    assertThat(int8.in(NetworkPrecision.FLOAT).modelSha256()).isEqualTo(floatSha256);
  }

  @Test
  void isComparedWithItsOwnGoldenOutputs() throws Exception {
    Bundle int8 = Bundle.load(folder).in(NetworkPrecision.INT8);

    try (Perceiver perceiver = new Perceiver(int8, ProviderPreference.cpu(), 1)) {
      assertThat(perceiver.selfTest().goldenFrames()).isEqualTo(1);
      assertThat(perceiver.selfTest().failure()).isEmpty();
    }
  }

  @Test
  void isRefusedWhereItGivesWhatTheFloatNetworkGives() throws Exception {
    TestBundles.edit(folder, "golden/00.int8.depth.bin", "golden/00.depth.bin");
    Bundle int8 = Bundle.load(folder).in(NetworkPrecision.INT8);

    assertThatThrownBy(() -> new Perceiver(int8, ProviderPreference.cpu(), 1).close())
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("depth");
  }

  @Test
  void refusesAnotherFileThanTheManifestSays() throws Exception {
    Files.write(folder.resolve(INT8_FILE), new byte[] {1, 2, 3});

    assertThatThrownBy(() -> Bundle.load(folder))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining(folder.resolve(INT8_FILE) + " has sha256")
        .hasMessageContaining(int8Sha256);
  }

  @Test
  void refusesWhereAFileIsMissing() throws Exception {
    Files.delete(folder.resolve("golden/00.int8.depth.bin"));
    assertThatThrownBy(() -> Bundle.load(folder))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("golden/00.int8.depth.bin is missing");

    Files.delete(folder.resolve(INT8_FILE));
    assertThatThrownBy(() -> Bundle.load(folder))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining(INT8_FILE + " is missing");
  }

  @Test
  void namesTheWayOutWhereThereIsNone() throws Exception {
    Bundle plain = TestBundles.load(Files.createDirectory(folder.resolve("plain")));

    assertThatThrownBy(() -> plain.in(NetworkPrecision.INT8))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("has no int8 network; make one with 'tarsier quantize ");
  }

  @Test
  void namesTheKeyThatIsWrong() throws Exception {
    TestBundles.edit(folder, "\"segmentation\": \"golden", "\"sky\": \"golden");

    assertThatThrownBy(() -> Bundle.load(folder))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("golden frame golden/00.png has sky, which is none of outputs");
  }

  @Test
  void isWrittenAndReadBack() throws Exception {
    BundleManifest manifest = BundleManifest.read(folder);

    assertThat(BundleManifest.parse(manifest.toJson())).isEqualTo(manifest);
    assertThat(TestBundles.load(Files.createDirectory(folder.resolve("plain"))).manifest().toJson())
        .doesNotContain("variants");
  }
}
