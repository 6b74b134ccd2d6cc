package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.Stage;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.training.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A stage that makes a trained network into another one, whose layers are the same. */
abstract class AfterTraining implements Step<TrainingResult> {
  private final String name;
  private final String kind;
  private final String file;
  private final int schema;
  private final Step<TrainingResult> network;

  private record Inputs(
      int schema, String kind, ClassSet classes, ObjectNode network, List<DataUse> data) {}

  /**
   * A stage.
   *
   * @param name of it
   * @param kind of it
   * @param file what its network is called
   * @param schema raised when the same inputs would no longer give the same network
   * @param network what it is made of
   */
  AfterTraining(String name, String kind, String file, int schema, Step<TrainingResult> network) {
    this.name = name;
    this.kind = kind;
    this.file = file;
    this.schema = schema;
    this.network = network;
  }

  /** What decides the outcome besides network and data: a record. */
  abstract Object settings(TrainingResult of);

  /**
   * Changes the network.
   *
   * @param module its weights and statistics. Modified.
   * @param base what is computed lives in children of it
   * @param of the network as it was, and its training
   * @param walk that this stage is part of
   */
  abstract void apply(GraphModule module, NDManager base, TrainingResult of, ChainWalk walk)
      throws InterruptedException;

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final List<Step<?>> needs() {
    return List.of(network);
  }

  @Override
  public final Optional<TrainingResult> make(ChainWalk walk)
      throws IOException, InterruptedException, ExportException {
    TrainingResult of = walk.of(network);
    ObjectNode inputs =
        (ObjectNode)
            Canonical.tree(
                new Inputs(
                    schema,
                    kind,
                    walk.classes(),
                    of.checkpoint().describe(),
                    of.data().stream().map(each -> DataUse.of(each, "training")).toList()));
    inputs.setAll((ObjectNode) Canonical.tree(settings(of)));
    Stage<NetworkCheckpoint.Outcome> stage =
        Stage.of(kind, inputs, NetworkCheckpoint.Outcome.class);
    return walk.stage(name, stage, folder -> Optional.of(run(of, folder.path(), walk)))
        .map(made -> of.with(of.checkpoint().with(name, made.folder(), made.outcome())));
  }

  private NetworkCheckpoint.Outcome run(TrainingResult of, Path folder, ChainWalk walk)
      throws IOException, InterruptedException {
    Preparation.of(of.data(), walk.listener());
    Path written = folder.resolve(file);
    try (NDManager base = PyTorch.newBaseManager();
        GraphModule module = of.checkpoint().load(base, walk.classes())) {
      apply(module, base, of, walk);
      Checkpoint.writeModel(written, module, of.steps());
    }
    return NetworkCheckpoint.Outcome.of(written);
  }
}
