package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.ros1.graph.Excerpt;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The {@code key=value} header that both ends of a TCPROS connection send first: {@code uint32
 * total}, then {@code uint32 length} and the text of each field, little endian.
 */
final class TcpRosHeader {
  /** The definitions of the types that the product has take some kilobytes. */
  static final int MAX_BYTES = 256 << 10;

  /** The protocol knows about a dozen. */
  static final int MAX_FIELDS = 64;

  /** A name of a node or topic, or an MD5; only the definition and an error are longer. */
  static final int MAX_NAME = 512;

  private TcpRosHeader() {}

  static ByteBuffer encode(Map<String, String> fields) {
    int total = 0;
    byte[][] texts = new byte[fields.size()][];
    int i = 0;
    for (Map.Entry<String, String> field : fields.entrySet()) {
      texts[i] = (field.getKey() + "=" + field.getValue()).getBytes(StandardCharsets.UTF_8);
      total += Integer.BYTES + texts[i++].length;
    }
    ByteBuffer out = ByteBuffer.allocate(Integer.BYTES + total).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(total);
    for (byte[] text : texts) {
      out.putInt(text.length).put(text);
    }
    return out.flip();
  }

  /** Reads a header from its length on; reads no byte more. */
  static Map<String, String> read(InputStream in) throws IOException {
    DataInputStream data = new DataInputStream(in);
    int total = Integer.reverseBytes(data.readInt());
    if (total < 0 || total > MAX_BYTES) {
      throw new IOException(
          "a connection header must have up to "
              + MAX_BYTES
              + " bytes, got "
              + Integer.toUnsignedString(total)
              + "; is the peer a ROS 1 node?");
    }
    // grows with what comes in
    byte[] bytes = in.readNBytes(total);
    if (bytes.length < total) {
      throw new IOException("the connection ended inside its header");
    }
    return decode(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
  }

  private static Map<String, String> decode(ByteBuffer in) throws IOException {
    Map<String, String> fields = new LinkedHashMap<>();
    while (in.hasRemaining()) {
      int length = in.remaining() < Integer.BYTES ? -1 : in.getInt();
      if (length < 0 || length > in.remaining()) {
        throw new IOException("a field of the connection header runs over its end");
      }
      byte[] text = new byte[length];
      in.get(text);
      String field = new String(text, StandardCharsets.UTF_8);
      int at = field.indexOf('=');
      if (at < 0) {
        throw new IOException(
            "a field of the connection header has no '=': '" + Excerpt.of(field) + "'");
      }
      String key = field.substring(0, at);
      if (field.length() - at > MAX_NAME && !key.equals("message_definition")) {
        if (!key.equals("error")) {
          throw new IOException(
              "'%s' of the connection header must have up to %d characters, got %d"
                  .formatted(Excerpt.of(key), MAX_NAME, field.length() - at - 1));
        }
        field = key + "=" + Excerpt.of(field.substring(at + 1));
      }
      if (fields.size() >= MAX_FIELDS) {
        throw new IOException("a connection header must have up to " + MAX_FIELDS + " fields");
      }
      fields.put(key, field.substring(at + 1));
    }
    return fields;
  }
}
