package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.trainer.dataset.ClassSet;
import dev.tarsier.trainer.dataset.ContentHash;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.training.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * A finished network that another stage needs.
 *
 * @param name of the stage it comes from
 * @param said what kind of network it is
 * @param seed what it began with
 * @param file its best checkpoint
 * @param sha256 of that file
 */
record Checkpointed(String name, Recipe.Network said, long seed, Path file, String sha256) {
  private static final Set<String> TRAINING_ONLY =
      Set.of("encoder_weights", "encoder_weights_optional", "frozen");

  /**
   * A network that a stage made.
   *
   * @param folder the stage's
   * @param record of the stage, with an outcome that {@link #tell} was called for
   */
  static Checkpointed of(
      String name, long seed, Recipe.Network said, Path folder, JsonNode record) {
    JsonNode outcome = record.path("outcome");
    return new Checkpointed(
        name,
        said,
        seed,
        folder.resolve(outcome.path("checkpoint").asText()),
        outcome.path("checkpoint_sha256").asText());
  }

  /** Says in a stage's outcome which file in its folder has the network. */
  static void tell(ObjectNode outcome, Path file) throws IOException {
    outcome.put("checkpoint", file.getFileName().toString());
    outcome.put("checkpoint_sha256", ContentHash.of(Files.readAllBytes(file)));
  }

  /** What decides its outputs. */
  ObjectNode describe() {
    ObjectNode node = Canonical.object();
    node.put("checkpoint_sha256", sha256);
    node.set("said", Canonical.differing(settings(said), settings(Recipe.TRAINING.network())));
    return node;
  }

  private static ObjectNode settings(Recipe.Network network) {
    return Canonical.without(Canonical.tree(network), TRAINING_ONLY);
  }

  /**
   * The network with its weights; owned by the caller.
   *
   * @throws DataException if the checkpoint is gone, or is another one
   */
  GraphModule load(NDManager base, ClassSet classes) throws IOException {
    GraphModule module = GraphModule.create(said.graph(classes), base, seed);
    try {
      readInto(module);
    } catch (IOException | RuntimeException e) {
      module.close();
      throw e;
    }
    return module;
  }

  /**
   * Gives its weights to a network of the same layers, for images of whatever size.
   *
   * @throws DataException if the checkpoint is gone, or is another one
   */
  void readInto(GraphModule module) throws IOException {
    String now = Files.exists(file) ? ContentHash.of(Files.readAllBytes(file)) : "";
    if (!now.equals(sha256)) {
      throw new DataException(
          "it needs the checkpoint of %s, %s, which %s; delete the folder %s to train it anew"
              .formatted(
                  name,
                  file,
                  now.isEmpty() ? "is no longer there" : "was changed since",
                  file.getParent()));
    }
    Checkpoint.readModel(file, module);
  }
}
