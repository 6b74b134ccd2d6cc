package dev.tarsier.trainer.recipe;

import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.model.BundleManifest.Provenance;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.quantisation.BundleQuantiser;
import dev.tarsier.trainer.quantisation.Int8Options;
import dev.tarsier.trainer.run.PathResolver;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** Gives a bundle an int8 network by the data of the recipe that made it. */
public final class Quantisation {
  private final Recipe recipe;
  private final Int8Options options;
  private final RecipeListener listener;

  private Quantisation(Recipe recipe, Int8Options options, RecipeListener listener) {
    this.recipe = recipe;
    this.options = options;
    this.listener = listener;
  }

  static Quantisation of(Recipe recipe, Int8Options options, RecipeListener listener) {
    return new Quantisation(recipe, options, listener);
  }

  /**
   * Quantises the network of a bundle that is there, on the images that its student was shown, and
   * judges it on its validation data.
   *
   * @param bundle a loaded one. Its folder is modified, unless it is refused.
   * @param file the recipe's, by which its data is found
   * @param recipe what the file says; it has a student
   * @param options how
   * @param out where progress is told
   * @param terminal whether a progress bar can be drawn there
   * @throws ExportException if it is refused, with the figures
   * @throws DataException if data cannot be used
   * @throws ConfigException if the recipe has no student
   */
  public static BundleQuantiser.Outcome run(
      Bundle bundle,
      Path file,
      Recipe recipe,
      Int8Options options,
      PrintStream out,
      boolean terminal)
      throws IOException, ExportException {
    if (recipe.student() == null) {
      throw new ConfigException(
          "%s has no student; give the recipe whose student the bundle holds".formatted(file));
    }
    DataSetRegistry dataSets = new DataSetRegistry(new PathResolver(file, System.getenv()));
    Training student = recipe.student();
    try (PrintedRun printed = new PrintedRun(out, terminal)) {
      List<OpenedData> training =
          dataSets.open(recipe.shown(), student.network(), recipe.classes(), printed::note);
      List<OpenedData> validation =
          dataSets.open(
              student.validation().data(), student.network(), recipe.classes(), printed::note);
      requireItsRecipe(bundle, file, validation);
      return of(recipe, options, printed).run(bundle.folder(), training, validation);
    }
  }

  /** A recipe that judged its student on none of the bundle's data did not make the bundle. */
  private static void requireItsRecipe(Bundle bundle, Path file, List<OpenedData> validation) {
    Provenance provenance = bundle.manifest().provenance();
    List<BundleManifest.DataSet> known =
        provenance.dataSets().stream()
            .filter(each -> each.split().equals(Figures.VALIDATION))
            .toList();
    boolean same =
        validation.stream()
            .anyMatch(
                each ->
                    known.stream()
                        .anyMatch(
                            one ->
                                each.source().sha256().equals(one.sha256())
                                    || one.name().equals(each.source().name())));
    if (!known.isEmpty() && !same) {
      throw new ConfigException(
          "%s did not make %s, which was validated on %s, not on %s; give the recipe that made it"
              .formatted(
                  file,
                  bundle.folder(),
                  known.stream()
                      .map(BundleManifest.DataSet::name)
                      .collect(Collectors.joining(" and ")),
                  validation.stream()
                      .map(each -> each.source().name())
                      .collect(Collectors.joining(" and "))));
    }
  }

  /**
   * Quantises.
   *
   * @param training frames that ranges are found on
   * @param validation that the loss is measured on
   */
  BundleQuantiser.Outcome run(Path bundle, List<OpenedData> training, List<OpenedData> validation)
      throws IOException, ExportException {
    BundleQuantiser.Outcome outcome =
        BundleQuantiser.add(
            bundle,
            recipe.student().finalNetwork().tasks(recipe.classes()).outputs(),
            options,
            training.stream().map(OpenedData::source).toList(),
            validation.stream()
                .map(each -> new BundleQuantiser.Validation(each.source(), each.protocol()))
                .toList(),
            new BundleQuantiser.Listener() {
              @Override
              public void worked(String part, long done, long total) {
                listener.worked(part, done, total);
              }

              @Override
              public void note(String message) {
                listener.note(message);
              }
            });
    listener.note("int8 network of %s: %s".formatted(bundle, outcome));
    return outcome;
  }
}
