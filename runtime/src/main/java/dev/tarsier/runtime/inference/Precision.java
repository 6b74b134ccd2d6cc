package dev.tarsier.runtime.inference;

import java.util.Locale;

/** In which numbers a provider computes a network of float32 weights, from fast to exact. */
public enum Precision {
  /** Half precision where the provider thinks it faster. */
  FP16,
  /** Single precision. */
  FP32;

  private final String id = name().toLowerCase(Locale.ROOT);

  /** The name in bundles and reports, such as {@code fp16}. */
  public String id() {
    return id;
  }
}
