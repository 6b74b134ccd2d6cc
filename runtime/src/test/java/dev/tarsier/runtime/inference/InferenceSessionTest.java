package dev.tarsier.runtime.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.testing.TestBundles;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InferenceSessionTest {
  private static final SessionOptions CPU =
      SessionOptions.of(ProviderPreference.cpu()).withThreads(1);

  @TempDir Path folder;

  /** Fills one block of 2x2 pixels. */
  private static void block(ByteBuffer input, int row, int column, int red, int green, int blue) {
    for (int i = 0; i < 4; i++) {
      int at = 3 * ((2 * row + i / 2) * TestBundles.WIDTH + 2 * column + i % 2);
      input.put(at, (byte) red).put(at + 1, (byte) green).put(at + 2, (byte) blue);
    }
  }

  @Test
  void computesWhatTheNetworkSays() throws Exception {
    Bundle bundle = TestBundles.load(folder);
    try (InferenceSession session = InferenceSession.open(bundle, CPU)) {
      ByteBuffer input = session.input();
      block(input, 0, 0, 255, 0, 0);
      block(input, 0, 1, 10, 200, 45);
      block(input, 11, 15, 100, 100, 255);
      session.run();
      ByteBuffer ids = session.plane("segmentation").ids();
      FloatBuffer depth = session.plane("depth").values();
      assertThat(ids.remaining()).isEqualTo(12 * 16);
      assertThat(ids.get(0)).isZero();
      assertThat(ids.get(1)).isEqualTo((byte) 1);
      assertThat(ids.get(12 * 16 - 1)).isEqualTo((byte) 2);
      // Means of 85 and 85 and 151.67 over 25.5, in float32.
      assertThat(depth.get(0)).isEqualTo(85f / 25.5f);
      assertThat(depth.get(1)).isEqualTo(85f / 25.5f);
      assertThat(depth.get(12 * 16 - 1)).isCloseTo(5.9477f, within(1e-4f));
      assertThat(depth.get(5)).isZero();
      assertThat(session.plane("depth").bytes().getFloat(0)).isEqualTo(85f / 25.5f);

      block(session.input(), 0, 0, 0, 0, 51);
      session.run();
      assertThat(session.plane("segmentation").ids().get(0)).isEqualTo((byte) 2);
      assertThat(session.plane("depth").values().get(0)).isEqualTo(17f / 25.5f);
      assertThat(session.provider()).isEqualTo(Provider.CPU);
      assertThat(session.fallbacks()).isEmpty();
    }
  }

  @Test
  void fallsBackToTheProcessorAndSaysWhy() throws Exception {
    assumeThat(OrtEnvironment.getAvailableProviders()).doesNotContain(OrtProvider.CUDA);
    Bundle bundle = TestBundles.load(folder);
    SessionOptions auto = SessionOptions.of(ProviderPreference.auto()).withThreads(1);
    try (InferenceSession session = InferenceSession.open(bundle, auto)) {
      assertThat(session.provider()).isEqualTo(Provider.CPU);
      assertThat(session.fallbacks())
          .extracting(ProviderFallback::provider)
          .containsExactly(Provider.TENSORRT, Provider.TENSORRT, Provider.CUDA);
      assertThat(session.fallbacks().get(2).reason())
          .contains("not in this build")
          .contains("-Pgpu");
    }
  }

  @Test
  void refusesToFallBackWhenAProviderIsRequired() throws Exception {
    assumeThat(OrtEnvironment.getAvailableProviders()).doesNotContain(OrtProvider.CUDA);
    Bundle bundle = TestBundles.load(folder);
    SessionOptions cuda = SessionOptions.of(ProviderPreference.require(Provider.CUDA));
    assertThatThrownBy(() -> InferenceSession.open(bundle, cuda))
        .isInstanceOf(InferenceException.class)
        .hasMessageContaining("no accepted provider works (cuda: not in this build")
        .hasMessageContaining("tarsier doctor");
  }

  @Test
  void refusesWhatIsNoOnnx() throws Exception {
    TestBundles.brightness(folder);
    TestBundles.replaceModel(folder, "this is no network".getBytes(StandardCharsets.UTF_8));
    Bundle bundle = Bundle.load(folder);
    assertThatThrownBy(() -> InferenceSession.open(bundle, CPU))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("model.onnx cannot be loaded as an ONNX model")
        .hasMessageContaining("export the bundle again");
  }

  @Test
  void refusesAnotherShape() throws Exception {
    TestBundles.brightness(folder);
    TestBundles.edit(folder, "\"height\": 12", "\"height\": 13");
    Bundle bundle = Bundle.load(folder);
    assertThatThrownBy(() -> InferenceSession.open(bundle, CPU))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("output 'classes' as UINT8[1, 12, 16]")
        .hasMessageContaining("the manifest says UINT8[1, 13, 16]");
  }

  @Test
  void refusesAnotherInputSize() throws Exception {
    TestBundles.brightness(folder);
    TestBundles.edit(folder, "\"width\": 32", "\"width\": 64");
    Bundle bundle = Bundle.load(folder);
    assertThatThrownBy(() -> InferenceSession.open(bundle, CPU))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("input 'image' as UINT8[1, 24, 32, 3]");
  }

  @Test
  void refusesAMissingOutput() throws Exception {
    TestBundles.brightness(folder);
    TestBundles.edit(folder, "\"name\": \"depth\"", "\"name\": \"disparity\"");
    Bundle bundle = Bundle.load(folder);
    assertThatThrownBy(() -> InferenceSession.open(bundle, CPU))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("has no output 'disparity' (it has [classes, depth])");
  }

  @Test
  void readsPreferences() {
    assertThat(ProviderPreference.parse("auto", false).order())
        .containsExactly(Provider.TENSORRT, Provider.CUDA, Provider.CPU);
    assertThat(ProviderPreference.parse("CUDA", false).order())
        .containsExactly(Provider.CUDA, Provider.CPU);
    assertThat(ProviderPreference.parse("cuda", true).order()).containsExactly(Provider.CUDA);
    assertThatThrownBy(() -> ProviderPreference.parse("gpu", false))
        .hasMessage(
            "provider must be auto, tensorrt, cuda, cpu or plugin:/path/lib….so, got 'gpu'");
    assertThatThrownBy(() -> ProviderPreference.parse("auto", true))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
