package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import dev.tarsier.runtime.config.NearestName;
import java.io.IOException;
import java.util.Iterator;
import java.util.Set;

/**
 * A recipe's section {@code teacher}: a training, or a network in ONNX. One of the two is null.
 *
 * @param training what is trained, or was
 * @param onnx someone else's network
 */
@JsonDeserialize(using = TeacherSaid.Reader.class)
record TeacherSaid(Training training, OnnxSection onnx) {
  private static final String ONNX = "onnx";

  /** Whether a section is of a network in ONNX. */
  static boolean isOnnx(JsonNode section) {
    return section.has(ONNX);
  }

  /** As a recipe says it. */
  @JsonValue
  Object said() {
    return training == null ? onnx : training;
  }

  /** Tells the two apart by the key that only one has. */
  static final class Reader extends JsonDeserializer<TeacherSaid> {
    @Override
    public TeacherSaid deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      JsonNode section = context.readTree(parser);
      for (Iterator<String> keys = section.fieldNames(); keys.hasNext(); ) {
        String key = keys.next();
        if (!key.equals(ONNX) && NearestName.misspelt(key, Set.of(ONNX)).isPresent()) {
          context.reportInputMismatch(
              TeacherSaid.class, "unknown key %s; did you mean '%s'?", key, ONNX);
        }
      }
      return isOnnx(section)
          ? new TeacherSaid(null, context.readTreeAsValue(section, OnnxSection.class))
          : new TeacherSaid(context.readTreeAsValue(section, Training.class), null);
    }
  }
}
