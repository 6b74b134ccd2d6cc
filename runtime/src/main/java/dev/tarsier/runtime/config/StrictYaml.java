package dev.tarsier.runtime.config;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.deser.std.FromStringDeserializer;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.tarsier.runtime.file.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * Reads YAML into records, forgiving nothing: an unknown key is an error that names its nearest
 * neighbour, a key given twice is an error, a number written as text is an error, and a record's
 * own check (an exception from its compact constructor) is reported with the file, line and key.
 *
 * <p>Keys are the record components' names in snake_case: {@code maxAgeMillis} is {@code
 * max_age_millis}. Enum values are read in any case. Primitive components without a default must be
 * given; other components are null when absent, for the compact constructor to judge. A family of
 * records is read as usual with {@code @JsonTypeInfo} and {@code @JsonSubTypes}, or from its kind
 * alone. All errors are {@link ConfigException}s.
 *
 * <p>Stateless; safe from any thread.
 */
public final class StrictYaml {
  private static final ObjectMapper MAPPER =
      YAMLMapper.builder(
              YAMLFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  // A family's kind is a key, as it is read, and no tag.
                  .disable(YAMLGenerator.Feature.USE_NATIVE_TYPE_ID)
                  .build())
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .addModule(asWritten())
          .addHandler(KindSections.MISSING)
          .build();

  private StrictYaml() {}

  /**
   * Reads a file whose record says itself what is required.
   *
   * @param file the YAML file
   * @param type the record
   */
  public static <T> T read(Path file, Class<T> type) {
    return parse(text(file), file.toString(), type);
  }

  /**
   * Reads a file over defaults: keys that the file does not name keep the value they have in {@code
   * defaults}, section by section (lists are replaced whole).
   *
   * @param file the YAML file
   * @param defaults a record with every value set. Not modified.
   */
  public static <T> T read(Path file, T defaults) {
    return parse(text(file), file.toString(), defaults);
  }

  /**
   * As {@link #read(Path, Class)}, from text.
   *
   * @param source what to call the text in messages, such as its file name
   */
  public static <T> T parse(String yaml, String source, Class<T> type) {
    return parse(yaml, source, List.of(), type);
  }

  /**
   * As {@link #parse(String, String, Class)}, with values that count instead of the text's.
   *
   * @param settings in their order; sections that are not there are made. Not modified.
   */
  public static <T> T parse(String yaml, String source, List<Setting> settings, Class<T> type) {
    Document document = Document.of(yaml, source).with(settings);
    return bind(document.tree(), document, type);
  }

  /**
   * As {@link #read(Path, Object)}, from text.
   *
   * @param source what to call the text in messages, such as its file name
   */
  public static <T> T parse(String yaml, String source, T defaults) {
    return parse(yaml, source, List.of(), defaults);
  }

  /**
   * As {@link #parse(String, String, Object)}, with values that count instead of the text's.
   *
   * @param settings in their order; sections that are not there are made. Not modified.
   */
  public static <T> T parse(String yaml, String source, List<Setting> settings, T defaults) {
    Document document = Document.of(yaml, source).with(settings);
    return bind(over(defaults, document.tree()), document, typeOf(defaults));
  }

  /**
   * Binds values that are already a tree, such as ROS parameters, over defaults.
   *
   * @param values maps, lists, strings, numbers and booleans by key. Not modified.
   * @param source what to call them in messages, such as {@code "parameters of /tarsier"}
   * @param defaults a record with every value set. Not modified.
   */
  public static <T> T bind(Map<String, ?> values, String source, T defaults) {
    Document document = new Document(source, MAPPER.valueToTree(values), Map.of());
    return bind(over(defaults, document.tree()), document, typeOf(defaults));
  }

  /**
   * The keys that a record is read from, in snake_case and in order.
   *
   * @param record with every value set. Not modified.
   */
  public static Set<String> keys(Object record) {
    Set<String> keys = new LinkedHashSet<>();
    MAPPER.valueToTree(record).fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  /**
   * A record as YAML with every key, in the form that {@link #parse} reads.
   *
   * @param record the record. Not modified.
   */
  public static String write(Object record) {
    try {
      return MAPPER.writeValueAsString(record);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "a %s cannot be written as YAML".formatted(record.getClass().getSimpleName()), e);
    }
  }

  /**
   * Paths as they are written, for Jackson's own form is an absolute URI; and kinds as people write
   * them.
   */
  private static SimpleModule asWritten() {
    SimpleModule module = new SimpleModule("as written");
    module.setDeserializerModifier(new KindSections());
    module.addSerializer(Path.class, ToStringSerializer.instance);
    module.addDeserializer(
        Path.class,
        new FromStringDeserializer<Path>(Path.class) {
          private static final long serialVersionUID = 1L;

          @Override
          protected Path _deserialize(String text, DeserializationContext context) {
            return Path.of(text);
          }
        });
    return module;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw new ConfigException("%s: there is no such file".formatted(file), e);
    } catch (IOException e) {
      throw new ConfigException(WholeFile.unreadable(file, e), e);
    }
  }

  @SuppressWarnings("unchecked") // getClass() of a T is a Class<? extends T>; records are final
  private static <T> Class<T> typeOf(T defaults) {
    return (Class<T>) defaults.getClass();
  }

  private static JsonNode over(Object defaults, JsonNode given) {
    JsonNode base = MAPPER.valueToTree(defaults);
    return given.isNull() || given.isMissingNode() ? base : merge(base, given);
  }

  private static JsonNode merge(JsonNode base, JsonNode given) {
    if (!(base instanceof ObjectNode sections) || !given.isObject()) {
      return given;
    }
    ObjectNode merged = sections.deepCopy();
    given
        .properties()
        .forEach(
            entry -> {
              JsonNode under = merged.get(entry.getKey());
              merged.set(
                  entry.getKey(),
                  under == null ? entry.getValue() : merge(under, entry.getValue()));
            });
    return merged;
  }

  private static <T> T bind(JsonNode tree, Document document, Class<T> type) {
    if (tree.isNull() || tree.isMissingNode()) {
      throw new ConfigException("%s: is empty".formatted(document.source()));
    }
    try {
      return MAPPER.treeToValue(tree, type);
    } catch (UnrecognizedPropertyException e) {
      Collection<Object> known = e.getKnownPropertyIds();
      throw new ConfigException(
          unknownKey(document.at(path(e)), e.getPropertyName(), known == null ? List.of() : known),
          e);
    } catch (ValueInstantiationException e) {
      throw new ConfigException(
          misspelt(e, tree, document).orElseGet(() -> document.at(path(e)) + ": " + explain(e)), e);
    } catch (JsonMappingException e) {
      throw new ConfigException(document.at(path(e)) + ": " + explain(e), e);
    } catch (JsonProcessingException e) {
      throw new ConfigException(document.source() + ": " + e.getOriginalMessage(), e);
    }
  }

  private static String unknownKey(String where, String key, Collection<?> ids) {
    TreeSet<String> known =
        ids.stream().map(Object::toString).collect(Collectors.toCollection(TreeSet::new));
    if (known.isEmpty()) {
      return where + ": unknown key; there is none to give here";
    }
    return where
        + ": unknown key"
        + NearestName.question(key, known).orElse(".")
        + " Known here: "
        + String.join(", ", known);
  }

  /**
   * What is wrong where a record's own check failed and one of its keys is unknown: the check may
   * miss just that key. Jackson looks at unknown keys only after it has made the record.
   */
  private static Optional<String> misspelt(
      ValueInstantiationException e, JsonNode tree, Document document) {
    JsonNode section = tree;
    for (JsonMappingException.Reference step : e.getPath()) {
      section =
          step.getFieldName() == null
              ? section.path(step.getIndex())
              : section.path(step.getFieldName());
    }
    DeserializationConfig config = MAPPER.getDeserializationConfig();
    BeanDescription type = config.introspect(e.getType());
    Set<String> known =
        type.findProperties().stream()
            .map(BeanPropertyDefinition::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    // A value of its own kind, whose keys are not those of a record, or a record that takes any.
    if (known.isEmpty() || type.findAnyGetter() != null) {
      return Optional.empty();
    }
    JsonTypeInfo family =
        config
            .introspectClassAnnotations(e.getType())
            .getClassAnnotations()
            .get(JsonTypeInfo.class);
    String path = path(e);
    return section.properties().stream()
        .map(Map.Entry::getKey)
        .filter(key -> !known.contains(key) && !(family != null && family.property().equals(key)))
        .findFirst()
        .map(key -> unknownKey(document.at(path.isEmpty() ? key : path + "." + key), key, known));
  }

  private static String explain(JsonMappingException e) {
    if (e instanceof ValueInstantiationException && e.getCause() != null) {
      return Objects.toString(e.getCause().getMessage(), e.getCause().toString());
    }
    if (e instanceof InvalidFormatException wrong) {
      Class<?> target = wrong.getTargetType();
      if (target != null && target.isEnum()) {
        TreeSet<String> values =
            Arrays.stream(target.getEnumConstants())
                .map(value -> value.toString().toLowerCase(Locale.ROOT))
                .collect(Collectors.toCollection(TreeSet::new));
        return "must be one of %s, got '%s'%s"
            .formatted(
                String.join(", ", values),
                wrong.getValue(),
                NearestName.question(String.valueOf(wrong.getValue()), values).orElse(""));
      }
      return "must be %s, got '%s'".formatted(kind(target), wrong.getValue());
    }
    if (e instanceof MismatchedInputException wrong) {
      String said = wrong.getOriginalMessage();
      if (said.contains("Cannot map `null` into type") || said.contains("Null value for creator")) {
        return "is missing; it must be " + kind(wrong.getTargetType());
      }
      if (said.contains("Cannot coerce")
          || said.contains("Cannot deserialize value")
          || said.contains("Cannot construct instance")) {
        return "must be " + kind(wrong.getTargetType());
      }
      return said;
    }
    return e.getCause() == null || e.getCause().getMessage() == null
        ? e.getOriginalMessage()
        : e.getCause().getMessage();
  }

  private static String kind(Class<?> type) {
    if (type == null) {
      return "another kind of value";
    }
    if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
      return "a whole number";
    }
    if (Number.class.isAssignableFrom(type) || type == double.class || type == float.class) {
      return "a number";
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    if (type == String.class || type == Path.class) {
      return "text";
    }
    if (Collection.class.isAssignableFrom(type) || type.isArray()) {
      return "a list";
    }
    return "a section with keys";
  }

  private static String path(JsonMappingException e) {
    StringBuilder path = new StringBuilder();
    for (JsonMappingException.Reference step : e.getPath()) {
      if (step.getFieldName() == null) {
        path.append('[').append(step.getIndex()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(step.getFieldName());
      }
    }
    return path.toString();
  }

  /** A parsed text: its tree, and the line of each key by its path such as {@code data[0].kind}. */
  private record Document(String source, JsonNode tree, Map<String, Integer> lines) {
    /** The line of what is given beside the text. */
    private static final int BESIDE = 0;

    static Document of(String yaml, String source) {
      try {
        JsonNode tree = MAPPER.readTree(yaml);
        return new Document(source, tree, lines(yaml));
      } catch (JsonProcessingException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
          if (cause instanceof MarkedYAMLException marked && marked.getProblemMark() != null) {
            throw new ConfigException(
                "%s:%d: is not valid YAML: %s"
                    .formatted(source, marked.getProblemMark().getLine() + 1, marked.getProblem()),
                e);
          }
        }
        JsonLocation where = e.getLocation();
        String at = source + (where == null ? "" : ":" + where.getLineNr());
        if (e.getOriginalMessage().startsWith("Malformed numeric value")) {
          throw new ConfigException(at + ": .nan and .inf are no values here; write a number", e);
        }
        throw new ConfigException(
            at
                + ": is not valid YAML: "
                + e.getOriginalMessage().lines().limit(3).collect(Collectors.joining(" ")).strip(),
            e);
      } catch (IOException e) {
        throw new ConfigException(source + ": cannot be read: " + e, e);
      }
    }

    private static Map<String, Integer> lines(String yaml) throws IOException {
      Map<String, Integer> lines = new HashMap<>();
      try (JsonParser parser = MAPPER.createParser(yaml)) {
        for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
          String path =
              parser.getParsingContext().pathAsPointer().toString().replaceAll("/(\\d+)", "[$1]");
          String dotted = path.startsWith("/") ? path.substring(1) : path;
          lines.putIfAbsent(dotted.replace('/', '.'), parser.currentTokenLocation().getLineNr());
        }
      }
      return lines;
    }

    /** The same with values that are given beside it. */
    Document with(List<Setting> settings) {
      if (settings.isEmpty()) {
        return this;
      }
      ObjectNode root =
          tree instanceof ObjectNode given ? given.deepCopy() : MAPPER.createObjectNode();
      Map<String, Integer> where = new HashMap<>(lines);
      for (Setting setting : settings) {
        put(root, setting, Document.of(setting.value(), "--set " + setting.key()).tree());
        String key = setting.key();
        where.keySet().removeIf(each -> each.startsWith(key + ".") || each.startsWith(key + "["));
        where.put(key, BESIDE);
      }
      return new Document(source, root, where);
    }

    private static void put(ObjectNode root, Setting setting, JsonNode value) {
      JsonNode at = root;
      List<Object> path = setting.path();
      for (int i = 0; i < path.size(); i++) {
        boolean last = i == path.size() - 1;
        Object step = path.get(i);
        if (step instanceof String key && at instanceof ObjectNode section) {
          if (last) {
            section.set(key, value);
          } else if (!section.hasNonNull(key)) {
            section.putObject(key);
          }
          at = section.path(key);
        } else if (step instanceof Integer place && at instanceof ArrayNode list) {
          if (place >= list.size()) {
            throw new ConfigException(
                "--set %s: %s has %d entries, counted from 0"
                    .formatted(setting.key(), Setting.key(path.subList(0, i)), list.size()));
          }
          if (last) {
            list.set(place, value);
          }
          at = list.get(place);
        } else {
          String before = i == 0 ? "what is outermost" : Setting.key(path.subList(0, i));
          throw new ConfigException(
              "--set %s: %s is %s"
                  .formatted(
                      setting.key(),
                      before,
                      at.isArray()
                          ? "a list; say which entry, such as %s[0]".formatted(before)
                          : at.isObject()
                              ? "a section with keys, no list"
                              : "'" + at.asText() + "', which has no keys"));
        }
      }
    }

    /**
     * {@code recipe.yaml:12: training.epochs}; the nearest enclosing line where a key is absent.
     */
    String at(String path) {
      Integer line = null;
      for (String p = path; line == null && !p.isEmpty(); p = parent(p)) {
        line = lines.get(p);
      }
      if (line != null && line == BESIDE) {
        return "--set " + path;
      }
      return source + (line == null ? "" : ":" + line) + (path.isEmpty() ? "" : ": " + path);
    }

    private static String parent(String path) {
      return path.substring(0, Math.max(0, Math.max(path.lastIndexOf('.'), path.lastIndexOf('['))));
    }
  }
}
