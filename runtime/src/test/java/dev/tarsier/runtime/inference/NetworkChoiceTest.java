package dev.tarsier.runtime.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.NetworkPrecision;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.runtime.testing.TestBundles;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NetworkChoiceTest {
  @TempDir Path folder;

  private static Bundle shipped() throws BundleException {
    return Bundle.load(Prerequisites.shippedBundle());
  }

  @Test
  void takesTheFloatNetworkUnlessAskedOtherwise() throws Exception {
    for (ProviderPreference providers :
        new ProviderPreference[] {ProviderPreference.auto(), ProviderPreference.cpu()}) {
      assertThat(NetworkChoice.FLOAT.of(shipped(), providers).precision())
          .isEqualTo(NetworkPrecision.FLOAT);
    }
  }

  @Test
  void autoTakesInt8WhereOnlyTheCpuMayCompute() throws Exception {
    boolean measured = System.getProperty("os.arch").equals("amd64");

    assertThat(NetworkChoice.AUTO.of(shipped(), ProviderPreference.cpu()).precision())
        .isEqualTo(measured ? NetworkPrecision.INT8 : NetworkPrecision.FLOAT);
    assertThat(NetworkChoice.AUTO.of(shipped(), ProviderPreference.auto()).precision())
        .isEqualTo(NetworkPrecision.FLOAT);
    assertThat(
            NetworkChoice.AUTO.of(TestBundles.load(folder), ProviderPreference.cpu()).precision())
        .isEqualTo(NetworkPrecision.FLOAT);
  }

  @Test
  void int8IsComputedOnTheCpu() {
    assertThat(NetworkChoice.INT8.providers(ProviderPreference.auto()))
        .isEqualTo(ProviderPreference.cpu());
    ProviderPreference cpu = ProviderPreference.prefer(Provider.CPU);
    assertThat(NetworkChoice.INT8.providers(cpu)).isEqualTo(cpu);
    assertThatThrownBy(
            () -> NetworkChoice.INT8.providers(ProviderPreference.prefer(Provider.TENSORRT)))
        .hasMessageContaining("precision int8 is computed on the CPU")
        .hasMessageEndingWith("got provider tensorrt");
  }

  @Test
  void refusesWhereTheBundleHasNone() {
    assertThatThrownBy(
            () -> NetworkChoice.INT8.of(TestBundles.load(folder), ProviderPreference.cpu()))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("has no int8 network");
  }

  @ParameterizedTest
  @EnumSource(NetworkChoice.class)
  void isReadByItsName(NetworkChoice choice) {
    assertThat(NetworkChoice.parse(" " + choice.id().toUpperCase(Locale.ROOT))).isEqualTo(choice);
  }

  @Test
  void namesWhatThereIs() {
    assertThatThrownBy(() -> NetworkChoice.parse("int4"))
        .hasMessage("precision must be auto, float or int8, got 'int4'");
  }

  @Test
  void theShippedInt8NetworkGivesItsGoldenFrames() throws Exception {
    Bundle int8 = shipped().in(NetworkPrecision.INT8);

    try (InferenceSession session =
        InferenceSession.open(int8, SessionOptions.of(ProviderPreference.cpu()).withThreads(1))) {
      SelfTest test = SelfTest.run(session, int8);

      assertThat(test.goldenFrames()).isEqualTo(4);
      assertThat(test.failure()).isEmpty();
    }
  }
}
