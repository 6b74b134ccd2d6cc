package dev.tarsier.trainer.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.tarsier.trainer.dataset.Batch;
import dev.tarsier.trainer.dataset.BatchLoader;
import dev.tarsier.trainer.network.Gradients;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Layer;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.Tensor;
import dev.tarsier.trainer.objective.BatchTensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * Batch normalisation's statistics anew, over many batches with weights that stand still. Those
 * that a training leaves follow its last twenty batches or so, and what they happened to be moves a
 * network's figures by more than the weights do once the learning rate is small.
 *
 * <p>With the batches' means μ and variances σ², the statistics are {@code E[μ]} and {@code E[σ² +
 * μ²] − E[μ]²} (PreciseBN: Wu and Johnson, "Rethinking 'Batch' in BatchNorm", 2021, section 3).
 *
 * <p>Where several nodes share a layer, as in MTAN, it has one set of statistics for all: of a
 * batch it takes the mean of what its nodes saw, as a training does, so how far their means lie
 * apart is in no variance.
 */
public final class PreciseBatchNorm {
  /** Sums over batches of one layer, channel by channel. */
  private record Sums(
      NDArray mean, NDArray variance, double share, double[] first, double[] second) {
    void clear() {
      set(mean, new double[first.length]);
      set(variance, new double[first.length]);
    }

    /** Takes up what a batch left: the running statistics were 0, so they are its, by its share. */
    void add() {
      float[] means = mean.toFloatArray();
      float[] variances = variance.toFloatArray();
      for (int i = 0; i < first.length; i++) {
        double batchMean = means[i] / share;
        first[i] += batchMean;
        second[i] += variances[i] / share + batchMean * batchMean;
      }
    }

    void finish(int batches) {
      double[] means = new double[first.length];
      double[] variances = new double[first.length];
      for (int i = 0; i < first.length; i++) {
        means[i] = first[i] / batches;
        variances[i] = Math.max(0, second[i] / batches - means[i] * means[i]);
      }
      set(mean, means);
      set(variance, variances);
    }

    private static void set(NDArray array, double[] values) {
      float[] floats = new float[values.length];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = (float) values[i];
      }
      new Tensor(Tensor.shape(array), floats).writeTo(array);
    }
  }

  private PreciseBatchNorm() {}

  /**
   * Measures the statistics of all layers that learn, and writes them into the network. Weights
   * stay as they are, and so does all of a frozen layer.
   *
   * @param module the network. Its running statistics are replaced.
   * @param base what batches allocate lives in children of it
   * @param plan what batches are made of: those the network was trained with, as they were varied;
   *     streams take turns after each batch
   * @param frozen prefixes of layers that do not learn. Not modified.
   * @param batches how many, ≥ 1
   * @param loaderThreads that prepare them, ≥ 1
   * @param done hears how many batches are done
   * @throws InterruptedException if interrupted; the statistics are of no use then
   */
  public static void apply(
      GraphModule module,
      NDManager base,
      BatchLoader.Plan plan,
      List<String> frozen,
      int batches,
      int loaderThreads,
      LongConsumer done)
      throws InterruptedException {
    if (batches < 1) {
      throw new IllegalArgumentException("batches must be >= 1, got " + batches);
    }
    module.freeze(frozen.toArray(String[]::new));
    List<Sums> layers = layers(module);
    try (BatchLoader loader = new BatchLoader(plan.mixed(), 0, loaderThreads)) {
      for (int k = 0; k < batches; k++) {
        layers.forEach(Sums::clear);
        // The tensors lie over the batch's buffers, so they are closed first.
        try (Batch batch = loader.next();
            NDManager work = base.newSubManager()) {
          Map<String, NDArray> inputs = BatchTensors.inputs(work, batch);
          Gradients.without(() -> module.forward(inputs, true));
        }
        layers.forEach(Sums::add);
        done.accept(k + 1);
      }
    }
    layers.forEach(each -> each.finish(batches));
  }

  private static List<Sums> layers(GraphModule module) {
    List<Sums> layers = new ArrayList<>();
    for (LayerGraph.Node node : module.graph().nodes()) {
      if (node.layer() instanceof Layer.BatchNorm norm
          && node.ownsWeights()
          && !module.isFrozen(node.name())) {
        // Where several nodes share them, each has taken its share of a batch in turn.
        long users =
            module.graph().nodes().stream()
                .filter(each -> each.weights().equals(node.name()))
                .count();
        layers.add(
            new Sums(
                module.buffers().get(node.name() + ".running_mean"),
                module.buffers().get(node.name() + ".running_var"),
                users == 1 ? norm.momentum() : 1 - Math.pow(1 - norm.momentum(), (double) users),
                new double[norm.channels()],
                new double[norm.channels()]));
      }
    }
    return layers;
  }
}
