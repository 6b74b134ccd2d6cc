package dev.tarsier.trainer.recipe;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.config.ProductVersion;
import dev.tarsier.runtime.model.BundleManifest.DepthRange;
import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.runtime.model.BundleManifest.Metrics;
import dev.tarsier.runtime.model.BundleManifest.Provenance;
import dev.tarsier.runtime.model.BundleManifest.SceneClass;
import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.dataset.ClassSet;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.export.BundleExporter;
import dev.tarsier.trainer.export.BundleSpec;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.export.ParityReport;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.recipe.Recipe.Network.Head;
import dev.tarsier.trainer.render.PinholeCamera;
import dev.tarsier.trainer.render.RenderOptions;
import dev.tarsier.trainer.render.RenderedSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The last stage of a recipe: the student's best checkpoint as a bundle with its card. */
final class BundleStage {
  /** Rooms of the golden frames: no recipe trains on this seed. */
  private static final long GOLDEN_SEED = 0x601DE2L;

  /** Frames of the validation data that parity is checked on besides, of each data set. */
  private static final int PARITY_FRAMES = 8;

  /** Raised when bundles are written in another way. */
  private static final int SCHEMA = 1;

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
            network.has(Head.CLASSES) ? classes() : List.of(),
            network.has(Head.DEPTH) ? DepthRange.metres(0, network.maxDepthMetres()) : null,
            recipe.ofNyusCamera()
                ? new Intrinsics(camera.fx(), camera.fy(), camera.cx(), camera.cy())
                : null,
            provenance(),
            card());
    try (NDManager base = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        GraphModule module = student.load(base, recipe.classSet())) {
      ParityReport parity =
          BundleExporter.export(module, spec, golden(network), others(validation), bundle(folder));
      listener.said("Bundle %s; %s".formatted(bundle(folder), parity));
      ObjectNode outcome = Canonical.object();
      outcome.put("model_sha256", Sha256.of(bundle(folder).resolve("model.onnx")));
      outcome.put("parity", parity.toString());
      return outcome;
    }
  }

  private List<SceneClass> classes() {
    ClassSet set = recipe.classSet();
    List<SceneClass> classes = new ArrayList<>();
    for (int id = 0; id < set.size(); id++) {
      classes.add(new SceneClass(id, set.names().get(id), set.color(id)));
    }
    return classes;
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

  private String card() {
    Recipe.Network network = student.said();
    StringBuilder card = new StringBuilder();
    card.append("# ").append(recipe.name()).append("\n\n");
    card.append(
        """
        What one RGB image shows, pixel by pixel: %s. Network `%s`, input %d x %d (width x height)
        RGB, stretched; made for %s.

        """
            .formatted(
                heads(network),
                network.kind().name().toLowerCase(Locale.ROOT),
                network.width(),
                network.height(),
                indoor()
                    ? "indoor scenes seen from head height or below"
                    : "streets seen from a car"));
    card.append("## Measured\n\n");
    for (Figures each : figures) {
      card.append(
          "`%s`, %d frames, %s; protocol: %s\n\n"
              .formatted(
                  each.data(),
                  each.frames(),
                  each.use().equals(Figures.VALIDATION)
                      ? "by which the best epoch was chosen"
                      : "by which nothing was chosen",
                  each.protocol()));
      card.append("| figure | value |\n|---|---|\n");
      each.values()
          .forEach(
              (name, value) ->
                  card.append(String.format(Locale.ROOT, "| %s | %.4f |%n", name, value)));
      card.append('\n');
      perClass(card, each);
    }
    card.append(
        """
        Fractions are of 1; depth_abs, depth_rmse and depth_bias are metres; depth_scale is what
        predictions must be multiplied by to fit the truth. Where the best epoch was chosen by a data
        set, its figures are a little kind.

        """);
    if (!origin.teaching().isEmpty()) {
      card.append("## Taught by\n\n");
      origin.teaching().forEach(line -> card.append("- ").append(line).append('\n'));
      card.append('\n');
    }
    card.append("## Trained on\n\n");
    boolean nyu = false;
    boolean cityscapes = false;
    for (JsonNode data : origin.data()) {
      card.append(
          "- `%s` (%s, %d frames, sha256 %s)\n"
              .formatted(
                  data.path("name").asText(),
                  data.path("use").asText(),
                  data.path("frames").asInt(),
                  data.path("sha256").asText()));
      nyu |= data.path("name").asText().startsWith("nyuv2");
      cityscapes |= data.path("name").asText().startsWith("cityscapes");
    }
    card.append(
        "\nRecipe `%s`, sha256 %s, seed %d, %d steps of %d frames; the encoder %s.\n"
            .formatted(
                recipe.name(),
                origin.recipeSha256(),
                recipe.seed(),
                origin.steps(),
                recipe.student().batch(),
                origin.pretrained()
                    ? "began with weights learned on ImageNet"
                    : "began with random weights"));
    Recipe.Training training = recipe.student();
    for (int k = 0; k < training.fineTuning().size(); k++) {
      Recipe.Training tuned = training.fineTuned(k);
      card.append(
          "%s %s over the data, with images of %d x %d and %s of the learning rates.\n"
              .formatted(
                  k == 0 ? "In the end it was fine-tuned for" : "Then for",
                  tuned.epochs() == 1 ? "1 pass" : tuned.epochs() + " passes",
                  tuned.network().width(),
                  tuned.network().height(),
                  training.fineTuning().get(k).rateFactor()));
    }
    if (recipe.student().preciseBatchNorm() > 0) {
      card.append(
          "Once trained, batch normalisation's statistics were measured anew over %,d batches.\n"
              .formatted(recipe.student().preciseBatchNorm()));
    }
    if (recipe.student().logitAdjustment() > 0) {
      card.append(
          "Once trained, the logit of each class was lowered by %s of the logarithm of its share of the labelled pixels.\n"
              .formatted(recipe.student().logitAdjustment()));
    }
    card.append(
        """

        ## Limits

        - Depth is metric for a camera like the training camera (%s);
          for another focal length it is off by about the ratio of the two.
        - Depth is between 0 and %s m. There is no measure of its uncertainty.
        - Classes that are rare in the data are found badly; see the figures above.
        - Nothing was tried %s, in the dark, or with a lens that distorts strongly.

        """
            .formatted(
                recipe.ofNyusCamera()
                    ? "its intrinsics are in `model.json`"
                    : "its intrinsics are not in `model.json`, for the data does not say them",
                network.maxDepthMetres(),
                indoor() ? "outdoors" : "indoors"));
    card.append("## Licence\n\nThe weights come with the product's licence.");
    if (nyu) {
      card.append(
          " They were trained on NYU Depth v2 (Silberman et al., ECCV 2012), which is for research;"
              + " ask its authors before other use.");
    }
    if (cityscapes) {
      card.append(
          " They were trained on Cityscapes (Cordts et al., CVPR 2016), whose licence allows no"
              + " commercial use.");
    }
    card.append(" The golden frames are rendered by the product itself.\n");
    return card.toString();
  }

  private boolean indoor() {
    return recipe.classes().startsWith("nyu");
  }

  private static void perClass(StringBuilder card, Figures figures) {
    if (figures.iouByClass().isEmpty()) {
      return;
    }
    List<String> parts = new ArrayList<>();
    figures
        .iouByClass()
        .forEach((name, iou) -> parts.add(String.format(Locale.ROOT, "%s %.3f", name, iou)));
    card.append("Intersection over union by class: ");
    card.append(String.join(", ", parts)).append(".\n\n");
  }

  private String heads(Recipe.Network network) {
    List<String> heads = new ArrayList<>();
    if (network.has(Head.CLASSES)) {
      heads.add(
          "one of the %d classes of %s"
              .formatted(recipe.classSet().size(), indoor() ? "NYU Depth v2" : "Cityscapes"));
    }
    if (network.has(Head.DEPTH)) {
      heads.add("depth in metres along the optical axis");
    }
    return String.join(" and ", heads);
  }
}
