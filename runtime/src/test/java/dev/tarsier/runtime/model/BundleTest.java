package dev.tarsier.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.UnitVectorMap;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.runtime.testing.TestBundles;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleTest {
  private static final ClassMap RED_GREEN_BLUE =
      new ClassMap(
          List.of(
              new ClassLabel(0, "red", "#FF0000"),
              new ClassLabel(1, "green", "#00FF00"),
              new ClassLabel(2, "blue", "#0000FF")),
          255);

  @TempDir Path folder;

  @BeforeEach
  void copyBundle() throws Exception {
    TestBundles.brightness(folder);
  }

  private void refuses(String... words) {
    assertThatThrownBy(() -> Bundle.load(folder))
        .isInstanceOf(BundleException.class)
        .satisfies(e -> assertThat(e.getMessage()).contains(words));
  }

  @Test
  void loadsTheBundleOfTheFirstVersion() throws Exception {
    Bundle bundle = Bundle.load(folder);
    BundleManifest manifest = bundle.manifest();
    assertThat(manifest.name()).isEqualTo("brightness-v1");
    assertThat(manifest.input()).isEqualTo(BundleManifest.Input.rgb(24, 32));
    assertThat(manifest.schema()).isEqualTo("tarsier.bundle/2");
    assertThat(manifest.outputs())
        .containsExactly(
            entry("segmentation", new BundleManifest.Output("classes", 12, 16, RED_GREEN_BLUE)),
            entry("depth", new BundleManifest.Output("depth", 12, 16, MetricMap.metres(0, 10))));
    assertThat(RED_GREEN_BLUE.classes().get(1).rgb()).isEqualTo(0x00FF00);
    assertThat(manifest.intrinsics().fx()).isEqualTo(29);
    assertThat(bundle.readModel().remaining()).isEqualTo(508);
  }

  @Test
  void refusesAnotherHash() throws Exception {
    byte[] model = Files.readAllBytes(folder.resolve("model.onnx"));
    model[100] ^= 1;
    Files.write(folder.resolve("model.onnx"), model);
    refuses("model.onnx", "sha256", "damaged or of another model", "export it again");
  }

  /** Both are sparse: no disk is filled, and no byte of them is read. */
  @Test
  void refusesAModelOfThreeGigabytesAndAManifestOf300MegabytesUnread() throws Exception {
    sparse("model.onnx", 3L << 30);
    refuses(
        folder.resolve("model.onnx") + " has 3.0 GB, and an ONNX file less than 2 GB",
        "copy the whole bundle folder or export it again");
    sparse("model.json", 300L << 20);
    refuses(folder.resolve("model.json") + " has 300.0 MB, a manifest at most 4.0 MB");
  }

  /** With less heap than the model has bytes. */
  @Test
  void readsADamagedModelThatIsLargerThanTheHeapPieceByPiece() throws Exception {
    sparse("model.onnx", 100L << 20);
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx32m",
            Load.class.getName(),
            folder.toString());
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    Process process = builder.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said).contains("model.onnx has sha256 ", "the file is damaged or of another model");
    assertThat(said.lines()).hasSize(1);
  }

  /** A process that loads a bundle and says why it cannot. */
  static final class Load {
    private Load() {}

    /** Loads the folder that is named. */
    public static void main(String[] args) {
      try {
        Bundle.load(Path.of(args[0]));
      } catch (BundleException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  private void sparse(String file, long size) throws Exception {
    try (RandomAccessFile out = new RandomAccessFile(folder.resolve(file).toFile(), "rw")) {
      out.setLength(size);
    }
  }

  @Test
  void readsTolerancesAndRefusesThoseThatPermitAnything() throws Exception {
    assertThat(Bundle.load(folder).manifest().outputs().get("depth").tolerance())
        .isEqualTo(new BundleManifest.Tolerance(0.99, 0.01, 0.001));
    TestBundles.edit(
        folder, "\"ignoreId\"", "\"tolerances\": {\"maxDepthRelativeError\": 0.05}, \"ignoreId\"");
    assertThat(Bundle.load(folder).manifest().outputs().get("depth").tolerance())
        .isEqualTo(new BundleManifest.Tolerance(0.99, 0.05, 0.001));
    TestBundles.edit(folder, "0.05", "7");
    refuses("tolerance.maxError must be 0.0 to 0.5, got 7.0");
  }

  @Test
  void readsTheToleranceOfOneOutputInTheFirstSchemaToo() throws Exception {
    TestBundles.edit(
        folder,
        "\"float32\"",
        "\"float32\", \"tolerance\": {\"maxError\": 0.02, \"fp16\": {\"maxError\": 0.04}}");
    Map<String, BundleManifest.Output> outputs = Bundle.load(folder).manifest().outputs();
    assertThat(outputs.get("depth").tolerance().maxError()).isEqualTo(0.02);
    assertThat(outputs.get("depth").tolerance().inHalfPrecision().maxError()).isEqualTo(0.04);
    assertThat(outputs.get("segmentation").tolerance()).isEqualTo(BundleManifest.Tolerance.DEFAULT);
    TestBundles.edit(folder, "0.02", "7");
    refuses("tolerance.maxError must be 0.0 to 0.5, got 7.0");
  }

  /** Golden frames hold ids, which are the same whatever they are called. */
  @Test
  void refusesClassesThatAreExchangedOrAnotherModels() throws Exception {
    BundleManifest.read(folder).write(folder);
    String written = Files.readString(folder.resolve("model.json"));
    Bundle.load(folder);
    TestBundles.edit(folder, "\"red\"", "\"x\"");
    TestBundles.edit(folder, "\"green\"", "\"red\"");
    TestBundles.edit(folder, "\"x\"", "\"green\"");
    refuses("model.json: classNamesSha256 is another", "in another order", "restore the file");
    TestBundles.edit(folder, "\"classNamesSha256\"", "\"was\"");
    Bundle.load(folder); // renamed on purpose

    Files.writeString(folder.resolve("model.json"), written);
    TestBundles.edit(folder, BundleManifest.read(folder).model().sha256(), "0".repeat(64));
    refuses("classNamesSha256 is another", "another model's");
  }

  @Test
  void refusesAMissingModel() throws Exception {
    Files.delete(folder.resolve("model.onnx"));
    refuses("model.onnx is missing", "copy the whole bundle folder");
  }

  @Test
  void refusesAFolderWithoutManifestAndAFolderThatIsNone() throws Exception {
    Files.delete(folder.resolve("model.json"));
    refuses("model.json is missing", "tarsier train");
    assertThatThrownBy(() -> Bundle.load(folder.resolve("nowhere")))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("nowhere is not a folder");
  }

  @Test
  void refusesAMissingGoldenFile() throws Exception {
    TestBundles.edit(folder, "\"golden\": []", "\"golden\": [{\"image\": \"golden/0.png\"}]");
    refuses("golden/0.png is missing");
  }

  @Test
  void refusesAnUnknownSchema() throws Exception {
    TestBundles.edit(folder, "tarsier.bundle/1", "tarsier.bundle/7");
    refuses(
        "model.json",
        "schema must be \"tarsier.bundle/2\" or \"tarsier.bundle/1\", got \"tarsier.bundle/7\"");
  }

  @Test
  void refusesTwoClassesWithOneId() throws Exception {
    TestBundles.edit(folder, "\"id\": 1", "\"id\": 0");
    refuses("class ids must be unique, got id 0 for both 'red' and 'green'");
  }

  @Test
  void refusesWhatTheRuntimeCannotFeed() throws Exception {
    TestBundles.edit(folder, "\"resize\": \"stretch\"", "\"resize\": \"letterbox\"");
    refuses("input.resize must be stretch, got \"letterbox\"");
  }

  @Test
  void refusesAMissingKey() throws Exception {
    TestBundles.edit(folder, "\"height\": 24,", "");
    refuses("model.json", "input.height must be 1 to 16384 pixels, got 0");
  }

  @Test
  void refusesWhatIsNoJson() throws Exception {
    Files.writeString(folder.resolve("model.json"), "{\"schema\": \"tars");
    refuses("model.json", "line 1");
    Files.writeString(folder.resolve("model.json"), "");
    refuses("model.json");
    Files.writeString(folder.resolve("model.json"), "null");
    refuses("model.json", "empty");
  }

  @Test
  void refusesFilesOutsideTheFolder() throws Exception {
    TestBundles.edit(folder, "\"file\": \"model.onnx\"", "\"file\": \"../model.onnx\"");
    refuses("model.file must lie inside the bundle's folder");
  }

  @Test
  void ignoresKeysThatANewerVersionAdded() throws Exception {
    TestBundles.edit(folder, "\"ignoreId\": 255", "\"ignoreId\": 255, \"licence\": \"CC0\"");
    assertThat(Bundle.load(folder).manifest().firstKind(ClassMap.class))
        .map(ClassMap::ignoreId)
        .contains(255);
  }

  @Test
  void writesWhatItReads() throws Exception {
    BundleManifest read = BundleManifest.read(folder);
    BundleManifest manifest =
        new BundleManifest(
            BundleManifest.SCHEMA,
            "round-trip",
            "2.1",
            read.model(),
            read.input(),
            Map.of(
                "depth",
                new BundleManifest.Output(
                    "depth",
                    12,
                    16,
                    MetricMap.metres(0.1, 10),
                    new BundleManifest.Tolerance(0.98, null, null))),
            null,
            new BundleManifest.Provenance(
                "f".repeat(64),
                List.of(new BundleManifest.DataSet("nyuv2", "train_rest", 500, null)),
                7,
                List.of(
                    new BundleManifest.Metrics(
                        "eigen", "nyuv2/val100", Map.of("rmse", 0.6, "abs", 0.4))),
                Map.of("djl", "0.35.1")),
            List.of());
    manifest.write(folder);
    assertThat(BundleManifest.read(folder)).isEqualTo(manifest);
    String json = Files.readString(folder.resolve("model.json"));
    assertThat(json).isEqualTo(manifest.toJson()).doesNotContain("null");
    try (var files = Files.list(folder)) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrder("model.json", "model.onnx");
    }
    assertThat(Bundle.load(folder).manifest().firstHead(ClassMap.class)).isEmpty();
  }

  /** What shipped before is of the first schema, and may be on robots. */
  @Test
  void upgradesAManifestOfTheFirstSchemaInMemory() throws Exception {
    Path before =
        Prerequisites.root().resolve("runtime/src/test/resources/bundles/first-schema.json");
    String text = Files.readString(before);
    assertThat(text).contains("tarsier.bundle/1");
    BundleManifest manifest = BundleManifest.parse(text);
    assertThat(manifest.schema()).isEqualTo("tarsier.bundle/2");
    assertThat(manifest.outputs()).containsOnlyKeys("segmentation", "depth");
    BundleManifest.Output segmentation = manifest.outputs().get("segmentation");
    assertThat(segmentation.tensor()).isEqualTo("classes");
    assertThat(segmentation.shape()).containsExactly(1L, 240L, 320L);
    assertThat(segmentation.kind()).isInstanceOf(ClassMap.class);
    ClassMap classes = (ClassMap) segmentation.kind();
    assertThat(classes.classes()).hasSize(13).contains(new ClassLabel(4, "floor", "#C49C94"));
    assertThat(classes.ignoreId()).isEqualTo(255);
    assertThat(manifest.outputs().get("depth"))
        .isEqualTo(new BundleManifest.Output("depth", 240, 320, MetricMap.metres(0, 10)));
    assertThat(manifest.golden())
        .hasSize(4)
        .allSatisfy(each -> assertThat(each.outputs()).containsOnlyKeys("segmentation", "depth"));
    assertThat(manifest.golden().get(0).outputs().get("depth")).isEqualTo("golden/00.depth.bin");
    assertThat(BundleManifest.parse(manifest.toJson())).isEqualTo(manifest);
  }

  @Test
  void writesAndReadsAHeadOfEachKind() throws Exception {
    BundleManifest manifest = BundleManifest.read(folder);
    HeadKind rooms = new ImageClass(RED_GREEN_BLUE.classes());
    Map<String, BundleManifest.Output> outputs = new LinkedHashMap<>(manifest.outputs());
    outputs.put("normals", new BundleManifest.Output("n", 12, 16, new UnitVectorMap()));
    outputs.put("room", new BundleManifest.Output("room", 1, 1, rooms));
    BundleManifest four = withOutputs(manifest, outputs);
    assertThat(BundleManifest.parse(four.toJson())).isEqualTo(four);
    assertThat(four.heads())
        .extracting(Head::id)
        .containsExactly("segmentation", "depth", "normals", "room");
    assertThat(outputs.get("normals").shape()).containsExactly(1L, 12L, 16L, 3L);
    assertThat(outputs.get("room").shape()).containsExactly(1L, 3L);
    assertThat(four.toJson()).contains("\"type\" : \"unit_vector_map\"");
  }

  @Test
  void refusesOutputsThatAreNoHeads() throws Exception {
    BundleManifest manifest = BundleManifest.read(folder);
    BundleManifest.Output output = manifest.outputs().get("depth");
    assertThatThrownBy(() -> withOutputs(manifest, Map.of()))
        .hasMessage("outputs must have one head or more, got none");
    assertThatThrownBy(() -> withOutputs(manifest, Map.of("Depth Map", output)))
        .hasMessageContaining("id must be lower-case letters")
        .hasMessageContaining("\"Depth Map\"");
    BundleManifest.Output small = new BundleManifest.Output("n", 6, 8, new UnitVectorMap());
    Map<String, BundleManifest.Output> twoSizes = new LinkedHashMap<>(manifest.outputs());
    twoSizes.put("normals", small);
    assertThatThrownBy(() -> withOutputs(manifest, twoSizes))
        .hasMessage("outputs must have one size, got classes 16x12 and n 8x6");
    String json = manifest.toJson().replace("metric_map", "heat_map");
    assertThatThrownBy(() -> BundleManifest.parse(json))
        .hasMessageContaining("heat_map")
        .hasMessageContaining("unit_vector_map");
  }

  private static BundleManifest withOutputs(
      BundleManifest like, Map<String, BundleManifest.Output> outputs) {
    return new BundleManifest(
        like.schema(),
        like.name(),
        like.version(),
        like.model(),
        like.input(),
        outputs,
        like.intrinsics(),
        like.provenance(),
        like.golden());
  }
}
