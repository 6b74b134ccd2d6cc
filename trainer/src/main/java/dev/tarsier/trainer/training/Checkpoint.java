package dev.tarsier.trainer.training;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Safetensors;
import dev.tarsier.trainer.network.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All of a run's state in one safetensors file: {@code model.*} (parameters and running
 * statistics), {@code adam.*} (moments) and {@code steps} (steps done). The file appears whole or
 * not at all.
 */
public final class Checkpoint {
  private static final String MODEL = "model.";
  private static final String ADAM = "adam.";
  private static final String STEPS = "steps";

  private Checkpoint() {}

  /**
   * Writes a checkpoint.
   *
   * @param file where to; replaced if there
   * @param module the network. Not modified.
   * @param adam the optimiser, whose number of updates is the steps done. Not modified.
   */
  public static void write(Path file, GraphModule module, Adam adam) throws IOException {
    write(file, module, adam.state(), adam.updates());
  }

  /**
   * Writes only the network, as {@link #readModel} reads it; no run can go on from it.
   *
   * @param file where to; replaced if there
   * @param module the network. Not modified.
   * @param steps done
   */
  public static void writeModel(Path file, GraphModule module, long steps) throws IOException {
    write(file, module, Map.of(), steps);
  }

  private static void write(Path file, GraphModule module, Map<String, NDArray> adam, long steps)
      throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    weights(module).forEach((name, array) -> tensors.put(MODEL + name, Tensor.of(array)));
    adam.forEach((name, array) -> tensors.put(ADAM + name, Tensor.of(array)));
    // Exact: a float holds whole numbers to 2^24, and no run has so many steps.
    tensors.put(STEPS, new Tensor(List.of(1L), new float[] {(float) steps}));
    Safetensors.write(
        file,
        tensors,
        // In a fixed order: equal states are equal files.
        new TreeMap<>(Map.of("network", module.graph().name(), STEPS, Long.toString(steps))));
  }

  /**
   * Reads all of a run's state back.
   *
   * @param file written by {@link #write}
   * @param module the same network. Modified.
   * @param adam an optimiser over its parameters. Modified.
   * @return steps done
   * @throws IOException if the file is no whole checkpoint of this network
   * @throws TrainingException if it holds what is not finite
   */
  public static long read(Path file, GraphModule module, Adam adam) throws IOException {
    Map<String, Tensor> stored = Safetensors.read(file);
    Map<String, NDArray> wanted = new LinkedHashMap<>();
    weights(module).forEach((name, array) -> wanted.put(MODEL + name, array));
    adam.state().forEach((name, array) -> wanted.put(ADAM + name, array));
    copy(file, stored, wanted);
    long steps = (long) stored.get(STEPS).values()[0];
    adam.resumeAt(steps);
    return steps;
  }

  /**
   * Reads only the network.
   *
   * @param file written by {@link #write} or {@link #writeModel}
   * @param module the same network. Modified.
   * @return steps done
   * @throws IOException if the file is no whole checkpoint of this network
   * @throws TrainingException if it holds what is not finite
   */
  public static long readModel(Path file, GraphModule module) throws IOException {
    Map<String, Tensor> stored = Safetensors.read(file);
    Map<String, NDArray> wanted = new LinkedHashMap<>();
    weights(module).forEach((name, array) -> wanted.put(MODEL + name, array));
    copy(file, stored, wanted);
    return (long) stored.get(STEPS).values()[0];
  }

  private static Map<String, NDArray> weights(GraphModule module) {
    Map<String, NDArray> all = new LinkedHashMap<>(module.parameters());
    all.putAll(module.buffers());
    return all;
  }

  private static void copy(Path file, Map<String, Tensor> stored, Map<String, NDArray> wanted)
      throws IOException {
    if (!stored.containsKey(STEPS)) {
      throw new IOException(file + " is no checkpoint: it does not say after how many steps");
    }
    for (Map.Entry<String, NDArray> entry : wanted.entrySet()) {
      Tensor tensor = stored.get(entry.getKey());
      if (tensor == null || !tensor.shape().equals(Tensor.shape(entry.getValue()))) {
        throw new IOException(
            "%s is a checkpoint of another network: %s is %s, must be %s"
                .formatted(
                    file,
                    entry.getKey(),
                    tensor == null ? "missing" : tensor.shape(),
                    Tensor.shape(entry.getValue())));
      }
      for (float value : tensor.values()) {
        if (!Float.isFinite(value)) {
          throw new TrainingException(
              "%s is of a training that broke: %s holds %s; move its folder away to train anew"
                  .formatted(file, entry.getKey(), value));
        }
      }
    }
    wanted.forEach((name, array) -> stored.get(name).writeTo(array));
  }
}
