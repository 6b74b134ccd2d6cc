package dev.tarsier.runtime.inference;

/**
 * A provider that was tried and could not be used.
 *
 * @param provider which
 * @param reason what it said
 */
public record ProviderFallback(Provider provider, String reason) {
  @Override
  public String toString() {
    return provider.id() + ": " + reason;
  }
}
