package dev.tarsier.runtime.model;

import java.util.Locale;

/** How long a file is, as a person says it. */
public final class FileSize {
  private static final String[] UNITS = {"bytes", "KB", "MB", "GB", "TB"};

  private FileSize() {}

  /** Such as {@code 2.9 GB}; units are powers of 1024. */
  public static String of(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 1000 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", value, UNITS[unit]);
  }
}
