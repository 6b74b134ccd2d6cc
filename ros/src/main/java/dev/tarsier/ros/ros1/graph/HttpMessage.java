package dev.tarsier.ros.ros1.graph;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A request or reply of HTTP/1.0 or 1.1, as far as XML-RPC needs it. Memory is taken as bytes come
 * in, never on the word of a length. Time is the caller's to bound, by {@link Deadline}.
 *
 * @param startLine the first line
 * @param headers by name in lower case; of several of a name the last
 * @param body what follows
 */
record HttpMessage(String startLine, Map<String, String> headers, byte[] body) {
  private static final int MAX_HEAD_BYTES = 16 << 10;
  private static final int MAX_HEADERS = 100;

  /** A body up to this is not worth counting. */
  static final int SMALL = 16 << 10;

  /** What a call or its answer seldom exceeds; a node calls its master every other second. */
  private static final int USUAL = 1 << 10;

  private static final Pattern INTERIM = Pattern.compile("HTTP/1\\.\\d 1\\d\\d.*");
  private static final Pattern BODILESS = Pattern.compile("HTTP/1\\.\\d (1\\d\\d|204|304).*");

  /** A message that is not read to its end; the connection is of no further use. */
  static final class Refused extends IOException {
    private static final long serialVersionUID = 1L;
    private final int status;

    Refused(int status, String message) {
      super(message);
      this.status = status;
    }

    /** What HTTP calls it. */
    int status() {
      return status;
    }
  }

  /**
   * How much a body may have.
   *
   * @param bytes of one body
   * @param inAll shared with other connections; what a body took is given back when its body is
   *     closed
   */
  record BodyLimit(int bytes, ByteBudget inAll) {
    static BodyLimit of(int bytes) {
      return new BodyLimit(bytes, new ByteBudget(2L * bytes + SMALL));
    }
  }

  /** Reads a request. @return null where the peer closed between two requests */
  static HttpMessage readRequest(InputStream in, Body body) throws IOException {
    return read(in, body, false);
  }

  /** Reads a reply; one without a length goes to the connection's end. */
  static HttpMessage readReply(InputStream in, Body body) throws IOException {
    HttpMessage reply = read(in, body, true);
    while (reply != null && INTERIM.matcher(reply.startLine()).matches()) {
      reply = read(in, body, true);
    }
    if (reply == null) {
      throw new EOFException("the connection was closed without a reply");
    }
    return reply;
  }

  private static HttpMessage read(InputStream in, Body body, boolean reply) throws IOException {
    int[] left = {MAX_HEAD_BYTES};
    String start = line(in, left);
    // RFC 9112 §2.2: an empty line before a request is to be ignored
    while (start != null && start.isEmpty()) {
      start = line(in, left);
    }
    if (start == null) {
      return null;
    }
    Map<String, String> headers = headers(in, left);
    boolean noBody = reply && BODILESS.matcher(start).matches();
    if (noBody) {
      return new HttpMessage(start, headers, new byte[0]);
    }
    if (headers
        .getOrDefault("transfer-encoding", "")
        .toLowerCase(Locale.ROOT)
        .contains("chunked")) {
      chunks(in, body, left);
    } else if (headers.containsKey("content-length")) {
      body.read(in, length(headers.get("content-length"), 10));
    } else if (reply) {
      body.readToEnd(in);
    }
    return new HttpMessage(start, headers, body.bytes());
  }

  private static Map<String, String> headers(InputStream in, int[] left) throws IOException {
    Map<String, String> headers = new HashMap<>();
    for (String line = line(in, left); line == null || !line.isEmpty(); line = line(in, left)) {
      if (line == null) {
        throw new EOFException("the connection ended inside a header of HTTP");
      }
      int colon = line.indexOf(':');
      if (colon <= 0 || headers.size() >= MAX_HEADERS) {
        throw new Refused(400, "no header of HTTP: '" + Excerpt.of(line) + "'");
      }
      headers.put(
          line.substring(0, colon).strip().toLowerCase(Locale.ROOT),
          line.substring(colon + 1).strip());
    }
    return headers;
  }

  private static void chunks(InputStream in, Body body, int[] left) throws IOException {
    while (true) {
      String line = line(in, left);
      if (line == null) {
        throw new EOFException("the connection ended between chunks");
      }
      int size = length(line.contains(";") ? line.substring(0, line.indexOf(';')) : line, 16);
      if (size == 0) {
        headers(in, left);
        return;
      }
      body.read(in, size);
      line(in, left);
      // what was counted is the chunk's own line: a long body may have many
      left[0] = MAX_HEAD_BYTES;
    }
  }

  private static int length(String text, int radix) throws IOException {
    try {
      long length = Long.parseLong(text.strip(), radix);
      if (length >= 0) {
        return (int) Math.min(length, Integer.MAX_VALUE);
      }
    } catch (NumberFormatException e) {
      throw new Refused(400, "no length: '" + Excerpt.of(text) + "'");
    }
    throw new Refused(400, "no length: '" + Excerpt.of(text) + "'");
  }

  /** One line without its end; null at the end of the stream before any byte of it. */
  private static String line(InputStream in, int[] left) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        if (line.length() == 0) {
          return null;
        }
        throw new EOFException("the connection ended inside a line of HTTP");
      }
      if (--left[0] < 0) {
        throw new Refused(431, "the head of HTTP has more than " + MAX_HEAD_BYTES + " bytes");
      }
      line.append((char) b);
    }
    int end = line.length();
    return line.substring(0, end > 0 && line.charAt(end - 1) == '\r' ? end - 1 : end);
  }

  /** A body while it is read. One thread; closed by its reader, which gives the memory back. */
  static final class Body implements AutoCloseable {
    private final BodyLimit limit;
    private byte[] bytes = new byte[USUAL];
    private int length;
    private long taken;

    Body(BodyLimit limit) {
      this.limit = limit;
    }

    private void read(InputStream in, int more) throws IOException {
      if (more > limit.bytes() - length) {
        throw new Refused(
            413, "a body must have up to %d bytes, got more".formatted(limit.bytes()));
      }
      int end = length + more;
      while (length < end) {
        makeRoom(end);
        int n = in.read(bytes, length, Math.min(end, bytes.length) - length);
        if (n < 0) {
          throw new EOFException("the connection ended inside a body of HTTP");
        }
        length += n;
      }
    }

    private void readToEnd(InputStream in) throws IOException {
      while (true) {
        makeRoom(limit.bytes() + 1);
        int n = in.read(bytes, length, bytes.length - length);
        if (n < 0) {
          return;
        }
        length += n;
        if (length > limit.bytes()) {
          throw new Refused(
              413, "a body must have up to %d bytes, got more".formatted(limit.bytes()));
        }
      }
    }

    /** Doubles what has been filled, so that a length that lies costs nothing. */
    private void makeRoom(int wanted) throws Refused {
      if (length < bytes.length || length >= wanted) {
        return;
      }
      int capacity = (int) Math.min(wanted, 2L * bytes.length);
      if (capacity > SMALL) {
        long more = (long) capacity - (taken == 0 ? 0 : bytes.length);
        if (!limit.inAll().take(more)) {
          throw new Refused(503, "too much is being sent at once; try again");
        }
        taken += more;
      }
      bytes = Arrays.copyOf(bytes, capacity);
    }

    byte[] bytes() {
      return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }

    @Override
    public void close() {
      limit.inAll().giveBack(taken);
      taken = 0;
    }
  }

  /** Text of the head in bytes. */
  static byte[] head(String... lines) {
    return (String.join("\r\n", lines) + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
  }
}
