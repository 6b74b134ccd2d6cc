package dev.tarsier.runtime.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.inference.ProvenSession.BuildListener;
import dev.tarsier.runtime.inference.ProvenSession.Building;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.runtime.testing.TestBundles;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real shared objects, compiled here, in the real ONNX Runtime. */
class ProviderPluginTest {
  @TempDir Path folder;
  @TempDir Path libraries;

  private Bundle bundle;

  @BeforeEach
  void bundle() throws Exception {
    Prerequisites.programs("gcc");
    TestBundles.brightness(folder);
    TestBundles.addGolden(folder, 0xC80A10, 0x20F040);
    bundle = Bundle.load(folder);
  }

  /** Not removed while the process runs, which keeps it loaded. */
  private Path compiled(String name, String... flags) throws Exception {
    Path source = libraries.resolve("stub_ep.c");
    try (InputStream in = getClass().getResourceAsStream("/plugin/stub_ep.c")) {
      Files.write(source, in.readAllBytes());
    }
    Path library = libraries.resolve(name);
    List<String> command = new ArrayList<>(List.of("gcc", "-Wall", "-Werror"));
    command.addAll(List.of(flags));
    command.addAll(
        List.of("-Wno-unused-function", "-Wno-unused-variable", "-shared", "-fPIC", "-o"));
    command.addAll(List.of(library.toString(), source.toString()));
    Process gcc = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(gcc.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(gcc.exitValue()).as(said).isZero();
    return library;
  }

  private ProvenSession open(Path library, boolean required) throws Exception {
    return ProvenSession.open(
        bundle,
        SessionOptions.of(ProviderPreference.parse("plugin:" + library, required))
            .withThreads(1)
            .withPluginOptions(Map.of("some_option", "1")),
        InferenceEngine.usual(),
        Building.NOW,
        BuildListener.NONE);
  }

  private void refuses(Path library, String... words) {
    assertThatThrownBy(() -> open(library, true))
        .isInstanceOf(InferenceException.class)
        .satisfies(e -> assertThat(e.getMessage()).contains(words))
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  @Test
  void aLibraryIsRegisteredAndItsSessionGivesTheGoldenFrames() throws Exception {
    Path library = compiled("libstub_ep.so");
    for (int i = 0; i < 2; i++) { // registered once in a process, used as often as one likes
      ProvenSession proven = open(library, true);
      try (InferenceSession session = proven.session()) {
        assertThat(session.step()).hasToString("plugin");
        assertThat(session.fallbacks()).isEmpty();
        assertThat(proven.test().goldenFrames()).isEqualTo(2);
        assertThat(proven.test().failure()).isEmpty();
      }
    }
    ProviderPlugin plugin = ProviderPlugin.registered(library);
    assertThat(plugin.devices()).hasSize(1);
    assertThat(plugin.devices().get(0).getEpName()).isEqualTo("StubExecutionProvider");
  }

  @Test
  void oneThatDoesNotWorkIsLeftForTheNext() throws Exception {
    Path library = libraries.resolve("libmissing.so");
    ProvenSession proven = open(library, false);
    try (InferenceSession session = proven.session()) {
      assertThat(session.step()).hasToString("cpu");
      assertThat(session.fallbacks().get(0).toString())
          .startsWith("plugin: " + library + ": there is no such file");
    }
  }

  @Test
  void oneOfAnotherOnnxRuntimeSaysSo() throws Exception {
    refuses(
        compiled("libold.so", "-DOLD"),
        "libold.so cannot be registered",
        "needs version 99",
        "take a build of the plug-in for ONNX Runtime " + InferenceEngine.usual().version());
  }

  @Test
  void oneWithoutDevicesSaysSo() throws Exception {
    refuses(compiled("libnodevice.so", "-DNO_DEVICE"), "finds no device here", "driver");
  }

  @Test
  void aLibraryThatIsNoPluginSaysSo() throws Exception {
    refuses(
        compiled("libplain.so", "-DNO_ENTRY"),
        "libplain.so cannot be registered",
        "it is no execution provider plug-in");
  }

  @Test
  void filesThatAreNoneOfThisMachinesLibrariesAreNamed() throws Exception {
    refuses(libraries.resolve("libmissing.so"), "libmissing.so: there is no such file", "plugin:");
    refuses(libraries, libraries + " is a folder; name the plug-in's lib….so in it");
    Path pipe = libraries.resolve("pipe.so");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    refuses(pipe, pipe + " is a pipe or a device, and no library");
    Path text = libraries.resolve("libtext.so");
    Files.writeString(text, "this is no library, ".repeat(9));
    refuses(text, "libtext.so is no shared library of a 64-bit Linux");
    Path other = libraries.resolve("libother.so");
    byte[] bytes = Files.readAllBytes(compiled("libhere.so"));
    boolean arm = System.getProperty("os.arch").equals("aarch64");
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putShort(18, (short) (arm ? 62 : 183));
    Files.write(other, bytes);
    refuses(
        other,
        arm ? "is built for x86-64, and this is arm64" : "is built for arm64, and this is x86-64",
        "take the build for this one");
    Path cut = libraries.resolve("libcut.so");
    Files.write(cut, Arrays.copyOf(Files.readAllBytes(compiled("libwhole.so")), 900));
    refuses(cut, "libcut.so is cut off: it has 900 bytes where its header says", "copy it again");
  }

  @Test
  void theFolderOfItsEngineIsPutIntoItsOptions() {
    ProviderPlugin plugin = new ProviderPlugin(Path.of("/x.so"), List.of());
    SessionOptions options =
        SessionOptions.of(ProviderPreference.plugin(Path.of("/x.so"), true))
            .withPluginOptions(
                Map.of("trt_engine_cache_path", "{engines}", "trt_fp16_enable", "1"));
    assertThat(options.builds(new ProviderStep(Provider.PLUGIN, Precision.FP32))).isTrue();
    assertThat(plugin.options(options, Path.of("/cache/key")))
        .containsOnly(
            Map.entry("trt_engine_cache_path", "/cache/key"), Map.entry("trt_fp16_enable", "1"));
  }
}
