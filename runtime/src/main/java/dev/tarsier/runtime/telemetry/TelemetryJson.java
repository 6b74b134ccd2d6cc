package dev.tarsier.runtime.telemetry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.file.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The JSON of the three messages: schema, identity and time first, then the record.
 *
 * <p>{@link #VERSION_2} is the current one; fields may be added to it, none taken away. {@link
 * #VERSION_1} is closed: its published schemas allow no further field, so it is given those that it
 * has, whatever the records gain.
 */
enum TelemetryJson {
  /** Without node and, but for the status, session. */
  VERSION_1,
  /** Every message says robot, node and session. */
  VERSION_2;

  /** What version 1's schemas have, by the path of the object. */
  private static final Map<String, String> FIELDS_1 =
      Map.of(
          "factsheet",
          "schema robot time bundle input classes ignoreId depth provider fallbacks versions",
          "factsheet.bundle",
          "name version modelSha256",
          "factsheet.input",
          "width height",
          "factsheet.classes",
          "id name color",
          "factsheet.depth",
          "unit min max",
          "factsheet.fallbacks",
          "provider reason",
          "metrics",
          "schema robot time sequence uptimeSeconds fps frames lastFrameAgeMillis dropped"
              + " latencyMillis health",
          "metrics.fps",
          "in out",
          "metrics.frames",
          "in out dropped stampsWentBack leaked",
          "metrics.health",
          "level reasons");

  byte[] status(TelemetryIdentity identity, Instant time, Status status) {
    ObjectNode node = head("status", identity, time);
    node.put("state", lower(status.state()));
    node.put("reason", lower(status.reason()));
    if (this == VERSION_1) {
      node.put("session", identity.session());
    }
    node.put("version", status.version());
    if (this != VERSION_1) {
      node.set("conflicts", Json.CAMEL_CASE.tree(status.conflicts()));
    }
    return node.toString().getBytes(StandardCharsets.UTF_8);
  }

  byte[] factsheet(TelemetryIdentity identity, Instant time, Factsheet factsheet) {
    return message("factsheet", head("factsheet", identity, time), factsheet);
  }

  byte[] metrics(TelemetryIdentity identity, Instant time, long sequence, Metrics metrics) {
    ObjectNode node = head("metrics", identity, time);
    node.put("sequence", sequence);
    return message("metrics", node, metrics);
  }

  private byte[] message(String name, ObjectNode node, Object record) {
    node.setAll(Json.CAMEL_CASE.<ObjectNode>tree(record));
    if (this == VERSION_1) {
      prune(name, node);
    }
    return node.toString().getBytes(StandardCharsets.UTF_8);
  }

  private ObjectNode head(String name, TelemetryIdentity identity, Instant time) {
    ObjectNode node = Json.object();
    node.put("schema", "tarsier." + name + (this == VERSION_1 ? "/1" : "/2"));
    node.put("robot", identity.robot());
    if (this != VERSION_1) {
      node.put("node", identity.node());
      node.put("session", identity.session());
    }
    node.put("time", time.truncatedTo(ChronoUnit.MILLIS).toString());
    return node;
  }

  private static void prune(String path, JsonNode node) {
    Consumer<JsonNode> below = each -> prune(path, each);
    if (node.isArray()) {
      node.forEach(below);
    } else if (node instanceof ObjectNode object && FIELDS_1.containsKey(path)) {
      object.retain(FIELDS_1.get(path).split(" "));
      object.properties().forEach(each -> prune(path + "." + each.getKey(), each.getValue()));
    }
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
