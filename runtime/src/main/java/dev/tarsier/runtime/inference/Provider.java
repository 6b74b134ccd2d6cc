package dev.tarsier.runtime.inference;

import java.util.Locale;

/** What computes the network, from fast to everywhere. */
public enum Provider {
  /** A library that is registered at run time. */
  PLUGIN,
  /** NVIDIA TensorRT. */
  TENSORRT,
  /** NVIDIA CUDA. */
  CUDA,
  /** The processor. */
  CPU;

  private final String id = name().toLowerCase(Locale.ROOT);

  /** The name in parameters, reports and telemetry, such as {@code tensorrt}. */
  public String id() {
    return id;
  }
}
