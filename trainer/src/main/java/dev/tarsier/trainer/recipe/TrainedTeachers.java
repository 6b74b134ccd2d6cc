package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.network.Extra;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.run.StageFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Teachers that a recipe names by their folders, instead of training them. */
final class TrainedTeachers {
  /**
   * One of them.
   *
   * @param folder its training's
   * @param record what that says
   * @param network what kind it is
   */
  record One(Path folder, JsonNode record, Recipe.Network network) {}

  private TrainedTeachers() {}

  /**
   * Reads the folders' records.
   *
   * @throws DataException if a folder holds no finished training, or one for other classes, or one
   *     that cannot label together with the first
   */
  static List<One> of(Recipe recipe, PathResolver paths) throws IOException {
    List<One> found = new ArrayList<>();
    if (recipe.teacher() == null) {
      return found;
    }
    for (String text : recipe.teacher().trained()) {
      Path folder =
          paths
              .find(text)
              .orElseThrow(
                  () ->
                      new DataException(
                          "teacher.trained: %s is not there (looked in %s)"
                              .formatted(text, paths.tried(text))))
              .toRealPath();
      One one = read(folder);
      String classes = one.record().path("inputs").path("classes").asText();
      if (!classes.equals(recipe.classes())) {
        throw new DataException(
            "teacher.trained: %s is a teacher of the classes %s, the recipe's are %s; train another, or change classes"
                .formatted(folder, classes, recipe.classes()));
      }
      if (!found.isEmpty()) {
        requireJoins(found.get(0), one, recipe.pseudoLabels());
      }
      found.add(one);
    }
    return found;
  }

  /** Frames are prepared as the first teacher sees them; the others may look away from a part. */
  private static void requireJoins(One first, One other, Recipe.PseudoLabels labels) {
    Recipe.Network all = first.network();
    Recipe.Network some = other.network();
    if (some.height() != all.height() || some.width() != all.width()) {
      throw new DataException(
          "teacher.trained: %s looks at images of %dx%d, %s of %dx%d; teachers of one ensemble look at the same"
              .formatted(
                  other.folder(),
                  some.width(),
                  some.height(),
                  first.folder(),
                  all.width(),
                  all.height()));
    }
    if (some.extra() != Extra.NONE && some.extra() != all.extra()) {
      throw new DataException(
          "teacher.trained: %s sees %s, which %s does not; name the teacher first that sees all that the others see"
              .formatted(other.folder(), RecipeChecks.name(some.extra()), first.folder()));
    }
    if (labels != null && !some.has(labels.target())) {
      throw new DataException(
          "teacher.trained: %s does not say %s, which is pseudo_labels.target"
              .formatted(other.folder(), RecipeChecks.name(labels.target())));
    }
  }

  private static One read(Path folder) throws IOException {
    Path file = folder.resolve(StageFolder.RECORD);
    JsonNode record = Files.exists(file) ? Json.read(file) : MissingNode.getInstance();
    String stage = record.path("stage").asText();
    if (!stage.equals("training") || !record.path("state").asText().equals(StageFolder.FINISHED)) {
      throw new DataException(
          "teacher.trained: %s holds %s; name the folder of a finished training, such as runs/NAME/teacher-1 or, if it was fine-tuned, runs/NAME/teacher-1-fine-tuned-1"
              .formatted(
                  folder,
                  stage.isEmpty() || stage.equals("training")
                      ? "no finished training"
                      : "what came of a stage of kind " + stage + ", which is no training"));
    }
    // What a record of an older version does not say has its default.
    ObjectNode network = (ObjectNode) Canonical.tree(Recipe.TRAINING.network());
    record
        .path("inputs")
        .path("training")
        .path("network")
        .properties()
        .forEach(entry -> network.set(entry.getKey(), entry.getValue()));
    return new One(folder, record, Canonical.value(network, Recipe.Network.class));
  }
}
