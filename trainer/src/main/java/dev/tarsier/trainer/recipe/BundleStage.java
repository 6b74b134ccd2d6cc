package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
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
import dev.tarsier.trainer.render.RenderOptions;
import dev.tarsier.trainer.render.RenderedSource;
import dev.tarsier.trainer.run.Stage;
import dev.tarsier.trainer.task.ClassSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The last stage of a recipe: the student's best checkpoint as a bundle with its card. */
final class BundleStage implements Step<Path> {
  /** The kind of stage, and its name. */
  static final String KIND = "bundle";

  /** Rooms of the golden frames: no recipe trains on this seed. */
  private static final long GOLDEN_SEED = 0x601DE2L;

  /** Frames of the validation data that parity is checked on besides, of each data set. */
  private static final int PARITY_FRAMES = 8;

  /**
   * Raised when bundles are written in another way; 5: unpooling takes the first of values that are
   * as good as equal.
   */
  private static final int SCHEMA = 5;

  /**
   * What a bundle says of where it comes from.
   *
   * @param recipeSha256 of what the recipe means
   * @param data all data that went into it
   * @param steps of the student's training
   * @param pretrained whether its encoder began with weights learned elsewhere
   * @param teaching what the teacher did, a line of Markdown each; empty without one
   * @param began weights that the whole network began with, for a sentence; null where it began
   *     anew
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Origin(
      String recipeSha256,
      List<DataUse> data,
      long steps,
      boolean pretrained,
      List<String> teaching,
      String began) {
    Origin {
      teaching = List.copyOf(teaching);
    }
  }

  /**
   * What came of it.
   *
   * @param modelSha256 of {@code model.onnx}
   * @param parity how near ONNX Runtime comes to the network
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Outcome(String modelSha256, String parity) {}

  private record Inputs(
      int schema,
      String kind,
      String tarsier,
      String name,
      long seed,
      ClassSet classes,
      Recipe.Export export,
      ObjectNode student,
      List<Figures> figures,
      Origin origin) {}

  private final Recipe recipe;
  private final String recipeSha256;
  private final EvaluationStage student;
  private final List<EvaluationStage> teachers;
  private final List<PseudoLabelStage> labels;

  /**
   * A stage.
   *
   * @param recipe what to make
   * @param recipeSha256 of what the recipe means
   * @param student the finished network
   * @param teachers who labelled
   * @param labels what they labelled
   */
  BundleStage(
      Recipe recipe,
      String recipeSha256,
      EvaluationStage student,
      List<EvaluationStage> teachers,
      List<PseudoLabelStage> labels) {
    this.recipe = recipe;
    this.recipeSha256 = recipeSha256;
    this.student = student;
    this.teachers = List.copyOf(teachers);
    this.labels = List.copyOf(labels);
  }

  /** Where in its stage's folder a bundle lies. */
  static Path bundle(Path folder) {
    return folder.resolve("bundle");
  }

  @Override
  public String name() {
    return KIND;
  }

  @Override
  public List<Step<?>> needs() {
    return List.of(student);
  }

  @Override
  public Optional<Path> make(ChainWalk walk)
      throws IOException, InterruptedException, ExportException {
    EvaluationStage.Measured measured = walk.of(student);
    TrainedNetwork network = measured.network();
    Origin origin =
        new Origin(
            recipeSha256,
            walk.data(),
            network.steps(),
            network.pretrainedEncoder(),
            teaching(walk),
            walk.began().orElse(null));
    Inputs inputs =
        new Inputs(
            SCHEMA,
            KIND,
            ProductVersion.text(),
            recipe.name(),
            recipe.seed(),
            recipe.classes(),
            recipe.export(),
            measured.of().checkpoint().describe(),
            network.figures(),
            origin);
    return walk.stage(
            KIND,
            Stage.of(KIND, inputs, Outcome.class),
            folder ->
                Optional.of(write(measured.of(), origin, network.figures(), folder.path(), walk)))
        .map(made -> bundle(made.folder()));
  }

  private List<String> teaching(ChainWalk walk) {
    List<String> lines = new ArrayList<>();
    List<PseudoLabelStage.Labels> made =
        labels.stream().flatMap(each -> walk.find(each).orElseThrow().stream()).toList();
    if (!made.isEmpty()) {
      teachers.forEach(each -> lines.add(walk.of(each).network().card()));
      made.forEach(each -> lines.addAll(each.lines()));
    }
    return lines.stream().distinct().toList();
  }

  private Outcome write(
      TrainingResult of, Origin origin, List<Figures> figures, Path folder, ChainWalk walk)
      throws IOException, ExportException {
    Network network = of.checkpoint().network();
    Optional<Intrinsics> camera =
        recipe.camera(walk.dataSets().paths(), network.width(), network.height());
    BundleSpec spec =
        new BundleSpec(
            recipe.name(),
            recipe.export().version(),
            new Size(network.height(), network.width()),
            network.tasks(recipe.classes()).outputs(),
            camera.orElse(null),
            provenance(origin, figures),
            new BundleCard(recipe, origin, figures, camera.isPresent()).text());
    try (NDManager base = PyTorch.newBaseManager();
        GraphModule module = of.checkpoint().load(base, recipe.classes())) {
      ParityReport parity =
          BundleExporter.export(
              module,
              spec,
              recipe.student().batch(),
              golden(network),
              others(of.validation()),
              bundle(folder));
      walk.listener().note("Bundle %s; %s".formatted(bundle(folder), parity));
      if (recipe.export().int8() != null) {
        Quantisation.of(recipe, recipe.export().int8(), walk.listener())
            .run(
                bundle(folder),
                walk.open(KIND, recipe.shown(), recipe.student().network()),
                of.validation());
      }
      return new Outcome(Sha256.of(bundle(folder).resolve("model.onnx")), parity.toString());
    }
  }

  private List<RgbImage> golden(Network network) {
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

  private Provenance provenance(Origin origin, List<Figures> figures) {
    List<dev.tarsier.runtime.model.BundleManifest.DataSet> dataSets = new ArrayList<>();
    for (DataUse each : origin.data()) {
      dataSets.add(
          new dev.tarsier.runtime.model.BundleManifest.DataSet(
              each.name(), each.use(), each.frames(), each.sha256()));
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
