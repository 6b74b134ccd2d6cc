package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.training.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * A finished network that another stage needs.
 *
 * @param name of the stage it comes from
 * @param network what kind it is
 * @param seed what it began with
 * @param file its best checkpoint
 * @param sha256 of that file
 */
record NetworkCheckpoint(String name, Network network, long seed, Path file, String sha256) {
  private static final Set<String> TRAINING_ONLY =
      Set.of("encoder_weights", "encoder_weights_optional", "frozen", "weights");

  /**
   * What a stage says of a network that it wrote.
   *
   * @param checkpoint the file's name in the stage's folder
   * @param checkpointSha256 of that file
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Outcome(String checkpoint, String checkpointSha256) {
    static Outcome of(Path file) throws IOException {
      return new Outcome(file.getFileName().toString(), Sha256.of(file));
    }
  }

  /** A network that a stage wrote. */
  static NetworkCheckpoint of(
      String name, Network network, long seed, Path folder, Outcome outcome) {
    return new NetworkCheckpoint(
        name, network, seed, folder.resolve(outcome.checkpoint()), outcome.checkpointSha256());
  }

  /** The same network with the weights that another stage wrote. */
  NetworkCheckpoint with(String name, Path folder, Outcome outcome) {
    return of(name, network, seed, folder, outcome);
  }

  /** What decides its outputs, as it is hashed. */
  ObjectNode describe() {
    ObjectNode node = Canonical.object().put("checkpoint_sha256", sha256);
    node.set("said", Canonical.differing(settings(network), settings(Recipe.TRAINING.network())));
    return node;
  }

  private static ObjectNode settings(Network network) {
    return Canonical.without(Canonical.tree(network), TRAINING_ONLY);
  }

  /**
   * The network with its weights; owned by the caller.
   *
   * @throws DataException if the checkpoint is gone, or is another one
   */
  GraphModule load(NDManager base, ClassSet classes) throws IOException {
    GraphModule module = GraphModule.create(network.graph(classes), base, seed);
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
    String now = Files.exists(file) ? Sha256.of(file) : "";
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
