package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.trainer.dataset.ClassSet;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.StageStore;
import dev.tarsier.trainer.training.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A stage that makes a trained network into another one, whose layers are the same. */
abstract class AfterTraining {
  private final String kind;
  private final String file;
  private final int schema;
  private final Checkpointed network;
  private final long steps;
  private final ClassSet classes;
  private final List<OpenedData> data;

  /**
   * A stage.
   *
   * @param kind of it
   * @param file what its network is called
   * @param schema raised when the same inputs would no longer give the same network
   * @param network what it is made of
   * @param steps of its training
   * @param classes which there are
   * @param data what it was trained on
   */
  AfterTraining(
      String kind,
      String file,
      int schema,
      Checkpointed network,
      long steps,
      ClassSet classes,
      List<OpenedData> data) {
    this.kind = kind;
    this.file = file;
    this.schema = schema;
    this.network = network;
    this.steps = steps;
    this.classes = classes;
    this.data = List.copyOf(data);
  }

  /** What the network is made of. */
  final Checkpointed network() {
    return network;
  }

  /** Which classes there are. */
  final ClassSet classes() {
    return classes;
  }

  /** What the network was trained on. */
  final List<OpenedData> data() {
    return data;
  }

  /** Says what decides the outcome besides network and data. */
  abstract void describe(ObjectNode inputs);

  /**
   * Changes the network.
   *
   * @param module its weights and statistics. Modified.
   * @param base what is computed lives in children of it
   * @param census of what it was trained on
   */
  abstract void apply(GraphModule module, NDManager base, Census census, RecipeListener listener)
      throws InterruptedException;

  /** Which stage this is. */
  final StageStore.Stage stage() {
    ObjectNode inputs = Canonical.object();
    inputs.put("schema", schema).put("kind", kind).put("classes", classes.id());
    inputs.set("network", network.describe());
    describe(inputs);
    ArrayNode trained = inputs.putArray("data");
    data.forEach(each -> TrainingStage.describe(trained.addObject(), each, "training"));
    return new StageStore.Stage(kind, inputs, Canonical.sha256(inputs));
  }

  /**
   * Writes the network.
   *
   * @param folder the stage's
   * @return an outcome that {@link Checkpointed#tell} was called for
   */
  final ObjectNode run(Path folder, RecipeListener listener)
      throws IOException, InterruptedException {
    Preparation.of(data, listener);
    Path written = folder.resolve(file);
    try (NDManager base = PyTorch.newBaseManager();
        GraphModule module = network.load(base, classes)) {
      apply(module, base, Census.of(data, classes), listener);
      Checkpoint.writeModel(written, module, steps);
    }
    ObjectNode outcome = Canonical.object();
    Checkpointed.tell(outcome, written);
    return outcome;
  }
}
