package dev.tarsier.runtime.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** Which Tarsier this is, for reports, telemetry and {@code --version}. */
public final class ProductVersion {
  private static final String VERSION = load();

  private ProductVersion() {}

  /** The version as the build wrote it, such as {@code 0.1.0-SNAPSHOT}. */
  public static String text() {
    return VERSION;
  }

  private static String load() {
    try (InputStream in = ProductVersion.class.getResourceAsStream("product.properties")) {
      if (in == null) {
        throw new IllegalStateException(
            "product.properties is missing beside ProductVersion; build with Maven");
      }
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
