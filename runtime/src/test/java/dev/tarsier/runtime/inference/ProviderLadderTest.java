package dev.tarsier.runtime.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.inference.ProvenSession.BuildListener;
import dev.tarsier.runtime.inference.ProvenSession.Building;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.runtime.testing.FakeEngine;
import dev.tarsier.runtime.testing.TestBundles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProviderLadderTest {
  private static final GpuFacts GPU =
      new GpuFacts("NVIDIA Orin", "8.7", "540.4", "12.6.68", "10.3.0");

  @TempDir Path folder;
  @TempDir Path temporary;

  private final FakeEngine engine = new FakeEngine();
  private GpuFacts gpu = GPU;
  private Path cache;
  private SessionOptions options;

  @BeforeEach
  void bundle() throws Exception {
    TestBundles.brightness(folder);
    TestBundles.addGolden(folder, 0xC80A10, 0x20F040);
    cache = temporary.resolve("engines");
    options =
        SessionOptions.of(ProviderPreference.auto())
            .withThreads(1)
            .withTensorRt(TensorRtOptions.DEFAULTS.withCache(cache));
  }

  @AfterEach
  void nothingStaysOpen() {
    assertThat(engine.open()).isZero();
    assertThat(cache.toFile().list((dir, name) -> name.startsWith(".part")))
        .satisfiesAnyOf(left -> assertThat(left).isNull(), left -> assertThat(left).isEmpty());
  }

  private ProvenSession open(Building building) throws Exception {
    return new ProviderLadder(
            Bundle.load(folder),
            options,
            options.steps(),
            engine,
            () -> gpu,
            new ThreadChoice(null, 1, ProcessorTime.ofLinux()),
            building,
            BuildListener.NONE)
        .proven();
  }

  /** What computes, and then each fallback. */
  private List<String> steps() throws Exception {
    return steps(Building.NOW);
  }

  private List<String> steps(Building building) throws Exception {
    ProvenSession proven = open(building);
    try (InferenceSession session = proven.session()) {
      assertThat(proven.test().failure()).isEmpty();
      assertThat(proven.test().step()).isEqualTo(session.step());
      List<String> said = new ArrayList<>();
      said.add(session.step().toString());
      session.fallbacks().forEach(each -> said.add(each.toString()));
      return said;
    }
  }

  private void cuda(FakeEngine.Fault fault) {
    engine.with(Provider.CUDA, Precision.FP32, fault);
  }

  private void tensorRt(FakeEngine.Fault half, FakeEngine.Fault single) {
    engine.with(Provider.TENSORRT, Precision.FP16, half);
    engine.with(Provider.TENSORRT, Precision.FP32, single);
  }

  @Test
  void takesTheFirstStepThatGivesTheGoldenFrames() throws Exception {
    assertThat(steps()).containsExactly("tensorrt fp16");
    assertThat(engine.built()).containsExactly("tensorrt fp16");
    assertThat(steps()).containsExactly("tensorrt fp16");
    assertThat(engine.built()).as("kept").containsExactly("tensorrt fp16");
  }

  @Test
  void goesFromHalfToSinglePrecisionAndRemembersThat() throws Exception {
    engine.with(Provider.TENSORRT, Precision.FP16, FakeEngine.scaled(1.05f));
    assertThat(steps())
        .containsExactly(
            "tensorrt fp32",
            "tensorrt fp16: golden/00.png: depth differs by 5.00 % in the mean, at most 1.00 % is"
                + " allowed");
    List<String> again = steps();
    assertThat(again.get(0)).isEqualTo("tensorrt fp32");
    assertThat(again.get(1))
        .contains("depth differs by 5.00 %", "remembered", "tarsier engine clear");
    assertThat(engine.built()).containsExactly("tensorrt fp16", "tensorrt fp32");

    EngineCache.of(options.tensorRt()).clear();
    steps();
    assertThat(engine.built()).hasSize(4);
  }

  @Test
  void judgesHalfPrecisionByItsOwnTolerance() throws Exception {
    tensorRt(FakeEngine.scaled(1.05f), FakeEngine.scaled(1.05f));
    Bundle bundle = Bundle.load(folder);
    bundle.manifest().write(folder); // schema 2, which has tolerances for each output
    TestBundles.edit(
        folder,
        "\"maxUnknown\" : 0.001",
        "\"maxUnknown\" : 0.001, \"fp16\" : {\"maxError\": 0.06}");
    assertThat(steps()).containsExactly("tensorrt fp16");
    options = options.withTensorRt(options.tensorRt().withFp16(false));
    assertThat(steps().get(0)).isEqualTo("cuda");
  }

  @Test
  void aProviderThatComputesNonsenseIsLeftForTheNext() throws Exception {
    tensorRt(FakeEngine.nan(), FakeEngine.oneClass());
    cuda(FakeEngine.scaled(-1));
    List<String> steps = steps();
    assertThat(steps).hasSize(4);
    assertThat(steps.get(0)).isEqualTo("cpu");
    assertThat(steps.get(1)).startsWith("tensorrt fp16: golden/00.png: depth is NaN, infinite or");
    assertThat(steps.get(2)).startsWith("tensorrt fp32: golden/00.png: classes agree on ");
    assertThat(steps.get(3)).startsWith("cuda: golden/00.png: depth is NaN, infinite or not pos");
  }

  @Test
  void aProviderThatFailsWhileItRunsIsLeftForTheNext() throws Exception {
    options = options.withProviders(ProviderPreference.prefer(Provider.CUDA));
    cuda(
        new FakeEngine.Fault() {
          @Override
          public void afterRun(LoadedNetwork network) throws InferenceException {
            throw new InferenceException("out of memory", null);
          }
        });
    assertThat(steps()).containsExactly("cpu", "cuda: the network failed on cuda: out of memory");
  }

  @Test
  void requiredMeansNoOtherProvider() {
    options = options.withProviders(ProviderPreference.require(Provider.TENSORRT));
    tensorRt(FakeEngine.nan(), FakeEngine.notThere("no libnvinfer.so.10"));
    assertThatThrownBy(this::steps)
        .isInstanceOf(InferenceException.class)
        .hasMessageStartingWith(
            "no accepted provider works (tensorrt fp16: golden/00.png: depth is NaN, infinite or not positive"
                + " in all 192 pixels; tensorrt fp32: no libnvinfer.so.10); require no provider");
  }

  @Test
  void tamperedWeightsAreRefusedOnEveryProvider() throws Exception {
    TestBundles.divideDepthBy(folder, 20f);
    assertThatThrownBy(this::steps)
        .isInstanceOf(BundleException.class)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1))
        .hasMessageContaining(
            folder + " is refused on every provider (tensorrt fp16: golden/00.png:")
        .hasMessageContaining("; tensorrt fp32: golden/00.png: depth differs by 27.50 %")
        .hasMessageContaining("; cuda: golden/00.png: depth differs by 27.50 %")
        .hasMessageContaining("; cpu: golden/00.png: depth differs by 27.50 %")
        .hasMessageContaining("export the bundle again");
  }

  @Test
  void aWrongClassListIsRefusedOnEveryProvider() throws Exception {
    TestBundles.edit(folder, "\"id\": 1", "\"id\": 7");
    assertThatThrownBy(this::steps)
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("is refused on every provider")
        .hasMessageContaining("have a class id that model.json does not name");
  }

  @Test
  void aSwappedModelIsNotServedByTheOldEngine() throws Exception {
    assertThat(grey()).isEqualTo(102f / 25.5f);
    TestBundles.brightness(folder); // without golden frames, which would tell them apart
    TestBundles.divideDepthBy(folder, 20f);
    assertThat(grey()).isEqualTo(102f / 20f);
    TestBundles.brightness(folder);
    assertThat(grey()).isEqualTo(102f / 25.5f);
    assertThat(engine.built()).containsExactly("tensorrt fp16", "tensorrt fp16");
  }

  /** Depth of an image whose values are all 102. */
  private float grey() throws Exception {
    try (InferenceSession session = open(Building.NOW).session()) {
      assertThat(session.step()).hasToString("tensorrt fp16");
      byte[] pixels = new byte[3 * TestBundles.WIDTH * TestBundles.HEIGHT];
      Arrays.fill(pixels, (byte) 102);
      session.input().put(pixels);
      session.run();
      return session.plane("depth").values().get(0);
    }
  }

  @Test
  void anEngineOfAnotherModelIsPutAsideAndBuiltAnew() throws Exception {
    steps();
    Path built = only(cache);
    byte[] other = onnxOfAnother();
    Files.write(built.resolve(FakeEngine.FILE), other);
    // As if it had been built so: with its hash.
    Path about = built.resolve("engine.json");
    String text = Files.readString(about);
    Files.writeString(
        about, text.replaceAll("(\"fake.engine\" : \")[0-9a-f]{64}", "$1" + Sha256.of(other)));

    assertThat(steps()).containsExactly("tensorrt fp16");
    assertThat(engine.built()).containsExactly("tensorrt fp16", "tensorrt fp16");
    assertThat(EngineCache.of(options.tensorRt()).bad())
        .singleElement()
        .satisfies(
            bad -> assertThat(bad.reason()).contains("put aside: golden/00.png: depth differs by"));
  }

  private byte[] onnxOfAnother() throws Exception {
    Path another = temporary.resolve("another");
    Files.createDirectories(another);
    TestBundles.brightness(another);
    TestBundles.divideDepthBy(another, 20f);
    return Files.readAllBytes(another.resolve("model.onnx"));
  }

  private static Path only(Path cache) throws Exception {
    try (var all = Files.list(cache)) {
      return all.filter(each -> each.getFileName().toString().matches("[0-9a-f]{40}"))
          .reduce(
              (a, b) -> {
                throw new AssertionError(a + " and " + b);
              })
          .orElseThrow();
    }
  }

  @Test
  void aDamagedEngineIsPutAsideAndBuiltAnew() throws Exception {
    steps();
    Path file = only(cache).resolve(FakeEngine.FILE);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
    assertThat(steps()).containsExactly("tensorrt fp16");
    assertThat(engine.built()).hasSize(2);
    assertThat(EngineCache.of(options.tensorRt()).bad().get(0).reason())
        .isEqualTo("put aside: fake.engine is not as it was built");

    Files.delete(only(cache).resolve("engine.json"));
    assertThat(steps()).containsExactly("tensorrt fp16");
    assertThat(engine.built()).hasSize(3);
  }

  @Test
  void anEngineIsNotBlamedWhereANewOneDoesNotLoadEither() throws Exception {
    steps();
    FakeEngine broken =
        new FakeEngine()
            .with(Provider.TENSORRT, Precision.FP16, FakeEngine.notThere("no CUDA driver"));
    Bundle bundle = Bundle.load(folder);
    SessionOptions half = options.withProviders(ProviderPreference.prefer(Provider.TENSORRT));
    try (InferenceSession session =
        new ProviderLadder(
                bundle,
                half,
                half.steps(),
                broken,
                () -> gpu,
                new ThreadChoice(null, 1, ProcessorTime.ofLinux()),
                Building.NOW,
                BuildListener.NONE)
            .proven()
            .session()) {
      assertThat(session.step().toString()).isEqualTo("tensorrt fp32");
    }
    assertThat(EngineCache.of(options.tensorRt()).bad()).isEmpty();
    assertThat(steps()).containsExactly("tensorrt fp16");
    assertThat(engine.built()).as("the first one, taken back").hasSize(1);
  }

  @Test
  void anotherDriverGpuOrSettingIsAnotherEngine() throws Exception {
    steps();
    gpu = new GpuFacts("NVIDIA Orin", "8.7", "541.0", "12.6.68", "10.3.0");
    steps();
    assertThat(engine.built()).hasSize(2);
    gpu = new GpuFacts("NVIDIA Thor", "11.0", "541.0", "12.6.68", "10.3.0");
    steps();
    assertThat(engine.built()).hasSize(3);
    options =
        options.withTensorRt(
            new TensorRtOptions(true, true, true, 5, 0, false, cache.toString(), 2048));
    steps();
    assertThat(engine.built()).hasSize(4);
    gpu = GPU;
    options = options.withTensorRt(TensorRtOptions.DEFAULTS.withCache(cache));
    steps();
    assertThat(engine.built()).as("the first one is still there").hasSize(4);
  }

  @Test
  void whatServesMeanwhileNeedsNoBuilding() throws Exception {
    ProvenSession proven = open(Building.LATER);
    try (InferenceSession session = proven.session()) {
      assertThat(session.step().toString()).isEqualTo("cuda");
      assertThat(proven.unbuilt())
          .extracting(ProviderStep::toString)
          .containsExactly("tensorrt fp16", "tensorrt fp32");
      assertThat(session.fallbacks().get(0))
          .hasToString("tensorrt fp16: its engine is being built");
    }
    assertThat(engine.built()).isEmpty();
    steps();
    ProvenSession built = open(Building.LATER);
    built.session().close();
    assertThat(built.session().step().toString()).isEqualTo("tensorrt fp16");
    assertThat(built.unbuilt()).isEmpty();
  }

  @Test
  void whereNothingElseMayServeTheEngineIsBuiltAtOnce() throws Exception {
    options = options.withProviders(ProviderPreference.require(Provider.TENSORRT));
    assertThat(steps(Building.LATER)).containsExactly("tensorrt fp16");
  }

  @Test
  void aCacheThatCannotBeUsedIsAReasonWithTheWayOut() throws Exception {
    Files.createFile(cache);
    List<String> steps = steps();
    assertThat(steps.get(0)).isEqualTo("cuda");
    assertThat(steps.get(1))
        .contains(
            "engine cache " + cache + " cannot be written", "~tensorrt/cache", "--tensorrt cache=");
    Files.delete(cache);
  }
}
