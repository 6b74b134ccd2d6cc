package dev.tarsier.runtime.telemetry;

import dev.tarsier.runtime.config.BrokerAddress;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The client's side of a WebSocket (RFC 6455) that carries MQTT: binary frames as a stream of
 * bytes. A frame is never held in memory, whatever length it claims.
 */
final class WebSocket {
  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final int MOST_HEAD_BYTES = 8192;
  private static final int CONTINUATION = 0;
  private static final int BINARY = 2;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;
  private static final int MOST_CONTROL_BYTES = 125;

  private final InputStream in;
  private final OutputStream out;
  private final SecureRandom random = new SecureRandom();

  private WebSocket(InputStream in, OutputStream out) {
    this.in = in;
    this.out = out;
  }

  /**
   * Turns a connection into a WebSocket.
   *
   * @param in from the server
   * @param out to the server
   * @param address host, port and path to ask for
   * @throws IOException when the server does not speak MQTT through WebSockets there
   */
  static WebSocket open(InputStream in, OutputStream out, BrokerAddress address)
      throws IOException {
    WebSocket socket = new WebSocket(in, out);
    byte[] nonce = new byte[16];
    socket.random.nextBytes(nonce);
    String key = Base64.getEncoder().encodeToString(nonce);
    String host = address.host().contains(":") ? "[" + address.host() + "]" : address.host();
    String request =
        String.join(
            "\r\n",
            "GET " + address.path() + " HTTP/1.1",
            "Host: " + host + ":" + address.port(),
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: " + key,
            "Sec-WebSocket-Protocol: mqtt",
            "Sec-WebSocket-Version: 13",
            "",
            "");
    out.write(request.getBytes(StandardCharsets.UTF_8));
    out.flush();
    socket.checkAnswer(key);
    return socket;
  }

  /** What the server's frames carry. */
  InputStream in() {
    return new Frames();
  }

  /** Each write is a frame. */
  OutputStream out() {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] from, int offset, int length) throws IOException {
        send(BINARY, from, offset, length);
      }
    };
  }

  private void checkAnswer(String key) throws IOException {
    List<String> lines = readHead().lines().toList();
    String status = lines.isEmpty() ? "" : lines.get(0);
    if (!status.matches("HTTP/1\\.1 101( .*)?")) {
      throw new IOException("it is no WebSocket: it answered " + shown(status));
    }
    String wanted = Base64.getEncoder().encodeToString(sha1(key + GUID));
    Optional<String> accepted =
        lines.stream()
            .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("sec-websocket-accept:"))
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst();
    if (!accepted.equals(Optional.of(wanted))) {
      throw new IOException("it is no WebSocket: its answer is to another key");
    }
  }

  private static String shown(String line) {
    String plain = line.replaceAll("[^\\x20-\\x7E]", "?");
    return "'" + plain.substring(0, Math.min(80, plain.length())) + "'";
  }

  private String readHead() throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int ends = 0;
    while (ends < 4) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("it closed the connection");
      }
      if (head.size() == MOST_HEAD_BYTES) {
        throw new IOException("it is no WebSocket: its answer has no end");
      }
      head.write(next);
      ends = next == (ends % 2 == 0 ? '\r' : '\n') ? ends + 1 : next == '\r' ? 1 : 0;
    }
    return head.toString(StandardCharsets.ISO_8859_1);
  }

  private static byte[] sha1(String text) {
    try {
      return MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.US_ASCII));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-1", e);
    }
  }

  /** One frame, masked as a client's must be. The writer's and the reader's (pongs) do not mix. */
  private void send(int opcode, byte[] from, int offset, int length) throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(length + 14);
    frame.put((byte) (0x80 | opcode));
    if (length <= MOST_CONTROL_BYTES) {
      frame.put((byte) (0x80 | length));
    } else if (length <= 0xFFFF) {
      frame.put((byte) (0x80 | 126)).putShort((short) length);
    } else {
      frame.put((byte) (0x80 | 127)).putLong(length);
    }
    byte[] mask = new byte[4];
    random.nextBytes(mask);
    frame.put(mask);
    for (int i = 0; i < length; i++) {
      frame.put((byte) (from[offset + i] ^ mask[i % 4]));
    }
    synchronized (out) {
      out.write(frame.array(), 0, frame.position());
      out.flush();
    }
  }

  private final class Frames extends InputStream {
    private long left;
    private boolean closed;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      while (left == 0 && !closed) {
        nextFrame();
      }
      if (closed) {
        return -1;
      }
      int count = in.read(to, offset, (int) Math.min(left, length));
      left -= Math.max(0, count);
      return count;
    }

    private void nextFrame() throws IOException {
      int first = in.read();
      if (first < 0) {
        closed = true;
        return;
      }
      int opcode = first & 0x0F;
      long length = length(octet());
      boolean control = opcode >= CLOSE;
      if ((first & 0x70) != 0 || length < 0 || (control && length > MOST_CONTROL_BYTES)) {
        throw new IOException("the broker sent a WebSocket frame that breaks RFC 6455");
      }
      switch (opcode) {
        case CONTINUATION, BINARY -> left = length;
        case CLOSE -> closed = true;
        case PING -> {
          byte[] payload = in.readNBytes((int) length);
          send(PONG, payload, 0, payload.length);
        }
        case PONG -> in.skipNBytes(length);
        default -> throw new IOException("the broker sent a WebSocket frame that is not binary");
      }
    }

    /** Of a frame that is not masked: a server's never is. */
    private long length(int second) throws IOException {
      if (second == 127) {
        long length = 0;
        for (int i = 0; i < 8; i++) {
          length = length << 8 | octet();
        }
        return length;
      }
      return second == 126 ? octet() << 8 | octet() : second > 0x7F ? -1 : second;
    }

    private int octet() throws IOException {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("the broker closed the connection");
      }
      return next;
    }
  }
}
