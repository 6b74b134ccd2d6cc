package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import java.io.IOException;

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
      return isOnnx(section)
          ? new TeacherSaid(null, context.readTreeAsValue(section, OnnxSection.class))
          : new TeacherSaid(context.readTreeAsValue(section, Training.class), null);
    }
  }
}
