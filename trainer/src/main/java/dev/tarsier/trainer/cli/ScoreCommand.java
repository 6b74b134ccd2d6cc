package dev.tarsier.trainer.cli;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.cli.Terminal;
import dev.tarsier.ros.node.ModelFolder;
import dev.tarsier.runtime.accuracy.Metrics;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.NetworkPrecision;
import dev.tarsier.trainer.recipe.BundleScore;
import dev.tarsier.trainer.recipe.Figures;
import dev.tarsier.trainer.recipe.Recipe;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tarsier score}: how good a bundle is on a recipe's data. */
@Command(
    name = "score",
    description = {
      "Scores a bundle, trained here or imported, on data that a recipe names.",
      "Classes are told apart by their names; metrics are those of trainings and of replay."
    },
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:it is scored",
      "2:wrong arguments, a bundle that is refused, or data that cannot be used"
    },
    mixinStandardHelpOptions = true)
final class ScoreCommand implements Callable<Integer> {
  @Parameters(paramLabel = "BUNDLE", description = "the bundle: a folder, or a name below models/")
  private String bundle;

  @Option(
      names = "--data",
      paramLabel = "RECIPE[:SECTION]",
      required = true,
      description =
          "a recipe and which data of it: evaluation, student.validation, student.data,"
              + " teacher.validation, teacher.data or pseudo_labels (default: the first of these"
              + " that has any)")
  private String data;

  @Option(names = "--json", paramLabel = "FILE", description = "writes the figures there too")
  private Path json;

  @Option(
      names = "--precision",
      paramLabel = "P",
      defaultValue = "float",
      description = "which network of the bundle: float or int8 (default: float)")
  private String precision;

  @Override
  public Integer call()
      throws IOException, BundleException, InferenceException, InterruptedException {
    NetworkPrecision which =
        Arrays.stream(NetworkPrecision.values())
            .filter(each -> each.id().equals(precision))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "--precision must be float or int8, got '%s'".formatted(precision)));
    Path folder = ModelFolder.find(bundle, List.of(Path.of(""), ModelFolder.home()));
    Bundle found = Bundle.load(folder).in(which);
    int colon = data.lastIndexOf(':');
    boolean section = colon > 0 && !Files.exists(Path.of(data));
    Path file = Path.of(section ? data.substring(0, colon) : data);
    Recipe recipe = Recipe.read(file);
    BundleScore.Outcome outcome =
        BundleScore.run(
            found,
            file,
            recipe,
            section ? data.substring(colon + 1) : null,
            SessionOptions.of(ProviderPreference.cpu()),
            System.err,
            Terminal.isInteractive(2));
    print(outcome, found, System.out);
    if (json != null) {
      Json.write(json, Json.SNAKE_CASE.tree(outcome));
    }
    return RobotCommands.OK;
  }

  private static void print(BundleScore.Outcome outcome, Bundle bundle, PrintStream out) {
    out.printf("%s %s, %s network%n", outcome.bundle(), outcome.version(), outcome.precision());
    Map<String, String> units =
        Metrics.of(bundle.manifest().heads()).stream()
            .collect(Collectors.toMap(each -> each.name(), each -> each.unit()));
    for (Figures each : outcome.data()) {
      out.printf("%n%s, %,d frames; %s%n", each.data(), each.frames(), each.protocol());
      each.values()
          .forEach(
              (name, value) ->
                  out.printf(
                      Locale.ROOT,
                      "  %-32s %9.4f %s%n",
                      name,
                      value,
                      units.getOrDefault(name, "")));
      each.iouByClass()
          .forEach((name, iou) -> out.printf(Locale.ROOT, "  IoU of %-25s %9.4f%n", name, iou));
    }
    outcome.notes().forEach(note -> out.printf("%n%s%n", note));
  }
}
