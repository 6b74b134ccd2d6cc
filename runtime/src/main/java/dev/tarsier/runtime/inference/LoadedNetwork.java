package dev.tarsier.runtime.inference;

import java.nio.ByteBuffer;
import java.util.Map;

/**
 * A network that is ready to run. Its tensors stay where they are: fill the inputs, run, read the
 * outputs. Owned by one thread, since engines keep memory for each thread that runs a network.
 */
public interface LoadedNetwork extends AutoCloseable {
  /** What it takes, by name. */
  Map<String, TensorSpec> inputs();

  /** What it gives, by name. */
  Map<String, TensorSpec> outputs();

  /**
   * The memory of an input or an output, which is computed only once it was asked for.
   *
   * @param name of an input or output whose shape is fixed
   * @return direct, little endian, position 0; the same memory at each call. Owned by the network.
   * @throws InferenceException when the engine cannot have it
   */
  ByteBuffer tensor(String name) throws InferenceException;

  /**
   * Computes the outputs that were asked for.
   *
   * @throws InferenceException when the engine fails; the outputs are then undefined
   */
  void run() throws InferenceException;

  @Override
  void close();
}
