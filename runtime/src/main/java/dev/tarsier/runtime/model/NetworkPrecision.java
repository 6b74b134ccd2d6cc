package dev.tarsier.runtime.model;

import java.util.Locale;

/** In which numbers a bundle's network is written. */
public enum NetworkPrecision {
  /** float32, as it was trained. Every bundle has it; every provider computes it. */
  FLOAT,
  /** 8-bit integers, for processors; a bundle may have it besides. */
  INT8;

  /** The name in manifests, settings and reports, such as {@code int8}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
