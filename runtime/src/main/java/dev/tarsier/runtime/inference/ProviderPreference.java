package dev.tarsier.runtime.inference;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Which providers to try, in order.
 *
 * @param order tried from first to last; not empty
 * @param wanted whether the first was asked for by name, so that anything else is worth a warning
 * @param plugin the library of {@link Provider#PLUGIN}; there where the order names it, and only
 *     there
 */
public record ProviderPreference(List<Provider> order, boolean wanted, Optional<Path> plugin) {
  private static final String CHOICES = "auto, tensorrt, cuda, cpu or plugin:/path/lib….so";
  private static final String PLUGIN = Provider.PLUGIN.id() + ":";

  /** Copies and checks the order. */
  public ProviderPreference {
    order = List.copyOf(order);
    if (order.isEmpty() || order.stream().distinct().count() != order.size()) {
      throw new IllegalArgumentException("order must name providers once each, got " + order);
    }
    if (order.contains(Provider.PLUGIN) != plugin.isPresent()) {
      throw new IllegalArgumentException("a plug-in and its library go together");
    }
  }

  /** The fastest that works: TensorRT, CUDA, CPU. */
  public static ProviderPreference auto() {
    return new ProviderPreference(
        List.of(Provider.TENSORRT, Provider.CUDA, Provider.CPU), false, Optional.empty());
  }

  /** This one, or else the slower ones with a warning. */
  public static ProviderPreference prefer(Provider provider) {
    return new ProviderPreference(
        Arrays.stream(Provider.values()).filter(p -> p.compareTo(provider) >= 0).toList(),
        true,
        Optional.empty());
  }

  /** This one and no other. */
  public static ProviderPreference require(Provider provider) {
    return new ProviderPreference(List.of(provider), true, Optional.empty());
  }

  /**
   * An execution provider's own library.
   *
   * @param library the file
   * @param required whether to accept no fallback; else CUDA and the CPU are tried after it
   */
  public static ProviderPreference plugin(Path library, boolean required) {
    List<Provider> order = new ArrayList<>(List.of(Provider.PLUGIN));
    if (!required) {
      order.addAll(List.of(Provider.CUDA, Provider.CPU));
    }
    return new ProviderPreference(order, true, Optional.of(library));
  }

  /** The CPU, as replay and tests use it. */
  public static ProviderPreference cpu() {
    return require(Provider.CPU);
  }

  /**
   * Reads a parameter: {@code auto}, {@code tensorrt}, {@code cuda}, {@code cpu}, or {@code
   * plugin:} and the file of a library.
   *
   * @param text in any case
   * @param required whether to accept no fallback; not possible with {@code auto}
   */
  public static ProviderPreference parse(String text, boolean required) {
    String id = text.trim().toLowerCase(Locale.ROOT);
    if (id.equals("auto")) {
      if (required) {
        throw new IllegalArgumentException(
            "a required provider must be tensorrt, cuda, cpu or plugin:/path/lib….so, got auto");
      }
      return auto();
    }
    if (id.startsWith(PLUGIN)) {
      return plugin(library(text.trim().substring(PLUGIN.length()).trim(), text), required);
    }
    for (Provider provider : List.of(Provider.TENSORRT, Provider.CUDA, Provider.CPU)) {
      if (provider.id().equals(id)) {
        return required ? require(provider) : prefer(provider);
      }
    }
    throw new IllegalArgumentException("provider must be " + CHOICES + ", got '" + text + "'");
  }

  private static Path library(String file, String text) {
    try {
      Path library = Path.of(file);
      if (library.isAbsolute()) {
        return library;
      }
    } catch (InvalidPathException e) {
      // said below
    }
    throw new IllegalArgumentException(
        "a plug-in must be named by its absolute path, such as plugin:/opt/ep/libep.so, got '"
            + text
            + "'");
  }
}
