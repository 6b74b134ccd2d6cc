package dev.tarsier.trainer.recipe;

import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.export.BundleExporter;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.WeightLoader;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.run.StageRecord;
import dev.tarsier.trainer.run.StageStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The weights of a whole network that a training begins with: those of a bundle, of an earlier run,
 * or of a file. What the network says may differ; the heads that do begin anew.
 *
 * @param file safetensors, with the names of the network's layers
 */
record StartWeights(Path file) {
  private static final String STUDENT = "student";
  private static final String CHECKPOINT = "checkpoint";

  /**
   * Finds what a recipe names.
   *
   * @return none where it names nothing
   * @throws DataException if it is not there, or has no weights
   */
  static Optional<StartWeights> of(Network network, PathResolver paths) throws IOException {
    String text = network.weights();
    if (text == null || text.isEmpty()) {
      return Optional.empty();
    }
    Path found =
        paths
            .find(text)
            .or(() -> paths.find("models/" + text))
            .orElseThrow(
                () ->
                    new DataException(
                        "weights: %s is not there (looked in %s)"
                            .formatted(text, paths.tried(text))));
    // A run's links may go to other stages while it runs: the stage itself is read.
    Path file =
        in(found)
            .orElseThrow(
                () ->
                    new DataException(
                        ("weights: %s has none; name a bundle that has %s, a run's folder, a"
                                + " finished training's such as runs/NAME/student, or a file of"
                                + " safetensors")
                            .formatted(found, BundleExporter.WEIGHTS_FILE)));
    return Optional.of(new StartWeights(file.toRealPath()));
  }

  private static Optional<Path> in(Path found) throws IOException {
    if (!Files.isDirectory(found)) {
      return Optional.of(found);
    }
    if (Files.isRegularFile(found.resolve(BundleExporter.WEIGHTS_FILE))) {
      return Optional.of(found.resolve(BundleExporter.WEIGHTS_FILE));
    }
    Optional<StageRecord> stage = StageStore.read(found);
    if (stage.isPresent()) {
      return stage
          .filter(StageRecord::finished)
          .map(each -> each.outcome().path(CHECKPOINT).asText())
          .filter(name -> !name.isEmpty())
          .map(found::resolve)
          .filter(Files::isRegularFile);
    }
    Path student = found.resolve(STUDENT);
    return Files.isDirectory(student) ? in(student) : Optional.empty();
  }

  /**
   * Copies them into a network.
   *
   * @param module Modified, unless they do not fit.
   * @return what to say of it
   * @throws IOException if the file cannot be read, or is of another network; names the tensors
   */
  String readInto(GraphModule module) throws IOException {
    List<String> fresh = WeightLoader.loadAllButOtherHeads(module, file);
    return fresh.isEmpty()
        ? "Starts from " + file
        : "Starts from %s; anew: %s, which it lacks or has for other outputs"
            .formatted(file, String.join(", ", fresh));
  }
}
