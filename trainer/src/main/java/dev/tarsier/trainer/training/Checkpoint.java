package dev.tarsier.trainer.training;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Safetensors;
import dev.tarsier.trainer.network.State;
import dev.tarsier.trainer.network.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All of a run's state in one safetensors file: the tensors of each {@link State}, called {@code
 * STATE.NAME}, their whole numbers under such names in the file's metadata, and {@code steps}
 * (steps done). The network's state is {@code model}. The file appears whole or not at all.
 */
public final class Checkpoint {
  private static final String MODEL = "model";
  private static final String STEPS = "steps";

  private Checkpoint() {}

  /** The state that {@link #readModel} reads. */
  static State model(GraphModule module) {
    return module.state(MODEL);
  }

  /**
   * Writes a checkpoint.
   *
   * @param file where to; replaced if there
   * @param network what the network is called
   * @param steps done
   * @param states all that a run needs to go on. Not modified.
   */
  static void write(Path file, String network, long steps, List<State> states) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    // In a fixed order: equal states are equal files.
    Map<String, String> metadata = new TreeMap<>();
    for (State state : states) {
      state
          .tensors()
          .forEach((name, array) -> tensors.put(qualified(state, name), Tensor.of(array)));
      state
          .numbers()
          .forEach((name, value) -> metadata.put(qualified(state, name), Long.toString(value)));
    }
    // Exact: a float holds whole numbers to 2^24, and no run has so many steps.
    tensors.put(STEPS, new Tensor(List.of(1L), new float[] {(float) steps}));
    metadata.put("network", network);
    metadata.put(STEPS, Long.toString(steps));
    Safetensors.write(file, tensors, metadata);
  }

  /**
   * Writes only the network, as {@link #readModel} reads it; no run can go on from it.
   *
   * @param file where to; replaced if there
   * @param module the network. Not modified.
   * @param steps done
   */
  public static void writeModel(Path file, GraphModule module, long steps) throws IOException {
    write(file, module.graph().name(), steps, List.of(model(module)));
  }

  /**
   * Reads all of a run's state back.
   *
   * @param file written by {@link #write}
   * @param states the same as were written. Modified; none of them unless all fit.
   * @return steps done
   * @throws IOException if the file is no whole checkpoint of these states
   * @throws TrainingException if it holds what is not finite
   */
  static long read(Path file, List<State> states) throws IOException {
    Map<String, Tensor> stored = Safetensors.read(file);
    Map<String, String> metadata = Safetensors.metadata(file);
    Map<String, NDArray> wanted = wanted(states);
    for (String name : stored.keySet()) {
      if (!wanted.containsKey(name) && !name.equals(STEPS)) {
        throw another(file, "it has " + name);
      }
    }
    for (State state : states) {
      for (String name : state.numbers().keySet()) {
        if (!metadata.containsKey(qualified(state, name))) {
          throw another(file, qualified(state, name) + " is missing");
        }
      }
    }
    copy(file, stored, wanted);
    long steps = (long) stored.get(STEPS).values()[0];
    states.forEach(state -> state.resume(steps, numbers(state, metadata)));
    return steps;
  }

  private static Map<String, Long> numbers(State state, Map<String, String> metadata) {
    Map<String, Long> numbers = new LinkedHashMap<>();
    String prefix = qualified(state, "");
    metadata.forEach(
        (name, value) -> {
          if (name.startsWith(prefix)) {
            numbers.put(name.substring(prefix.length()), Long.valueOf(value));
          }
        });
    return numbers;
  }

  private static IOException another(Path file, String what) {
    return new IOException(
        "%s is a checkpoint of another network or training: %s; move its folder away to train anew"
            .formatted(file, what));
  }

  /**
   * Reads only the network.
   *
   * @param file a checkpoint, or what {@link #writeModel} wrote
   * @param module the same network. Modified.
   * @return steps done
   * @throws IOException if the file is no whole checkpoint of this network
   * @throws TrainingException if it holds what is not finite
   */
  public static long readModel(Path file, GraphModule module) throws IOException {
    Map<String, Tensor> stored = Safetensors.read(file);
    copy(file, stored, wanted(List.of(model(module))));
    return (long) stored.get(STEPS).values()[0];
  }

  private static Map<String, NDArray> wanted(List<State> states) {
    Map<String, NDArray> all = new LinkedHashMap<>();
    for (State state : states) {
      state.tensors().forEach((name, array) -> all.put(qualified(state, name), array));
    }
    return all;
  }

  private static String qualified(State state, String name) {
    return state.name() + "." + name;
  }

  private static void copy(Path file, Map<String, Tensor> stored, Map<String, NDArray> wanted)
      throws IOException {
    if (!stored.containsKey(STEPS)) {
      throw new IOException(file + " is no checkpoint: it does not say after how many steps");
    }
    for (Map.Entry<String, NDArray> entry : wanted.entrySet()) {
      Tensor tensor = stored.get(entry.getKey());
      if (tensor == null || !tensor.shape().equals(Tensor.shape(entry.getValue()))) {
        throw another(
            file,
            "%s is %s, must be %s"
                .formatted(
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
