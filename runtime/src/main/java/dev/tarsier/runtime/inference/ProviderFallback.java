package dev.tarsier.runtime.inference;

/**
 * A step that was tried and could not be used.
 *
 * @param step which
 * @param reason what it said, in one line
 */
public record ProviderFallback(ProviderStep step, String reason) {
  /** What was to compute. */
  public Provider provider() {
    return step.provider();
  }

  @Override
  public String toString() {
    return step + ": " + reason;
  }
}
