package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.BeanDeserializerFactory;
import com.fasterxml.jackson.databind.deser.ResolvableDeserializer;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.ser.BeanSerializerFactory;
import com.fasterxml.jackson.databind.ser.ResolvableSerializer;
import com.fasterxml.jackson.databind.util.NameTransformer;
import dev.tarsier.trainer.network.Architecture;
import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A network's section in a file: the keys that all networks have, and beside them the
 * architecture's {@code kind} and its own.
 */
final class NetworkSection {
  private static final String KIND = "kind";
  private static final String ARCHITECTURE = "architecture";

  private NetworkSection() {}

  /** Writes both side by side. */
  static final class Writer extends JsonSerializer<Network> {
    @Override
    public void serialize(Network network, JsonGenerator generator, SerializerProvider provider)
        throws IOException {
      JavaType type = provider.constructType(Network.class);
      JsonSerializer<Object> common =
          BeanSerializerFactory.instance.findBeanOrAddOnSerializer(
              provider, type, provider.getConfig().introspect(type), true);
      if (common instanceof ResolvableSerializer unresolved) {
        unresolved.resolve(provider);
      }
      generator.writeStartObject();
      ObjectMapper mapper = (ObjectMapper) generator.getCodec();
      JsonNode own = mapper.valueToTree(network.architecture());
      for (Map.Entry<String, JsonNode> entry : own.properties()) {
        generator.writeObjectField(entry.getKey(), entry.getValue());
      }
      common.unwrappingSerializer(NameTransformer.NOP).serialize(network, generator, provider);
      generator.writeEndObject();
    }
  }

  /** Reads them apart. */
  static final class Reader extends JsonDeserializer<Network> {
    private final Architecture.Registered architectures = new Architecture.Registered();

    @Override
    public Network deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      ObjectMapper mapper = (ObjectMapper) parser.getCodec();
      JsonNode tree = context.readTree(parser);
      if (!(tree instanceof ObjectNode section)) {
        return context.reportInputMismatch(this, "must be a section with keys");
      }
      JavaType type = context.constructType(Network.class);
      BeanDescription description = context.getConfig().introspect(type);
      Set<String> known = new LinkedHashSet<>();
      description.findProperties().forEach(each -> known.add(each.getName()));
      known.remove(ARCHITECTURE); // has keys of its own beside these

      ObjectNode own = mapper.valueToTree(kind(section.path(KIND), context));
      for (String key : names(own)) {
        if (section.has(key)) {
          own.set(key, section.remove(key));
        }
      }
      dropDefaultsOfOthers(section, known, own.path(KIND).asText(), mapper, context);
      for (String key : names(section)) {
        if (!known.contains(key)) {
          Collection<Object> all = new TreeSet<>(known);
          all.addAll(names(own));
          throw UnrecognizedPropertyException.from(parser, Network.class, key, all);
        }
      }

      JsonDeserializer<Object> common =
          BeanDeserializerFactory.instance.buildBeanDeserializer(context, type, description);
      if (common instanceof ResolvableDeserializer unresolved) {
        unresolved.resolve(context);
      }
      try (JsonParser rest = mapper.treeAsTokens(section)) {
        rest.nextToken();
        return ((Network) common.deserialize(rest, context))
            .with(context.readTreeAsValue(own, Architecture.class));
      } catch (ValueInstantiationException e) {
        // Without the type, whose keys are only some of the section's.
        throw JsonMappingException.from(context, e.getCause().getMessage());
      }
    }

    private Architecture kind(JsonNode kind, DeserializationContext context)
        throws JsonMappingException {
      try {
        return architectures.named(kind.asText());
      } catch (IllegalArgumentException e) {
        throw JsonMappingException.from(context, e.getMessage());
      }
    }

    /**
     * What stands in the defaults under another architecture's section is not the recipe's word.
     */
    private void dropDefaultsOfOthers(
        ObjectNode section,
        Set<String> known,
        String kind,
        ObjectMapper mapper,
        DeserializationContext context)
        throws JsonMappingException {
      for (Architecture other : architectures.all()) {
        ObjectNode defaults = mapper.valueToTree(other);
        for (String key : names(defaults)) {
          if (!section.has(key) || known.contains(key)) {
            continue;
          }
          if (!section.remove(key).equals(defaults.get(key))) {
            throw JsonMappingException.from(
                context,
                "%s is for kind: %s; leave it out of %s"
                    .formatted(key, having(key, mapper), architectures.named(kind).kind()));
          }
        }
      }
    }

    private String having(String key, ObjectMapper mapper) {
      return architectures.all().stream()
          .filter(each -> mapper.<ObjectNode>valueToTree(each).has(key))
          .map(Architecture::kind)
          .collect(Collectors.joining(", "));
    }

    private static Set<String> names(ObjectNode node) {
      Set<String> names = new LinkedHashSet<>();
      node.fieldNames().forEachRemaining(names::add);
      return names;
    }
  }
}
