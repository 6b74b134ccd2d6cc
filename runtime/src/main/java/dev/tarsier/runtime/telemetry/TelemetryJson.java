package dev.tarsier.runtime.telemetry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** The JSON of the three messages: schema, robot and time first, then the record. */
final class TelemetryJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private TelemetryJson() {}

  static byte[] status(Status status) {
    ObjectNode node = head(Status.SCHEMA, status.robot(), status.time());
    node.put("state", lower(status.state()));
    node.put("reason", lower(status.reason()));
    node.put("session", status.session());
    node.put("version", status.version());
    return bytes(node);
  }

  static byte[] factsheet(String robot, Instant time, Factsheet factsheet) {
    ObjectNode node = head(Factsheet.SCHEMA, robot, text(time));
    node.setAll((ObjectNode) MAPPER.valueToTree(factsheet));
    return bytes(node);
  }

  static byte[] metrics(String robot, Instant time, long sequence, Metrics metrics) {
    ObjectNode node = head(Metrics.SCHEMA, robot, text(time));
    node.put("sequence", sequence);
    node.setAll((ObjectNode) MAPPER.valueToTree(metrics));
    return bytes(node);
  }

  static String text(Instant time) {
    return time.truncatedTo(ChronoUnit.MILLIS).toString();
  }

  private static ObjectNode head(String schema, String robot, String time) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("schema", schema);
    node.put("robot", robot);
    node.put("time", time);
    return node;
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static byte[] bytes(ObjectNode node) {
    try {
      return MAPPER.writeValueAsString(node).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values is always JSON", e);
    }
  }
}
