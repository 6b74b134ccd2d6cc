package dev.tarsier.trainer.network;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What PyTorch computes on. Like its threads it is the process's, not a recipe's: a recipe goes
 * from machine to machine, and its stages are told apart by what is learned. Only the CPU gives the
 * same bits each time.
 */
public enum Device {
  /** The processor. */
  CPU,
  /** The first NVIDIA GPU. */
  CUDA,
  /** {@link #CUDA} where PyTorch can use it, otherwise {@link #CPU}. */
  AUTO;

  /** Environment variable that names the device where no option does. */
  public static final String VARIABLE = "TARSIER_DEVICE";

  /**
   * A device by its name.
   *
   * @param name in any case
   * @throws IllegalArgumentException if there is none; the message names those that there are
   */
  public static Device of(String name) {
    return Arrays.stream(values())
        .filter(each -> each.name().equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "device must be one of %s, got '%s'"
                        .formatted(
                            Arrays.stream(values())
                                .map(Device::toString)
                                .collect(Collectors.joining(", ")),
                            name)));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
