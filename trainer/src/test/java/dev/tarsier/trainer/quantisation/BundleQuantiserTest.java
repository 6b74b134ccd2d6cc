package dev.tarsier.trainer.quantisation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.onnx.proto.OnnxMl.ModelProto;
import dev.tarsier.runtime.accuracy.ScoredPixels;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.inference.InferenceSession;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SelfTest;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleManifest.Provenance;
import dev.tarsier.runtime.model.BundleManifest.Variant;
import dev.tarsier.runtime.model.NetworkPrecision;
import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.export.BundleExporter;
import dev.tarsier.trainer.export.BundleSpec;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.export.OnnxExporterTest;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Noise;
import dev.tarsier.trainer.network.PublishedEncoder;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.network.TestPorts;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import dev.tarsier.trainer.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small network with random weights, judged by what its float self says. */
class BundleQuantiserTest {
  private static final Size SIZE = new Size(48, 64);
  private static final List<Task> TASKS =
      List.of(
          new Segmentation(
              List.of(
                  new ClassLabel(0, "floor", "#102030"),
                  new ClassLabel(1, "wall", "#405060"),
                  new ClassLabel(2, "sofa", "#708090"))),
          new Depth(MetricMap.metres(0.5, 10)));

  private static final BundleQuantiser.Listener SILENT =
      new BundleQuantiser.Listener() {
        @Override
        public void worked(String part, long done, long total) {}

        @Override
        public void note(String message) {}
      };

  @TempDir Path temp;
  private Path folder;
  private Frames frames;

  private record Frames(List<Sample> all) implements SampleSource {
    @Override
    public int size() {
      return all.size();
    }

    @Override
    public Sample get(int index) {
      return all.get(index);
    }

    @Override
    public String name() {
      return "noise";
    }

    @Override
    public String sha256() {
      return "0".repeat(64);
    }
  }

  @BeforeEach
  void exportANetwork() throws Exception {
    folder = temp.resolve("room");
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module =
            GraphModule.create(
                new Edge(PublishedEncoder.TORCHVISION, 0.25, 24).graph(TestPorts.of(3)),
                manager,
                11)) {
      for (int i = 0; i < 10; i++) {
        try (NDManager step = manager.newSubManager()) {
          module.forward(Noise.uniform(step, i, 255, new Shape(4, 3, 48, 64)), true);
        }
      }
      BundleSpec spec =
          new BundleSpec(
              "room", "1", SIZE, TASKS, null, Provenance.unknown(), "# room\n\n## Limits\n\nnone");
      BundleExporter.export(module, spec, 2, List.of(image(1), image(2)), List.of(), folder);
    }
    frames = saidByTheNetwork();
  }

  /** Images, and as truth what the float network says of them, of classes exactly. */
  private Frames saidByTheNetwork() throws Exception {
    List<Sample> all = new ArrayList<>();
    try (InferenceSession session = open(Bundle.load(folder))) {
      for (int i = 10; i < 18; i++) {
        byte[] pixels = image(i).pixels();
        session.input().put(pixels);
        session.run();
        byte[] ids = new byte[48 * 64];
        session.plane("segmentation").ids().get(ids);
        float[] metres = new float[48 * 64];
        session.plane("depth").values().get(metres);
        for (int at = 0; at < metres.length; at++) {
          metres[at] += at % 2 == 0 ? 0.25f : -0.25f; // the float network is not perfect either
        }
        all.add(
            Sample.of("frame " + i, 64, 48, pixels)
                .withIds("segmentation", ids)
                .withValues("depth", metres));
      }
    }
    return new Frames(all);
  }

  private static InferenceSession open(Bundle bundle) throws Exception {
    return InferenceSession.open(
        bundle, SessionOptions.of(ProviderPreference.cpu()).withThreads(1));
  }

  private static RgbImage image(long seed) {
    byte[] pixels = new byte[3 * 48 * 64];
    new Random(seed).nextBytes(pixels);
    return new RgbImage(64, 48, pixels);
  }

  private BundleQuantiser.Outcome quantise(double maxMiouLost, double maxPercentLost)
      throws IOException, ExportException {
    Int8Options options =
        new Int8Options(6, null, null, null, null, null, maxMiouLost, maxPercentLost);
    return BundleQuantiser.add(
        folder,
        TASKS,
        options,
        List.of(frames),
        List.of(new BundleQuantiser.Validation(frames, ScoredPixels.FULL)),
        SILENT);
  }

  @Test
  void addsANetworkThatPassesItsOwnGoldenFrames() throws Exception {
    String floatSha256 = Bundle.load(folder).modelSha256();

    BundleQuantiser.Outcome outcome = quantise(100, 1000);

    Bundle bundle = Bundle.load(folder);
    Bundle int8 = bundle.in(NetworkPrecision.INT8);
    assertThat(bundle.modelSha256()).isEqualTo(floatSha256);
    assertThat(int8.modelSha256())
        .isEqualTo(outcome.modelSha256())
        .isEqualTo(Sha256.of(folder.resolve("model.int8.onnx")));
    assertThat(Files.size(int8.modelFile())).isLessThan(Files.size(bundle.modelFile()) * 2 / 3);
    OnnxExporterTest.check(ModelProto.parseFrom(Files.readAllBytes(int8.modelFile())));
    try (InferenceSession session = open(int8)) {
      SelfTest test = SelfTest.run(session, int8);
      assertThat(test.goldenFrames()).isEqualTo(2);
      assertThat(test.failure()).isEmpty();
      assertThat(test.compared()).allSatisfy(each -> assertThat(each.difference()).isZero());
    }
  }

  @Test
  void saysWhatWasLostInManifestAndCard() throws Exception {
    BundleQuantiser.Outcome outcome = quantise(100, 1000);

    Variant variant = Bundle.load(folder).manifest().variant(NetworkPrecision.INT8).orElseThrow();
    Map<String, Double> int8 = variant.metrics().get(0).values();
    assertThat(variant.metrics().get(0).data()).isEqualTo("noise");
    assertThat(variant.metrics().get(1).data()).isEqualTo("noise, float");
    assertThat(variant.metrics().get(1).values()).containsEntry("segmentation.miou", 1.0);
    assertThat(int8.get("segmentation.miou")).isBetween(0.5, 1.0);
    assertThat(int8.get("depth.rmse")).isPositive();
    assertThat(outcome.losses().get(0).after()).isEqualTo(int8.get("segmentation.miou"));
    assertThat(variant.calibration()).containsEntry("frames", "6").containsEntry("range", "mse");
    assertThat(Files.readString(folder.resolve("CARD.md")))
        .contains("## Limits", "## The int8 network", outcome.modelSha256())
        .contains("| segmentation.miou | noise | 1.0000 |");
  }

  @Test
  void refusesWhatLosesTooMuchAndLeavesTheBundleAsItWas() throws Exception {
    Map<String, String> before = content();

    assertThatThrownBy(() -> quantise(0, 0))
        .isInstanceOf(ExportException.class)
        .hasMessageStartingWith("the int8 network of " + folder + " is refused")
        .hasMessageContaining("segmentation.miou on noise 1.0000 → ")
        .hasMessageContaining("points, at most 0.0")
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));

    assertThat(content()).isEqualTo(before);
  }

  @Test
  void refusesWhatCannotBeMeasured() {
    frames = new Frames(frames.all().stream().map(each -> each.withValues("depth", null)).toList());

    assertThatThrownBy(() -> quantise(100, 1000))
        .isInstanceOf(ExportException.class)
        .hasMessage(
            "what int8 loses of depth was not measured, since no validation data has truth for it;"
                + " add some to the recipe's validation.data");
  }

  @Test
  void replacesTheOneThatIsThere() throws Exception {
    quantise(100, 1000);
    Map<String, String> before = content();

    quantise(100, 1000);

    assertThat(content()).isEqualTo(before);
  }

  @Test
  void refusesARecipeOfAnotherNetwork() {
    assertThatThrownBy(
            () ->
                BundleQuantiser.add(
                    folder,
                    TASKS.subList(0, 1),
                    Int8Options.DEFAULT,
                    List.of(frames),
                    List.of(),
                    SILENT))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("give the recipe that made the bundle");
  }

  /** Hashes by file. */
  private Map<String, String> content() throws IOException {
    Map<String, String> hashes = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.filter(Files::isRegularFile).toList()) {
        hashes.put(folder.relativize(each).toString(), Sha256.of(each));
      }
    }
    return hashes;
  }
}
