package dev.tarsier.runtime.config;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.deser.DeserializationProblemHandler;
import com.fasterxml.jackson.databind.deser.std.DelegatingDeserializer;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.jsontype.TypeDeserializer;
import com.fasterxml.jackson.databind.jsontype.TypeIdResolver;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;

/**
 * How sections that are told apart by a key such as {@code kind} may be written: as a section that
 * has it, or as the kind alone where nothing else is to be said, {@code balance: pcgrad}. A list is
 * refused, which Jackson takes for a kind and its section and, in places, for nothing at all.
 */
final class KindSections extends BeanDeserializerModifier {
  private static final long serialVersionUID = 1L;

  /** What to say where a section lacks its kind. */
  static final DeserializationProblemHandler MISSING =
      new DeserializationProblemHandler() {
        @Override
        public JavaType handleMissingTypeId(
            DeserializationContext context, JavaType base, TypeIdResolver ids, String message)
            throws IOException {
          throw JsonMappingException.from(context, "needs a kind, " + ids.getDescForKnownTypeIds());
        }
      };

  @Override
  public JsonDeserializer<?> modifyDeserializer(
      DeserializationConfig config, BeanDescription bean, JsonDeserializer<?> deserializer) {
    JsonTypeInfo family = bean.getClassAnnotations().get(JsonTypeInfo.class);
    return family == null || !bean.getType().isAbstract()
        ? deserializer
        : new OfFamily(deserializer, family.property());
  }

  /** Reads a member of a family. */
  private static final class OfFamily extends DelegatingDeserializer {
    private static final long serialVersionUID = 1L;
    private final String key;

    OfFamily(JsonDeserializer<?> members, String key) {
      super(members);
      this.key = key;
    }

    @Override
    protected JsonDeserializer<?> newDelegatingInstance(JsonDeserializer<?> other) {
      return new OfFamily(other, key);
    }

    @Override
    public Object deserializeWithType(
        JsonParser parser, DeserializationContext context, TypeDeserializer types)
        throws IOException {
      if (parser.hasToken(JsonToken.START_ARRAY)) {
        throw MismatchedInputException.from(
            parser,
            handledType(),
            "must be one section with the key %s, not a list".formatted(key));
      }
      if (parser.currentToken().isNumeric() || parser.currentToken().isBoolean()) {
        throw MismatchedInputException.from(
            parser,
            handledType(),
            "must be one section with the key %s, or the %s alone, not %s"
                .formatted(key, key, parser.getText()));
      }
      if (!parser.hasToken(JsonToken.VALUE_STRING)) {
        return super.deserializeWithType(parser, context, types);
      }
      ObjectNode section = JsonNodeFactory.instance.objectNode();
      if (!parser.getText().isBlank()) {
        section.put(key, parser.getText());
      }
      try (JsonParser alone = section.traverse(parser.getCodec())) {
        alone.nextToken();
        return super.deserializeWithType(alone, context, types);
      }
    }
  }
}
