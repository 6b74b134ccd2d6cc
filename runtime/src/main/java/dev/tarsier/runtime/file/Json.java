package dev.tarsier.runtime.file;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * JSON of trees and of records. A record's keys stand in the order of its components, so equal
 * records give equal bytes. Nothing may follow a document, and a fraction is no whole number. Any
 * thread.
 */
public enum Json {
  /**
   * Keys as in Java. Unknown ones are passed over: these documents grow from version to version.
   */
  CAMEL_CASE(JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)),
  /** Keys such as {@code best_epoch}. Unknown ones are an error: only this version reads them. */
  SNAKE_CASE(JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE));

  @SuppressWarnings("ImmutableEnumChecker") // nobody changes it once it is built
  private final JsonMapper mapper;

  Json(JsonMapper.Builder builder) {
    mapper =
        builder
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
  }

  /** An empty object. */
  public static ObjectNode object() {
    return CAMEL_CASE.mapper.createObjectNode();
  }

  /** An empty list. */
  public static ArrayNode array() {
    return CAMEL_CASE.mapper.createArrayNode();
  }

  /** A document as a tree; a missing node where there is nothing. */
  public static JsonNode parse(String json) throws JsonProcessingException {
    return CAMEL_CASE.mapper.readTree(json);
  }

  /** The same from bytes, in the encoding that they show. */
  public static JsonNode parse(byte[] json) throws IOException {
    return CAMEL_CASE.mapper.readTree(json);
  }

  /** The same from a file. */
  public static JsonNode read(Path file) throws IOException {
    return parse(Files.readAllBytes(file));
  }

  /**
   * The tokens of a document that is too large for a tree.
   *
   * @param json closed with the parser
   */
  public static JsonParser stream(InputStream json) throws IOException {
    return CAMEL_CASE.mapper.createParser(json);
  }

  /** The value that a parser has come to, as a tree; what follows it stays unread. */
  public static JsonNode part(JsonParser parser) throws IOException {
    return CAMEL_CASE
        .mapper
        .reader()
        .without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .readTree(parser);
  }

  /** Writes a tree, indented, whole or not at all. */
  public static void write(Path file, JsonNode tree) throws IOException {
    WholeFile.write(file, tree.toPrettyString() + "\n");
  }

  /** A record, or a list or map of them, as a tree of the kind that it is known to be. */
  @SuppressWarnings("TypeParameterUnusedInFormals")
  public <T extends JsonNode> T tree(Object value) {
    return mapper.valueToTree(value);
  }

  /** A record from a tree. */
  public <T> T value(JsonNode tree, Class<T> type) throws JsonProcessingException {
    return mapper.treeToValue(tree, type);
  }

  /** A record from a document; null where that is {@code null} or nothing. */
  public <T> T parse(String json, Class<T> type) throws JsonProcessingException {
    return mapper.readValue(json, type);
  }

  /** A record as a document, indented. */
  public String text(Object value) {
    try {
      return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("no JSON can be made of " + value, e);
    }
  }
}
