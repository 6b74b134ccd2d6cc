package dev.tarsier.trainer.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.model.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Values as JSON of which there is one form only, so that equal values have equal hashes. */
public final class Canonical {
  private static final String KIND = "kind";

  private Canonical() {}

  /** An empty object. */
  public static ObjectNode object() {
    return Json.object();
  }

  /** An empty list. */
  public static ArrayNode array() {
    return Json.array();
  }

  /** A record as JSON, its keys in snake_case. */
  public static JsonNode tree(Object value) {
    return Json.SNAKE_CASE.tree(value);
  }

  /** A record from the JSON that {@link #tree} made of it. */
  public static <T> T value(JsonNode tree, Class<T> type) {
    try {
      return Json.SNAKE_CASE.value(tree, type);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("%s is no %s".formatted(tree, type.getSimpleName()), e);
    }
  }

  /** The hash of a value: 64 hexadecimal digits, whatever the order of its keys. */
  public static String sha256(JsonNode value) {
    return Sha256.of(sorted(value).toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * What of a value differs from the defaults. Hashed instead of the whole, a new setting whose
   * default changes nothing leaves all hashes as they were.
   */
  public static ObjectNode differing(ObjectNode value, JsonNode defaults) {
    ObjectNode rest = Json.object();
    for (Map.Entry<String, JsonNode> entry : value.properties()) {
      JsonNode standard = defaults.path(entry.getKey());
      if (entry.getValue() instanceof ObjectNode inner && standard.isObject()) {
        ObjectNode differing = differing(inner, standard);
        if (!differing.isEmpty()) {
          rest.set(entry.getKey(), differing);
        }
      } else if (!entry.getValue().equals(standard)) {
        rest.set(entry.getKey(), entry.getValue());
      }
    }
    // What a map's default has and the value has not; another kind has other keys anyway.
    if (value.path(KIND).equals(defaults.path(KIND))) {
      defaults
          .fieldNames()
          .forEachRemaining(
              name -> {
                if (!value.has(name)) {
                  rest.putNull(name);
                }
              });
    }
    return rest;
  }

  /** A copy without these keys. */
  public static ObjectNode without(JsonNode value, Set<String> keys) {
    ObjectNode rest = value.deepCopy();
    rest.remove(keys);
    return rest;
  }

  private static JsonNode sorted(JsonNode value) {
    if (value.isObject()) {
      Map<String, JsonNode> keys = new TreeMap<>();
      value.properties().forEach(entry -> keys.put(entry.getKey(), sorted(entry.getValue())));
      ObjectNode object = Json.object();
      keys.forEach(object::set);
      return object;
    }
    if (value.isArray()) {
      ArrayNode array = Json.array();
      value.forEach(each -> array.add(sorted(each)));
      return array;
    }
    return value;
  }
}
