package dev.tarsier.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.testing.TestBundles;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleTest {
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
    assertThat(manifest.classesHead()).contains(BundleManifest.Head.classes(12, 16));
    assertThat(manifest.depthHead()).contains(BundleManifest.Head.depth(12, 16));
    assertThat(manifest.classes())
        .extracting(BundleManifest.SceneClass::name)
        .containsExactly("red", "green", "blue");
    assertThat(manifest.classes().get(1).rgb()).isEqualTo(0x00FF00);
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
    assertThat(Bundle.load(folder).manifest().tolerances())
        .isEqualTo(new BundleManifest.Tolerances(0.99, 0.01, 0.001));
    TestBundles.edit(
        folder, "\"ignoreId\"", "\"tolerances\": {\"maxDepthRelativeError\": 0.05}, \"ignoreId\"");
    assertThat(Bundle.load(folder).manifest().tolerances())
        .isEqualTo(new BundleManifest.Tolerances(0.99, 0.05, 0.001));
    TestBundles.edit(folder, "0.05", "7");
    refuses("tolerances.maxDepthRelativeError must be 0.0 to 0.5, got 7.0");
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
    refuses("model.json", "schema must be \"tarsier.bundle/1\", got \"tarsier.bundle/7\"");
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
    assertThat(Bundle.load(folder).manifest().ignoreId()).isEqualTo(255);
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
            new BundleManifest.Outputs(null, BundleManifest.Head.depth(12, 16)),
            List.of(),
            255,
            BundleManifest.DepthRange.metres(0.1, 10),
            null,
            new BundleManifest.Provenance(
                "f".repeat(64),
                List.of(new BundleManifest.DataSet("nyuv2", "train_rest", 500, null)),
                7,
                List.of(
                    new BundleManifest.Metrics(
                        "eigen", "nyuv2/val100", Map.of("rmse", 0.6, "abs", 0.4))),
                Map.of("djl", "0.35.1")),
            List.of(),
            new BundleManifest.Tolerances(0.98, null, null));
    manifest.write(folder);
    assertThat(BundleManifest.read(folder)).isEqualTo(manifest);
    String json = Files.readString(folder.resolve("model.json"));
    assertThat(json).isEqualTo(manifest.toJson()).doesNotContain("null");
    try (var files = Files.list(folder)) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrder("model.json", "model.onnx");
    }
    assertThat(Bundle.load(folder).manifest().classesHead()).isEmpty();
  }
}
