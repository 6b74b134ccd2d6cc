package dev.tarsier.trainer.recipe;

import dev.tarsier.runtime.accuracy.Metrics;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.task.UnitVectorMap;
import dev.tarsier.trainer.dataset.DataSetKinds;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.Size;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a bundle's CARD.md tells people: what the network is, what was measured, what it learned
 * from, and what it cannot do. The export adds its parity.
 *
 * @param recipe what made it
 * @param origin where it comes from
 * @param figures what it was measured at. Not modified.
 * @param cameraKnown whether the bundle says whose camera the training images are from
 */
record BundleCard(
    Recipe recipe, BundleStage.Origin origin, List<Figures> figures, boolean cameraKnown) {

  /** The card, as Markdown. */
  String text() {
    StringBuilder card = new StringBuilder();
    what(card);
    measured(card);
    taughtBy(card);
    trainedOn(card);
    limits(card);
    licence(card);
    return card.toString();
  }

  private void what(StringBuilder card) {
    Network network = network();
    LayerGraph graph = network.graph(recipe.classes());
    long multiplyAdds = graph.multiplyAdds(new Size(network.height(), network.width()));
    card.append(
        String.format(
            Locale.ROOT,
            """
            # %s

            What one RGB image shows%s: %s. Network `%s`, %,d parameters, %s
            multiply-adds a frame; input %d x %d (width x height) RGB, stretched; made for %s.

            """,
            recipe.name(),
            isMap() ? ", pixel by pixel" : "",
            heads().stream()
                .map(head -> head.kind().accept(new Description(head.id())))
                .collect(Collectors.joining(" and ")),
            network.architecture().kind(),
            graph.parameterCount(),
            rounded(multiplyAdds),
            network.width(),
            network.height(),
            indoors() == null
                ? "scenes like its training data"
                : indoors()
                    ? "indoor scenes seen from head height or below"
                    : "streets seen from a car"));
  }

  private void measured(StringBuilder card) {
    card.append("## Measured\n\n");
    for (int i = 0; i < figures.size(); i++) {
      Figures each = figures.get(i);
      boolean chose = chose(i);
      card.append(
          "`%s`, %d frames, %s; protocol: %s\n\n"
              .formatted(
                  each.data(),
                  each.frames(),
                  chose ? "by which the best epoch was chosen" : "by which nothing was chosen",
                  each.protocol()));
      card.append("| figure | value |\n|---|---|\n");
      each.values()
          .forEach(
              (name, value) ->
                  card.append(
                      String.format(Locale.ROOT, "| %s | %.4f%s |%n", name, value, unit(name))));
      card.append('\n');
      perClass(card, each);
    }
    card.append(
        """
        Fractions are of 1; scale is what predictions must be multiplied by to fit the truth. Where
        the best epoch was chosen by a data set, its figures are optimistic.

        """);
  }

  /** Of each figure the first validation data that has it decides; see Evaluator.verdict. */
  private boolean chose(int at) {
    Map<String, Double> weights = recipe.student().validation().weights();
    Set<String> left = new HashSet<>(figures.get(at).values().keySet());
    figures.subList(0, at).forEach(before -> left.removeAll(before.values().keySet()));
    return figures.get(at).use().equals(Figures.VALIDATION)
        && recipe.student().epochs() > recipe.student().validation().everyEpochs()
        && left.stream().anyMatch(each -> weights.getOrDefault(each, 0.0) != 0);
  }

  private String unit(String metric) {
    return Metrics.of(heads()).stream()
        .filter(each -> each.name().equals(metric) && !each.unit().isEmpty())
        .map(each -> each.unit().equals("°") ? "°" : " " + each.unit())
        .findFirst()
        .orElse("");
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

  private void taughtBy(StringBuilder card) {
    if (!origin.teaching().isEmpty()) {
      card.append("## Taught by\n\n");
      origin.teaching().forEach(line -> card.append("- ").append(line).append('\n'));
      card.append('\n');
    }
  }

  private void trainedOn(StringBuilder card) {
    Training training = recipe.student();
    card.append("## Trained on\n\n");
    for (DataUse data : origin.data()) {
      card.append(
          data.unknownOf().isPresent()
              ? "- %s (%s)\n".formatted(data.name(), data.use())
              : "- `%s` (%s, %d frames%s)\n"
                  .formatted(
                      data.name(),
                      data.use(),
                      data.frames(),
                      data.sha256() == null ? "" : ", sha256 " + data.sha256()));
    }
    card.append(
        "\nRecipe `%s`, sha256 %s, seed %d, %d steps of %d frames; %s.\n"
            .formatted(
                recipe.name(),
                origin.recipeSha256(),
                recipe.seed(),
                origin.steps(),
                training.batch(),
                beginning()));
    if (training.balance() != null) {
      card.append("How much each task counts was for `%s`.\n".formatted(training.balance().kind()));
    }
    training.auxiliaries().forEach(each -> card.append(each.card()).append('\n'));
    for (int k = 0; k < training.fineTuning().size(); k++) {
      Training tuned = training.fineTuned(k);
      card.append(
          "%s %s over the data, with images of %d x %d and %s of the learning rates.\n"
              .formatted(
                  k == 0 ? "In the end it was fine-tuned for" : "Then for",
                  tuned.epochs() == 1 ? "1 pass" : tuned.epochs() + " passes",
                  tuned.network().width(),
                  tuned.network().height(),
                  training.fineTuning().get(k).rateFactor()));
    }
    if (training.preciseBatchNorm() > 0) {
      card.append(
          "Once trained, batch normalisation's statistics were measured anew over %,d batches.\n"
              .formatted(training.preciseBatchNorm()));
    }
    if (training.logitAdjustment() > 0) {
      card.append(
          "Once trained, the logit of each class was lowered by %s of the logarithm of its share of the labelled pixels.\n"
              .formatted(training.logitAdjustment()));
    }
    card.append('\n');
  }

  private String beginning() {
    if (origin.began() != null) {
      return "it began with the weights of " + origin.began();
    }
    return origin.pretrained()
        ? "the encoder began with weights learned on ImageNet"
        : "the encoder began with random weights";
  }

  private void limits(StringBuilder card) {
    card.append("## Limits\n\n");
    for (Head head : heads()) {
      card.append(head.kind().accept(new Limits(head.id())));
    }
    card.append(
        "- Nothing was tried %s, in the dark, or with a lens that distorts strongly.\n\n"
            .formatted(
                indoors() == null
                    ? "in scenes unlike its training data"
                    : indoors() ? "outdoors" : "indoors"));
  }

  private void licence(StringBuilder card) {
    card.append(
        "## Licence\n\nThe product's own licence does not restrict these weights; what they learned from may.");
    List<String> teachers =
        recipe.teachers().stream().map(each -> "" + Path.of(each.onnx()).getFileName()).toList();
    if (!teachers.isEmpty()) {
      card.append(
          " They were taught by networks of others (%s), whose licences may have terms for that; the product does not know them."
              .formatted(quoted(teachers)));
    }
    List<String> others =
        origin.data().stream()
            .flatMap(each -> each.unknownOf().stream())
            .filter(each -> !teachers.contains(each))
            .distinct()
            .toList();
    if (!others.isEmpty()) {
      card.append(
          " Networks of which it is not known here what they learned from had a part in it (%s); their licences may have terms for that."
              .formatted(quoted(others)));
    }
    new DataSetKinds()
        .licences(origin.data().stream().map(DataUse::name).toList())
        .forEach(each -> card.append(' ').append(each));
    card.append(" The golden frames are rendered by the product itself.\n");
  }

  private static String quoted(List<String> names) {
    return names.stream().map(each -> "`" + each + "`").collect(Collectors.joining(", "));
  }

  private Network network() {
    return recipe.student().finalNetwork();
  }

  /** Null where that is not known; classes of images as a whole are of anything. */
  private Boolean indoors() {
    return isMap() ? recipe.classes().indoors() : null;
  }

  private boolean isMap() {
    return heads().stream().anyMatch(head -> head.kind().isMap());
  }

  private List<Head> heads() {
    return network().tasks(recipe.classes()).heads();
  }

  /** What an output is. */
  private final class Description implements HeadKind.Visitor<String> {
    private final String id;

    private Description(String id) {
      this.id = id;
    }

    @Override
    public String classMap(ClassMap kind) {
      return "one of the %d classes of %s"
          .formatted(kind.classes().size(), recipe.classes().source());
    }

    @Override
    public String metricMap(MetricMap kind) {
      return id + " in metres along the optical axis";
    }

    @Override
    public String relativeMap(RelativeMap kind) {
      return "%s without a unit, larger is %s".formatted(id, kind.larger().word());
    }

    @Override
    public String unitVectorMap(UnitVectorMap kind) {
      return id + " as unit vectors";
    }

    @Override
    public String imageClass(ImageClass kind) {
      return "%s of the whole image (one of %,d)"
          .formatted(id.replace('_', ' '), kind.classes().size());
    }
  }

  /** What an output cannot do. */
  private static String rounded(long operations) {
    return operations < 10_000_000
        ? String.format(Locale.ROOT, "%.2f million", operations / 1e6)
        : String.format(Locale.ROOT, "%.2f billion", operations / 1e9);
  }

  private final class Limits implements HeadKind.Visitor<String> {
    private final String name;

    private Limits(String id) {
      name = Character.toUpperCase(id.charAt(0)) + id.substring(1);
    }

    @Override
    public String classMap(ClassMap kind) {
      return "- Classes that are rare in the data are found badly; see the figures above.\n";
    }

    @Override
    public String metricMap(MetricMap kind) {
      return """
          - %1$s is metric for a camera like the training camera (%2$s);
            for another focal length it is off by about the ratio of the two.
          - %1$s is between %3$s and %4$s m. There is no measure of its uncertainty.
          """
          .formatted(
              name,
              cameraKnown
                  ? "its intrinsics are in `model.json`"
                  : "its intrinsics are not in `model.json`, for the data does not say them",
              Math.round(kind.min()),
              kind.max());
    }

    @Override
    public String relativeMap(RelativeMap kind) {
      return "- %s has no unit: its scale and shift change from image to image, and no distance can be read from it.\n"
          .formatted(name);
    }

    @Override
    public String unitVectorMap(UnitVectorMap kind) {
      return "- There is no measure of how sure it is of its %s.\n"
          .formatted(name.toLowerCase(Locale.ROOT));
    }

    @Override
    public String imageClass(ImageClass kind) {
      return "- %s: what is rare in the data is found badly, and what is none of the classes is called one of them all the same.\n"
          .formatted(name.replace('_', ' '));
    }
  }
}
