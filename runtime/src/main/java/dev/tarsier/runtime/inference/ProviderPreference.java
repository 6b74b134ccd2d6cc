package dev.tarsier.runtime.inference;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Which providers to try, in order.
 *
 * @param order tried from first to last; not empty
 * @param wanted whether the first was asked for by name, so that anything else is worth a warning
 */
public record ProviderPreference(List<Provider> order, boolean wanted) {
  /** Copies and checks the order. */
  public ProviderPreference {
    order = List.copyOf(order);
    if (order.isEmpty() || order.stream().distinct().count() != order.size()) {
      throw new IllegalArgumentException("order must name providers once each, got " + order);
    }
  }

  /** The fastest that works: TensorRT, CUDA, CPU. */
  public static ProviderPreference auto() {
    return new ProviderPreference(List.of(Provider.values()), false);
  }

  /** This one, or else the slower ones with a warning. */
  public static ProviderPreference prefer(Provider provider) {
    return new ProviderPreference(
        Arrays.stream(Provider.values()).filter(p -> p.compareTo(provider) >= 0).toList(), true);
  }

  /** This one and no other. */
  public static ProviderPreference require(Provider provider) {
    return new ProviderPreference(List.of(provider), true);
  }

  /** The CPU, as replay and tests use it. */
  public static ProviderPreference cpu() {
    return require(Provider.CPU);
  }

  /**
   * Reads a parameter: {@code auto}, {@code tensorrt}, {@code cuda}, {@code cpu}.
   *
   * @param text in any case
   * @param required whether to accept no fallback; not possible with {@code auto}
   */
  public static ProviderPreference parse(String text, boolean required) {
    String id = text.trim().toLowerCase(Locale.ROOT);
    if (id.equals("auto")) {
      if (required) {
        throw new IllegalArgumentException(
            "a required provider must be tensorrt, cuda or cpu, got auto");
      }
      return auto();
    }
    for (Provider provider : Provider.values()) {
      if (provider.id().equals(id)) {
        return required ? require(provider) : prefer(provider);
      }
    }
    throw new IllegalArgumentException(
        "provider must be auto, tensorrt, cuda or cpu, got '" + text + "'");
  }
}
