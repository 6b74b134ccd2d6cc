package dev.tarsier.runtime.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.tarsier.runtime.testing.Prerequisites;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;

/**
 * The schemas in docs/telemetry, applied by an independent validator; {@code version-1/status} is
 * that of version 1.
 */
final class Schemas {
  private Schemas() {}

  static void assertValid(String name, String json) {
    assertThat(errors(name, json)).as("%s: %s", name, json).isEmpty();
  }

  static List<String> errors(String name, String json) {
    try {
      String text =
          Files.readString(Prerequisites.root().resolve("docs/telemetry/" + name + ".schema.json"));
      Schema schema =
          SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(text);
      return schema
          .validate(
              json,
              InputFormat.JSON,
              context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)))
          .stream()
          .map(Object::toString)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
