package dev.tarsier.ros.bag;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** The connections of a bag by their ids, as far as they are known; the first of an id stands. */
final class Connections {
  /** No definition text comes near this. */
  static final int LONGEST = 16 << 20;

  /** More publishers than any graph has. */
  static final int MOST = 1 << 16;

  /** Of all definitions and names, characters. */
  private static final long MOST_TEXT = 64L << 20;

  private long text;
  private final Map<Integer, BagConnection> byId = new LinkedHashMap<>();

  Map<Integer, BagConnection> byId() {
    return byId;
  }

  BagConnection get(int id) {
    return byId.get(id);
  }

  /**
   * Adds what a connection record holds.
   *
   * @param data Not modified.
   * @param at absolute position of the record's data
   */
  void add(RecordHeader header, ByteBuffer data, int at, int length) throws DamagedRecord {
    int id = header.connection();
    String topic = header.topic();
    if (byId.containsKey(id)) {
      return;
    }
    text += length + topic.length();
    if (byId.size() >= MOST || text > MOST_TEXT) {
      throw new DamagedRecord(
          "the bag describes more than %d connections, or with more than %d MB of text"
              .formatted(MOST, MOST_TEXT >> 20));
    }
    Map<String, String> fields = fields(data, at, length);
    String type = fields.get("type");
    if (type == null) {
      throw new DamagedRecord(
          "the connection of %s has no type".formatted(RecordHeader.shown(topic)));
    }
    byId.put(
        id,
        new BagConnection(
            id,
            topic,
            type,
            fields.getOrDefault("md5sum", "*"),
            fields.getOrDefault("message_definition", ""),
            fields.getOrDefault("callerid", ""),
            fields.getOrDefault("latching", "0").equals("1")));
  }

  private static Map<String, String> fields(ByteBuffer data, int from, int length)
      throws DamagedRecord {
    Map<String, String> fields = new LinkedHashMap<>();
    int at = from;
    int end = from + length;
    while (at < end) {
      int size = end - at < 4 ? -1 : data.getInt(at);
      at += 4;
      if (size <= 0 || size > end - at) {
        throw new DamagedRecord("a connection record is damaged");
      }
      byte[] bytes = new byte[size];
      data.get(at, bytes);
      at += size;
      String field = new String(bytes, StandardCharsets.UTF_8);
      int equals = field.indexOf('=');
      if (equals < 0) {
        throw new DamagedRecord("a connection record is damaged: a field has no '='");
      }
      fields.put(field.substring(0, equals), field.substring(equals + 1));
    }
    return fields;
  }
}
