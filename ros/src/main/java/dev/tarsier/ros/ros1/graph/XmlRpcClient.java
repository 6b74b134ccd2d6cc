package dev.tarsier.ros.ros1.graph;

import dev.tarsier.ros.port.RosException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.MalformedURLException;
import java.net.StandardSocketOptions;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Calls one XML-RPC server, with a connection per call: a peer that restarts is then never met with
 * a stale connection. Any thread may call.
 */
public final class XmlRpcClient {
  /** A robot description of some megabytes is the largest value met in practice. */
  static final int MAX_REPLY_BYTES = 16 << 20;

  private static final int MAX_URI = 2_000;
  private static final int READ_BYTES = 1 << 10;
  private static final int MAX_KEPT_BYTES = 1 << 10;
  private static final Pattern DONE = Pattern.compile("HTTP/1\\.\\d 200( .*)?");

  private final URL url;
  private final Duration timeout;
  private final int maxReplyBytes;

  /** A master that is asked each five seconds says the same each time: read once. */
  private volatile Reply last;

  /** What a server said, and what that means, which nobody modifies. */
  private record Reply(byte[] document, Object value) {}

  /**
   * A client of one server.
   *
   * @param uri such as {@code http://robot:11311}
   * @param timeout of a whole call, from connecting to the reply's last byte
   * @throws RosException where the URI is not one of HTTP
   */
  public XmlRpcClient(String uri, Duration timeout) {
    this(uri, timeout, MAX_REPLY_BYTES);
  }

  /**
   * A client of one server that is to say little.
   *
   * @param uri such as {@code http://robot:11311}
   * @param timeout of a whole call, from connecting to the reply's last byte
   * @param maxReplyBytes a longer reply is an error
   * @throws RosException where the URI is not one of HTTP
   */
  public XmlRpcClient(String uri, Duration timeout, int maxReplyBytes) {
    try {
      this.url = new URL(uri.length() > MAX_URI ? "" : uri);
    } catch (MalformedURLException e) {
      throw new RosException("not a URI like http://host:port: '" + Excerpt.of(uri) + "'", e);
    }
    if (!url.getProtocol().equals("http")
        || url.getHost().isEmpty()
        || url.getPort() > 65_535
        || hasControls(uri)) {
      throw new RosException("not a URI like http://host:port: '" + Excerpt.of(uri) + "'");
    }
    this.timeout = timeout;
    this.maxReplyBytes = maxReplyBytes;
  }

  /** They would end up in the request's head. */
  private static boolean hasControls(String uri) {
    return uri.chars().anyMatch(c -> c <= ' ' || c == 0x7f);
  }

  /** The server's address. */
  public String uri() {
    return url.toString();
  }

  /**
   * Calls a method and waits for its result.
   *
   * @param method such as {@code getPid}
   * @param arguments Not modified.
   * @throws XmlRpcFault where the server answers with a fault or nonsense
   * @throws IOException where it cannot be reached or does not answer in time
   */
  public Object call(String method, Object... arguments) throws IOException {
    return call(method, Arrays.asList(arguments));
  }

  private Object call(String method, List<Object> arguments) throws IOException {
    byte[] request = XmlRpcCodec.encodeCall(method, arguments);
    InetSocketAddress address =
        new InetSocketAddress(url.getHost(), url.getPort() < 0 ? 80 : url.getPort());
    if (address.isUnresolved()) {
      throw new IOException("no such host: " + url.getHost());
    }
    try (SocketChannel channel = SocketChannel.open()) {
      return Deadline.within(
          channel,
          timeout,
          method + " of " + uri(),
          () -> exchange(channel, address, method, request));
    }
  }

  private Object exchange(
      SocketChannel channel, InetSocketAddress address, String method, byte[] request)
      throws IOException {
    channel.connect(address);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    String path = url.getFile().isEmpty() ? "/" : url.getFile();
    byte[] head =
        HttpMessage.head(
            "POST " + path + " HTTP/1.1",
            "Host: " + url.getAuthority(),
            "User-Agent: tarsier",
            "Content-Type: text/xml",
            "Content-Length: " + request.length);
    ByteBuffer bytes = ByteBuffer.allocate(head.length + request.length);
    write(channel, bytes.put(head).put(request).flip());
    HttpMessage reply;
    try (HttpMessage.Body body = new HttpMessage.Body(HttpMessage.BodyLimit.of(maxReplyBytes))) {
      reply =
          HttpMessage.readReply(
              new BufferedInputStream(channel.socket().getInputStream(), READ_BYTES), body);
    } catch (HttpMessage.Refused e) {
      throw new IOException(uri() + " answered " + method + " with nonsense: " + e.getMessage(), e);
    }
    if (!DONE.matcher(reply.startLine()).matches()) {
      throw new IOException(
          uri() + " answered " + method + " with '" + Excerpt.of(reply.startLine()) + "'");
    }
    Reply last = this.last;
    if (last == null || !Arrays.equals(last.document(), reply.body())) {
      last = new Reply(reply.body(), XmlRpcCodec.decodeResponse(reply.body()));
      this.last = last.document().length <= MAX_KEPT_BYTES ? last : null;
    }
    return last.value();
  }

  /** In pieces: the JDK keeps a direct buffer of the largest piece for each thread. */
  static void write(SocketChannel channel, ByteBuffer bytes) throws IOException {
    int end = bytes.limit();
    while (bytes.position() < end) {
      bytes.limit(Math.min(end, bytes.position() + (64 << 10)));
      channel.write(bytes);
    }
  }

  /**
   * Calls a method of a ROS API and takes the value out of its {@code [code, message, value]}.
   *
   * @param method such as {@code lookupNode}
   * @param arguments Not modified.
   * @return the value
   * @throws XmlRpcFault with the code and the message, where the code is not 1
   * @throws IOException where the server cannot be reached or does not answer in time
   */
  public Object callRos(String method, Object... arguments) throws IOException {
    Object reply = call(method, Arrays.asList(arguments));
    if (reply instanceof List<?> parts
        && parts.size() >= 2
        && parts.get(0) instanceof Integer code) {
      if (code != 1) {
        throw new XmlRpcFault(code, Excerpt.of(parts.get(1)));
      }
      // roscpp's replies leave the value out where there is nothing to say
      return parts.size() > 2 ? parts.get(2) : 0;
    }
    throw new XmlRpcFault(
        -32600,
        uri() + " answered " + method + " with no [code, message, value]: " + Excerpt.of(reply));
  }
}
