package dev.tarsier.runtime.inference;

import java.util.Objects;

/**
 * What an engine that was built for a GPU depends on besides the network. Each is {@link #UNKNOWN}
 * where the machine does not tell.
 *
 * @param name of the first GPU, such as {@code NVIDIA H200}; of a Jetson the board's
 * @param computeCapability such as {@code 8.7}
 * @param driver its version
 * @param cuda version of the CUDA runtime library, {@code libcudart}
 * @param tensorRt version of TensorRT's library, {@code libnvinfer}
 */
public record GpuFacts(
    String name, String computeCapability, String driver, String cuda, String tensorRt) {
  /** What is not told. */
  public static final String UNKNOWN = "unknown";

  /** Checks that each is there. */
  public GpuFacts {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(computeCapability, "computeCapability");
    Objects.requireNonNull(driver, "driver");
    Objects.requireNonNull(cuda, "cuda");
    Objects.requireNonNull(tensorRt, "tensorRt");
  }

  /** Who asks the machine: {@link NvidiaMachine}, or a test. */
  @FunctionalInterface
  public interface Source {
    /** The facts now. Any thread. */
    GpuFacts facts();
  }
}
