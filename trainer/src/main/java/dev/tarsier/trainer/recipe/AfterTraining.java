package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;

/** A stage that makes a trained network into another one, whose layers are the same. */
interface AfterTraining {
  /** Which stage this is. */
  StageStore.Stage stage();

  /**
   * Writes the network.
   *
   * @param folder the stage's
   * @return an outcome that {@link Checkpointed#tell} was called for
   */
  ObjectNode run(Path folder, RecipeListener listener) throws IOException, InterruptedException;
}
