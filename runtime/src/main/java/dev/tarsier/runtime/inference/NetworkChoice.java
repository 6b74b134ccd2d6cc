package dev.tarsier.runtime.inference;

import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.NetworkPrecision;
import java.util.List;
import java.util.Locale;

/** Which of a bundle's networks is used: the setting {@code precision}. */
public enum NetworkChoice {
  /**
   * The int8 network where the bundle has one, only the CPU may compute, and the processor is an
   * x86-64, where int8 was measured to be faster; else the float one.
   */
  AUTO,
  /** The float network. */
  FLOAT,
  /** The int8 network, on the CPU. */
  INT8;

  /** The name in settings. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Reads a setting.
   *
   * @param text {@code auto}, {@code float} or {@code int8}, in any case
   */
  public static NetworkChoice parse(String text) {
    String id = text.trim().toLowerCase(Locale.ROOT);
    for (NetworkChoice each : values()) {
      if (each.id().equals(id)) {
        return each;
      }
    }
    throw new IllegalArgumentException("precision must be auto, float or int8, got '" + text + "'");
  }

  /**
   * Who may compute it: the CPU alone where it is int8.
   *
   * @param asked as set
   * @throws IllegalArgumentException where another provider was asked for than int8 can have
   */
  public ProviderPreference providers(ProviderPreference asked) {
    if (this != INT8 || onCpu(asked)) {
      return asked;
    }
    if (asked.wanted()) {
      throw new IllegalArgumentException(
          "precision int8 is computed on the CPU; set provider to cpu or auto, or precision to float, got provider "
              + asked.order().get(0).id());
    }
    return ProviderPreference.cpu();
  }

  /**
   * The bundle with the network that is used.
   *
   * @param bundle its float network's. Not modified.
   * @param providers which may compute, as {@link #providers} gives them
   * @throws BundleException where int8 was asked for and there is none
   */
  public Bundle of(Bundle bundle, ProviderPreference providers) throws BundleException {
    boolean int8 =
        this == INT8
            || (this == AUTO
                && onCpu(providers)
                && System.getProperty("os.arch").equals("amd64")
                && bundle.manifest().variant(NetworkPrecision.INT8).isPresent());
    return bundle.in(int8 ? NetworkPrecision.INT8 : NetworkPrecision.FLOAT);
  }

  private static boolean onCpu(ProviderPreference providers) {
    return providers.order().equals(List.of(Provider.CPU));
  }
}
