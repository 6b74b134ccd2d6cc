package dev.tarsier.runtime.inference;

import java.util.Objects;

/**
 * One way to compute the network, of which the next is tried where it does not work.
 *
 * @param provider what computes
 * @param precision in which numbers
 */
public record ProviderStep(Provider provider, Precision precision) {
  /** Checks that both are there. */
  public ProviderStep {
    Objects.requireNonNull(provider, "provider");
    Objects.requireNonNull(precision, "precision");
  }

  /** Such as {@code tensorrt fp16}; without the precision where a provider has only one. */
  @Override
  public String toString() {
    return provider == Provider.TENSORRT ? provider.id() + " " + precision.id() : provider.id();
  }
}
