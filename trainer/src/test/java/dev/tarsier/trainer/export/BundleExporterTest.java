package dev.tarsier.trainer.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.onnx.proto.OnnxMl.ModelProto;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.model.BundleManifest.GoldenFrame;
import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.runtime.model.BundleManifest.Metrics;
import dev.tarsier.runtime.model.BundleManifest.Provenance;
import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.Fusion;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.MtiNet;
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
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleExporterTest {
  private static final Size SIZE = new Size(48, 64);

  @TempDir Path temp;
  private NDManager manager;
  private GraphModule module;

  @BeforeEach
  void makeANetworkWithSettledStatistics() {
    manager = PyTorch.newBaseManager();
    Edge edge = new Edge(PublishedEncoder.TORCHVISION, 0.25, 24);
    module = GraphModule.create(edge.graph(TestPorts.of(3)), manager, 11);
    for (int i = 0; i < 10; i++) {
      try (NDManager step = manager.newSubManager()) {
        module.forward(Noise.uniform(step, i, 255, new Shape(4, 3, 48, 64)), true);
      }
    }
  }

  @AfterEach
  void free() {
    manager.close();
  }

  @Test
  void leavesABundleThatTheRuntimeTakesAndItsParityInIt() throws Exception {
    Path folder = temp.resolve("models/room");

    ParityReport parity =
        BundleExporter.export(
            module,
            spec("a card"),
            2,
            List.of(noise(1, 64, 48)),
            List.of(noise(2, 100, 80)),
            folder);

    assertThat(parity.passes()).isTrue();
    assertThat(parity.frames()).isEqualTo(2);
    Bundle bundle = Bundle.load(folder);
    Metrics metrics = bundle.manifest().provenance().metrics().get(0);
    assertThat(metrics.protocol()).isEqualTo(BundleExporter.PARITY_PROTOCOL);
    assertThat(metrics.values()).isEqualTo(parity.values());
    assertThat(bundle.manifest().provenance().versions()).containsKey("onnxruntime");
    assertThat(bundle.manifest().input().height()).isEqualTo(48);
    assertThat(Files.readString(folder.resolve("CARD.md"))).startsWith("a card").contains("agree");
    assertThat(onlyFilesIn(temp.resolve("models"))).containsExactly("room");
  }

  @Test
  void storesGoldenFramesWithWhatIsExpectedOfThem() throws Exception {
    Path folder = temp.resolve("room");
    RgbImage image = noise(3, 64, 48);

    BundleExporter.export(module, spec("a card"), 2, List.of(image), List.of(), folder);

    BundleManifest manifest = BundleManifest.read(folder);
    assertThat(manifest.golden()).hasSize(1);
    GoldenFrame golden = manifest.golden().get(0);
    RgbImage stored = RgbImage.decode(Files.readAllBytes(folder.resolve(golden.image())));
    assertThat(stored.pixels()).isEqualTo(image.pixels());
    assertThat(Files.size(folder.resolve(golden.outputs().get("depth")))).isEqualTo(4L * 48 * 64);
    RgbImage classes =
        RgbImage.decode(Files.readAllBytes(folder.resolve(golden.outputs().get("segmentation"))));
    for (byte id : classes.pixels()) {
      assertThat(id).isBetween((byte) 0, (byte) 2);
    }
  }

  @Test
  void replacesAnOlderBundleButNothingElse() throws Exception {
    Path folder = temp.resolve("room");
    List<RgbImage> frames = List.of(noise(4, 64, 48));
    BundleExporter.export(module, spec("old"), 2, frames, List.of(), folder);

    BundleExporter.export(module, spec("new"), 2, List.of(), frames, folder);

    assertThat(Files.readString(folder.resolve("CARD.md"))).startsWith("new");
    assertThat(folder.resolve("golden")).doesNotExist();
    Path home = Files.createDirectories(temp.resolve("home"));
    Files.writeString(home.resolve("letter.txt"), "dear");
    assertThatThrownBy(() -> BundleExporter.export(module, spec("new"), 2, frames, List.of(), home))
        .isInstanceOf(ExportException.class)
        .hasMessageContaining("is no bundle");
    assertThat(home.resolve("letter.txt")).hasContent("dear");
  }

  @Test
  void refusesAModelThatGivesNoNumbersAndLeavesNothing() throws IOException {
    NDArray bias = module.parameters().get("heads.depth.out.bias");
    bias.set(new float[] {Float.NaN});

    assertThatThrownBy(
            () ->
                BundleExporter.export(
                    module,
                    spec("a card"),
                    2,
                    List.of(noise(5, 64, 48)),
                    List.of(),
                    temp.resolve("room")))
        .isInstanceOf(ExportException.class)
        .hasMessageContaining("was not exported")
        .hasMessageContaining("depth differs by at most NaN m");
    assertThat(onlyFilesIn(temp)).isEmpty();
  }

  @Test
  void refusesToExportUnchecked() {
    assertThatThrownBy(
            () ->
                BundleExporter.export(
                    module, spec("a card"), 2, List.of(), List.of(), temp.resolve("room")))
        .isInstanceOf(ExportException.class)
        .hasMessage("room cannot be checked without frames; give one or more");
  }

  @Test
  void shipsMtiNetWithoutItsFirstGuesses() throws Exception {
    Path folder = temp.resolve("room");
    try (GraphModule mti = GraphModule.create(new MtiNet().graph(TestPorts.of(3)), manager, 11)) {
      for (int i = 0; i < 4; i++) {
        try (NDManager step = manager.newSubManager()) {
          mti.forward(Noise.uniform(step, i, 255, new Shape(2, 3, 48, 64)), true);
        }
      }

      ParityReport parity =
          BundleExporter.export(
              mti, spec("a card"), 2, List.of(noise(1, 64, 48)), List.of(noise(2, 64, 48)), folder);

      assertThat(parity.passes()).isTrue();
      OnnxExporterTest.check(
          ModelProto.parseFrom(Files.readAllBytes(folder.resolve("model.onnx"))));
      assertThat(Bundle.load(folder).manifest().outputs())
          .containsOnlyKeys("segmentation", "depth");
    }
  }

  @Test
  void refusesWhatSeesMoreThanARobotDoes() {
    LayerGraph teacher =
        new Edge(PublishedEncoder.TORCHVISION, 0.25, 24)
            .graph(TestPorts.withDepthInput(TestPorts.of(3), Fusion.FEATURES));
    try (GraphModule network = GraphModule.create(teacher, manager, 11)) {
      assertThatThrownBy(
              () ->
                  BundleExporter.export(
                      network,
                      spec("a card"),
                      2,
                      List.of(noise(1, 64, 48)),
                      List.of(),
                      temp.resolve("room")))
          .isInstanceOf(ExportException.class)
          .hasMessage(
              "room cannot be a bundle: network edge sees depth_input, which a robot does not have;"
                  + " as the teacher of a recipe with export: {teachers: true} it is written as"
                  + " ONNX");
    }
  }

  @Test
  void refusesClassesThatTheNetworkDoesNotHave() {
    BundleSpec two =
        new BundleSpec(
            "room",
            "1",
            SIZE,
            List.of(new Segmentation(classes().subList(0, 2)), new Depth(MetricMap.metres(0, 10))),
            null,
            null,
            "c");

    assertThatThrownBy(
            () ->
                BundleExporter.export(
                    module, two, 2, List.of(noise(6, 64, 48)), List.of(), temp.resolve("room")))
        .isInstanceOf(ExportException.class)
        .hasMessage("room has 2 channels of segmentation, network edge has 3");
  }

  @Test
  void failsOnThreePixelsInAThousandOrTwoMillimetres() {
    assertThat(parity(1000, 0.0009).passes()).isTrue();
    assertThat(parity(997, 0).passes()).isFalse();
    assertThat(parity(1000, 0.002).passes()).isFalse();
  }

  /** Engines may put a feature elsewhere, which says nothing of the rest. */
  @Test
  void aNetworkThatUnpoolsMayDifferInAThousandthOfItsValues() {
    assertThat(unpooling(1000, 999, 1.4))
        .returns(true, ParityReport::passes)
        .asString()
        .contains("depth agrees to 1e-03 m on 99.9000 % of values (at least 99.9), elsewhere");
    assertThat(unpooling(1000, 998, 0.002).passes()).isFalse();
    assertThat(unpooling(1000, 999, Double.NaN).passes()).isFalse();
    assertThatThrownBy(() -> unpooling(1000, 990, 1.4).require("net"))
        .isInstanceOf(ExportException.class)
        .hasMessageContaining("net was not exported")
        .hasMessageContaining("train it longer or with larger images");
  }

  private static ParityReport parity(int agreeing, double maxError) {
    return parity(false, agreeing, 1000, maxError);
  }

  private static ParityReport unpooling(int agreeing, int within, double maxError) {
    return parity(true, agreeing, within, maxError);
  }

  private static ParityReport parity(boolean unpools, int agreeing, int within, double maxError) {
    List<Task> tasks = spec("c").tasks();
    return new ParityReport(
        1,
        2,
        unpools,
        List.of(
            new ParityReport.HeadParity(tasks.get(0).head(), 1000, agreeing, 0),
            new ParityReport.HeadParity(tasks.get(1).head(), 1000, within, maxError)));
  }

  private static BundleSpec spec(String card) {
    return new BundleSpec(
        "room",
        "1",
        SIZE,
        List.of(new Segmentation(classes()), new Depth(MetricMap.metres(0.5, 10))),
        new Intrinsics(60, 60, 32, 24),
        Provenance.unknown(),
        card);
  }

  private static List<ClassLabel> classes() {
    return List.of(
        new ClassLabel(0, "floor", "#102030"),
        new ClassLabel(1, "wall", "#405060"),
        new ClassLabel(2, "sofa", "#708090"));
  }

  private static RgbImage noise(long seed, int width, int height) {
    byte[] pixels = new byte[3 * width * height];
    new Random(seed).nextBytes(pixels);
    return new RgbImage(width, height, pixels);
  }

  private static List<String> onlyFilesIn(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).toList();
    }
  }
}
