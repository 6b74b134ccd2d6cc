package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.config.ProductVersion;
import dev.tarsier.runtime.model.BundleManifest.DepthRange;
import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.runtime.model.BundleManifest.Metrics;
import dev.tarsier.runtime.model.BundleManifest.Provenance;
import dev.tarsier.runtime.model.BundleManifest.SceneClass;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.dataset.NyuClasses;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.evaluation.Scores;
import dev.tarsier.trainer.export.BundleExporter;
import dev.tarsier.trainer.export.BundleSpec;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.export.ParityReport;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Size;
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

/** The last stage of a recipe: the best checkpoint as a bundle with its card. */
final class BundleStage {
  /** Rooms of the golden frames: no recipe trains on this seed. */
  private static final long GOLDEN_SEED = 0x601DE2L;

  /** Frames of the validation data that parity is checked on besides, of each data set. */
  private static final int PARITY_FRAMES = 8;

  /**
   * A validation data set's figures for the network that is exported.
   *
   * @param data the data set
   * @param scores what was measured
   */
  record Judged(OpenedData data, Scores scores) {}

  private final Recipe recipe;
  private final JsonNode record;

  /**
   * A stage.
   *
   * @param recipe what to make
   * @param record the run's record, with the hashes of its data. Not modified.
   */
  BundleStage(Recipe recipe, JsonNode record) {
    this.recipe = recipe;
    this.record = record;
  }

  /**
   * Writes the bundle.
   *
   * @param module the best checkpoint. Not modified.
   * @param judged its figures. Not modified.
   * @param folder where to
   */
  ParityReport run(GraphModule module, List<Judged> judged, Path folder)
      throws IOException, ExportException {
    Recipe.Network network = recipe.student().network();
    boolean classes = network.heads().contains(Recipe.Network.Head.CLASSES);
    boolean depth = network.heads().contains(Recipe.Network.Head.DEPTH);
    PinholeCamera camera = PinholeCamera.nyuLike(network.width(), network.height());
    BundleSpec spec =
        new BundleSpec(
            recipe.name(),
            recipe.export().version(),
            new Size(network.height(), network.width()),
            classes ? classes() : List.of(),
            depth ? DepthRange.metres(0, network.maxDepthMetres()) : null,
            new Intrinsics(camera.fx(), camera.fy(), camera.cx(), camera.cy()),
            provenance(judged),
            card(judged));
    return BundleExporter.export(module, spec, golden(network), others(judged), folder);
  }

  private static List<SceneClass> classes() {
    List<SceneClass> classes = new ArrayList<>();
    for (int id = 0; id < NyuClasses.NAMES_13.size(); id++) {
      classes.add(
          new SceneClass(
              id,
              NyuClasses.NAMES_13.get(id),
              String.format(Locale.ROOT, "#%06X", NyuClasses.COLORS_13.get(id))));
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

  private static List<RgbImage> others(List<Judged> judged) {
    List<RgbImage> images = new ArrayList<>();
    for (Judged each : judged) {
      images.addAll(images(each.data().source(), PARITY_FRAMES));
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

  private Provenance provenance(List<Judged> judged) {
    List<dev.tarsier.runtime.model.BundleManifest.DataSet> dataSets = new ArrayList<>();
    for (JsonNode data : record.path("data")) {
      dataSets.add(
          new dev.tarsier.runtime.model.BundleManifest.DataSet(
              data.path("name").asText(),
              data.path("use").asText(),
              data.path("frames").asInt(),
              data.path("sha256").asText()));
    }
    List<Metrics> metrics = new ArrayList<>();
    for (Judged each : judged) {
      metrics.add(
          new Metrics(
              each.scores().protocol(), each.data().source().name(), each.scores().values()));
    }
    Map<String, String> versions = new TreeMap<>();
    versions.put("tarsier", ProductVersion.text());
    return new Provenance(
        record.path("recipe_sha256").asText(), dataSets, recipe.seed(), metrics, versions);
  }

  private String card(List<Judged> judged) {
    Recipe.Network network = recipe.student().network();
    StringBuilder card = new StringBuilder();
    card.append("# ").append(recipe.name()).append("\n\n");
    card.append(
        """
        What one RGB image shows, pixel by pixel: %s. Network `%s`, input %d x %d (width x height)
        RGB, stretched; made for indoor scenes seen from head height or below.

        """
            .formatted(
                heads(network),
                network.kind().name().toLowerCase(Locale.ROOT),
                network.width(),
                network.height()));
    card.append("## Measured\n\n");
    for (Judged each : judged) {
      card.append(
          "`%s`, %d frames, protocol: %s\n\n"
              .formatted(
                  each.data().source().name(),
                  each.data().source().size(),
                  each.scores().protocol()));
      card.append("| figure | value |\n|---|---|\n");
      each.scores()
          .values()
          .forEach(
              (name, value) ->
                  card.append(String.format(Locale.ROOT, "| %s | %.4f |%n", name, value)));
      card.append('\n');
      perClass(card, each.scores());
    }
    card.append(
        """
        Fractions are of 1; depth_abs, depth_rmse and depth_bias are metres; depth_scale is what
        predictions must be multiplied by to fit the truth. The best epoch was chosen on the first of
        these data sets, so its figures are a little kind.

        ## Trained on

        """);
    boolean nyu = false;
    for (JsonNode data : record.path("data")) {
      card.append(
          "- `%s` (%s, %d frames, sha256 %s)\n"
              .formatted(
                  data.path("name").asText(),
                  data.path("use").asText(),
                  data.path("frames").asInt(),
                  data.path("sha256").asText()));
      nyu |= data.path("name").asText().startsWith("nyuv2/");
    }
    card.append(
        "\nRecipe `%s`, sha256 %s, seed %d, %d steps of %d frames; the encoder %s.\n"
            .formatted(
                recipe.name(),
                record.path("recipe_sha256").asText(),
                recipe.seed(),
                record.path("steps_done").asLong(),
                recipe.student().batch(),
                record.path("pretrained_encoder").asBoolean()
                    ? "began with weights learned on ImageNet"
                    : "began with random weights"));
    card.append(
        """

        ## Limits

        - Depth is metric for a camera like the training camera (its intrinsics are in `model.json`);
          for another focal length it is off by about the ratio of the two.
        - Depth is between 0 and %s m. There is no measure of its uncertainty.
        - Classes that are rare in the data are found badly; see the figures above.
        - Nothing was tried outdoors, in the dark, or with a lens that distorts strongly.

        """
            .formatted(network.maxDepthMetres()));
    card.append("## Licence\n\nThe weights come with the product's licence.");
    if (nyu) {
      card.append(
          " They were trained on NYU Depth v2 (Silberman et al., ECCV 2012), which is for research;"
              + " ask its authors before other use.");
    }
    card.append(" The golden frames are rendered by the product itself.\n");
    return card.toString();
  }

  private static void perClass(StringBuilder card, Scores scores) {
    if (!scores.values().containsKey(Scores.MIOU)) {
      return;
    }
    double[] iou = scores.iouPerClass();
    card.append("Intersection over union by class: ");
    List<String> parts = new ArrayList<>();
    for (int id = 0; id < iou.length; id++) {
      parts.add(
          NyuClasses.NAMES_13.get(id)
              + (Double.isNaN(iou[id]) ? " –" : String.format(Locale.ROOT, " %.3f", iou[id])));
    }
    card.append(String.join(", ", parts)).append(".\n\n");
  }

  private static String heads(Recipe.Network network) {
    List<String> heads = new ArrayList<>();
    if (network.heads().contains(Recipe.Network.Head.CLASSES)) {
      heads.add("one of the 13 classes of NYU Depth v2");
    }
    if (network.heads().contains(Recipe.Network.Head.DEPTH)) {
      heads.add("depth in metres along the optical axis");
    }
    return String.join(" and ", heads);
  }
}
