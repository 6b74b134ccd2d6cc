package dev.tarsier.trainer.experiment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * As many small fully connected networks as there are seeds, each with its own weights, computed
 * side by side: one tensor holds the same layer of all. None of them knows of the others, so each
 * learns what it would alone.
 *
 * <p>The weights live as long as the manager given. One thread.
 */
final class ToyNetworks {
  private static final int HIDDEN_LAYERS = 4;
  private static final int WIDTH = 128;

  private final NDManager manager;
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();

  /**
   * New networks; weights and biases uniform in ±1/√inputs.
   *
   * @param manager the weights belong to it
   * @param random one for each network. Modified.
   * @param inputs how many numbers a network is given
   * @param outputs how many it says
   */
  ToyNetworks(NDManager manager, List<Random> random, int inputs, int outputs) {
    this.manager = manager;
    int from = inputs;
    for (int layer = 0; layer <= HIDDEN_LAYERS; layer++) {
      int to = layer < HIDDEN_LAYERS ? WIDTH : outputs;
      parameters.put("weight" + layer, uniform(random, from, to, from));
      parameters.put("bias" + layer, uniform(random, 1, to, from));
      from = to;
    }
    JniUtils.setGradMode(true);
    parameters.values().forEach(parameter -> parameter.setRequiresGradient(true));
  }

  private NDArray uniform(List<Random> random, int rows, int columns, int inputs) {
    float[] values = new float[random.size() * rows * columns];
    double bound = 1 / Math.sqrt(inputs);
    int size = rows * columns;
    for (int network = 0; network < random.size(); network++) {
      for (int i = 0; i < size; i++) {
        values[network * size + i] = (float) (bound * (2 * random.get(network).nextDouble() - 1));
      }
    }
    return manager.create(values, new Shape(random.size(), rows, columns));
  }

  /** By name; this object's own. */
  Map<String, NDArray> parameters() {
    return parameters;
  }

  /**
   * What the networks say.
   *
   * @param input float32 [networks, samples, inputs]; the result belongs to its manager. Not
   *     modified.
   * @return float32 [networks, samples, outputs]
   */
  NDArray forward(NDArray input) {
    NDArray x = input;
    for (int layer = 0; layer <= HIDDEN_LAYERS; layer++) {
      x = x.batchMatMul(parameters.get("weight" + layer)).add(parameters.get("bias" + layer));
      if (layer < HIDDEN_LAYERS) {
        x = x.tanh();
      }
    }
    return x;
  }
}
