package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.config.ProductVersion;
import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.runtime.model.BundleManifest.Metrics;
import dev.tarsier.runtime.model.BundleManifest.Provenance;
import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.export.BundleExporter;
import dev.tarsier.trainer.export.BundleSpec;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.export.ParityReport;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.render.PinholeCamera;
import dev.tarsier.trainer.render.RenderOptions;
import dev.tarsier.trainer.render.RenderedSource;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.StageStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The last stage of a recipe: the student's best checkpoint as a bundle with its card. */
final class BundleStage {
  /** Rooms of the golden frames: no recipe trains on this seed. */
  private static final long GOLDEN_SEED = 0x601DE2L;

  /** Frames of the validation data that parity is checked on besides, of each data set. */
  private static final int PARITY_FRAMES = 8;

  /**
   * Raised when bundles are written in another way; 4: parity is checked at the training's batch
   * too.
   */
  private static final int SCHEMA = 4;

  private final Recipe recipe;
  private final Origin origin;
  private final Checkpointed student;
  private final List<Figures> figures;

  /**
   * What a bundle says of where it comes from.
   *
   * @param recipeSha256 of what the recipe means
   * @param data all data that went into it, as the run's record has it. Not modified.
   * @param steps of the student's training
   * @param pretrained whether its encoder began with weights learned elsewhere
   * @param teaching what the teacher did, a line of Markdown each; empty without one
   */
  record Origin(
      String recipeSha256, JsonNode data, long steps, boolean pretrained, List<String> teaching) {
    Origin {
      teaching = List.copyOf(teaching);
    }
  }

  /**
   * A stage.
   *
   * @param recipe what to make
   * @param origin where it comes from
   * @param student the finished network
   * @param figures what it was measured at
   */
  BundleStage(Recipe recipe, Origin origin, Checkpointed student, List<Figures> figures) {
    this.recipe = recipe;
    this.origin = origin;
    this.student = student;
    this.figures = List.copyOf(figures);
  }

  /** Which stage this is. */
  StageStore.Stage stage() {
    ObjectNode inputs = Canonical.object();
    inputs.put("schema", SCHEMA).put("kind", "bundle").put("tarsier", ProductVersion.text());
    inputs.put("name", recipe.name()).put("seed", recipe.seed()).put("classes", recipe.classes());
    inputs.set("export", Canonical.tree(recipe.export()));
    inputs.set("student", student.describe());
    inputs.set("figures", Canonical.tree(figures));
    inputs.set("origin", Canonical.tree(origin));
    return new StageStore.Stage("bundle", inputs, Canonical.sha256(inputs));
  }

  /** Where in its stage's folder a bundle lies. */
  static Path bundle(Path folder) {
    return folder.resolve("bundle");
  }

  /**
   * Writes the bundle.
   *
   * @param validation data sets that parity is checked on, besides the golden frames. Not modified.
   * @param folder the stage's
   */
  ObjectNode run(List<OpenedData> validation, Path folder, RecipeListener listener)
      throws IOException, ExportException {
    Recipe.Network network = student.said();
    PinholeCamera camera = PinholeCamera.nyuLike(network.width(), network.height());
    BundleSpec spec =
        new BundleSpec(
            recipe.name(),
            recipe.export().version(),
            new Size(network.height(), network.width()),
            NetworkTasks.of(network, recipe.classSet()),
            recipe.ofNyusCamera()
                ? new Intrinsics(camera.fx(), camera.fy(), camera.cx(), camera.cy())
                : null,
            provenance(),
            new BundleCard(recipe, origin, figures).text());
    try (NDManager base = PyTorch.newBaseManager();
        GraphModule module = student.load(base, recipe.classSet())) {
      ParityReport parity =
          BundleExporter.export(
              module,
              spec,
              recipe.student().batch(),
              golden(network),
              others(validation),
              bundle(folder));
      listener.said("Bundle %s; %s".formatted(bundle(folder), parity));
      ObjectNode outcome = Canonical.object();
      outcome.put("model_sha256", Sha256.of(bundle(folder).resolve("model.onnx")));
      outcome.put("parity", parity.toString());
      return outcome;
    }
  }

  private List<RgbImage> golden(Recipe.Network network) {
    RenderedSource source =
        new RenderedSource(
            GOLDEN_SEED,
            0,
            recipe.export().goldenFrames(),
            RenderOptions.training(network.width(), network.height()).withFramesPerRoom(1));
    return images(source, source.size());
  }

  private static List<RgbImage> others(List<OpenedData> validation) {
    List<RgbImage> images = new ArrayList<>();
    for (OpenedData each : validation) {
      images.addAll(images(each.source(), PARITY_FRAMES));
    }
    return images;
  }

  private static List<RgbImage> images(SampleSource source, int most) {
    List<RgbImage> images = new ArrayList<>();
    for (int i = 0; i < Math.min(most, source.size()); i++) {
      Sample sample = source.get(i);
      images.add(new RgbImage(sample.width(), sample.height(), sample.rgb()));
    }
    return images;
  }

  private Provenance provenance() {
    List<dev.tarsier.runtime.model.BundleManifest.DataSet> dataSets = new ArrayList<>();
    for (JsonNode data : origin.data()) {
      dataSets.add(
          new dev.tarsier.runtime.model.BundleManifest.DataSet(
              data.path("name").asText(),
              data.path("use").asText(),
              data.path("frames").asInt(),
              data.path("sha256").asText()));
    }
    List<Metrics> metrics = new ArrayList<>();
    for (Figures each : figures) {
      metrics.add(new Metrics(each.protocol(), each.data(), each.values()));
    }
    Map<String, String> versions = new TreeMap<>();
    versions.put("tarsier", ProductVersion.text());
    return new Provenance(origin.recipeSha256(), dataSets, recipe.seed(), metrics, versions);
  }
}
