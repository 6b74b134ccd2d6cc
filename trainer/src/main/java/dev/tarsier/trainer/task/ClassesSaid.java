package dev.tarsier.trainer.task;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.trainer.run.PathResolver;
import java.io.IOException;

/**
 * Classes as a recipe says them: the classes themselves, or the file that has them.
 *
 * @param classes null where a file has them
 * @param file a path that ends in {@code .yaml} or {@code .yml}; null where the recipe has them
 */
@JsonDeserialize(using = ClassesSaid.Reader.class)
public record ClassesSaid(ClassSet classes, String file) {
  /** Classes that a recipe has. */
  public static ClassesSaid of(ClassSet classes) {
    return new ClassesSaid(classes, null);
  }

  /** As a recipe says it. */
  @JsonValue
  Object said() {
    return file == null ? classes : file;
  }

  /**
   * The classes.
   *
   * @param paths finds the file
   * @throws ConfigException if the file is not there, or says what cannot be
   */
  public ClassSet read(PathResolver paths) {
    return file == null
        ? classes
        : ClassFile.read(
            paths
                .find(file)
                .orElseThrow(
                    () ->
                        new ConfigException(
                            "classes: %s is not there (looked in %s)"
                                .formatted(file, paths.tried(file)))));
  }

  /** Reads a file's name as such, all else as {@link ClassSet} does. */
  static final class Reader extends JsonDeserializer<ClassesSaid> {
    @Override
    public ClassesSaid deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      return parser.currentToken() == JsonToken.VALUE_STRING
              && parser.getText().matches("(?i).*\\.ya?ml")
          ? new ClassesSaid(null, parser.getText())
          : of(context.readValue(parser, ClassSet.class));
    }
  }
}
