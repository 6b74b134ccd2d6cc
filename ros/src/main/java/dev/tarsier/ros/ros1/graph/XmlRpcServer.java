package dev.tarsier.ros.ros1.graph;

import dev.tarsier.ros.port.RosException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves XML-RPC methods over HTTP, {@code system.multicall} and {@code system.listMethods} among
 * them. Each connection has a thread; {@value #CALLS} calls run at once, and a method must not
 * block for long. A wrong call is answered with a fault; it never ends the server.
 *
 * <p>A peer costs what {@link Limits} say and no more: a whole request has {@value
 * #REQUEST_SECONDS} s to come in, a reply as long to be taken, and where all connections are taken
 * the one that has been silent for longest makes room.
 */
public final class XmlRpcServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(XmlRpcServer.class);
  private static final int UNKNOWN_METHOD = -32601;

  /** Calls that run at once. */
  static final int CALLS = 8;

  /** For a whole request, or between two. */
  static final int REQUEST_SECONDS = 15;

  private final Limits limits;
  private final HttpMessage.BodyLimit bodies;
  private final SupervisedThreads threads;
  private final Acceptor acceptor;
  private final int maxConnections;
  private final Semaphore running = new Semaphore(CALLS);
  private final Map<String, Method> methods;

  // guarded by this
  private final Set<Connection> connections = new LinkedHashSet<>();

  /**
   * What peers may cost.
   *
   * @param requestBytes of one request
   * @param inAllBytes of all requests that are being read or answered
   * @param replyBytes of one reply
   * @param calls in one {@code system.multicall}
   * @param connections at once
   */
  public record Limits(
      int requestBytes, int inAllBytes, int replyBytes, int calls, int connections) {
    /** A node's API is told lists of URIs and single parameters: fits a heap of 384 MB. */
    public static final Limits NODE = new Limits(1 << 20, 8 << 20, 1 << 20, 100, 64);

    /** A master is told whole parameter trees, many in one call. */
    public static final Limits MASTER = new Limits(16 << 20, 64 << 20, 16 << 20, 20_000, 256);
  }

  /** One method that can be called. */
  @FunctionalInterface
  public interface Method {
    /**
     * Runs the method.
     *
     * @param arguments as sent; may be modified
     * @return a value that XML-RPC can carry
     * @throws IOException told to the caller as a fault
     */
    Object call(List<Object> arguments) throws IOException;
  }

  /** A peer's connection, and since when nothing whole has come from it. */
  private static final class Connection {
    final SocketChannel channel;
    // guarded by the server
    long waitsSinceNanos = System.nanoTime();
    boolean working;

    Connection(SocketChannel channel) {
      this.channel = channel;
    }
  }

  /**
   * Starts to serve.
   *
   * @param addresses of this machine
   * @param port 0 takes a free one
   * @param threads that it runs on
   * @param limits of its peers
   * @param methods by name. Copied.
   * @throws IOException where the port is taken or an address is not this machine's
   */
  public XmlRpcServer(
      List<InetAddress> addresses,
      int port,
      SupervisedThreads threads,
      Limits limits,
      Map<String, Method> methods)
      throws IOException {
    Map<String, Method> all = new LinkedHashMap<>(methods);
    all.put("system.multicall", this::multicall);
    all.put("system.listMethods", arguments -> List.copyOf(all.keySet()));
    this.methods = all;
    this.limits = limits;
    this.maxConnections = Descriptors.atMost(limits.connections(), 8);
    this.bodies =
        new HttpMessage.BodyLimit(limits.requestBytes(), new ByteBudget(limits.inAllBytes()));
    this.threads = threads;
    this.acceptor = new Acceptor("the XML-RPC server", addresses, port, this::take);
    acceptor.start(threads);
  }

  /** The port it serves on. */
  public int port() {
    return acceptor.port();
  }

  private void take(SocketChannel channel) {
    Connection connection = new Connection(channel);
    Connection silent = null;
    synchronized (this) {
      if (connections.size() >= maxConnections) {
        silent =
            connections.stream()
                .filter(each -> !each.working)
                .min(Comparator.comparingLong(each -> each.waitsSinceNanos))
                .orElse(connection);
        connections.remove(silent);
      }
      if (silent != connection) {
        connections.add(connection);
      }
    }
    if (silent != null) {
      QuietClose.close(silent.channel);
    }
    if (silent == connection) {
      return;
    }
    try {
      threads.start("api", () -> serve(connection));
    } catch (RosException e) {
      remove(connection);
      throw e;
    }
  }

  private synchronized void remove(Connection connection) {
    connections.remove(connection);
  }

  private synchronized void working(Connection connection, boolean working) {
    connection.working = working;
    connection.waitsSinceNanos = System.nanoTime();
  }

  private void serve(Connection connection) {
    try (SocketChannel channel = connection.channel) {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      InputStream in = new BufferedInputStream(channel.socket().getInputStream());
      boolean goOn = true;
      while (goOn) {
        goOn = serveOne(connection, in);
      }
    } catch (IOException e) {
      LOG.debug("a connection of XML-RPC ended: {}", e.toString());
    } finally {
      remove(connection);
    }
  }

  /** Reads a request and answers it. @return whether another may follow */
  private boolean serveOne(Connection connection, InputStream in) throws IOException {
    SocketChannel channel = connection.channel;
    try (HttpMessage.Body body = new HttpMessage.Body(bodies)) {
      HttpMessage request;
      try {
        request =
            Deadline.within(
                channel,
                Duration.ofSeconds(REQUEST_SECONDS),
                "a request",
                () -> HttpMessage.readRequest(in, body));
      } catch (HttpMessage.Refused e) {
        send(channel, e.status(), "Connection: close", new byte[0]);
        return false;
      }
      if (request == null) {
        return false;
      }
      if (!request.startLine().startsWith("POST ")) {
        send(channel, 405, "Allow: POST", new byte[0]);
        return false;
      }
      working(connection, true);
      boolean goOn = staysOpen(request);
      byte[] reply = answer(request.body());
      // a peer that takes it slowly holds it for long
      int counted = reply.length <= HttpMessage.SMALL ? 0 : reply.length;
      if (!bodies.inAll().take(counted)) {
        send(channel, 503, "Connection: close", new byte[0]);
        return false;
      }
      try {
        send(channel, 200, "Content-Type: text/xml", reply);
      } finally {
        bodies.inAll().giveBack(counted);
      }
      return goOn;
    } finally {
      working(connection, false);
    }
  }

  private static boolean staysOpen(HttpMessage request) {
    String wish = request.headers().getOrDefault("connection", "").toLowerCase(Locale.ROOT);
    return request.startLine().endsWith("HTTP/1.1")
        ? !wish.contains("close")
        : wish.contains("keep-alive");
  }

  private static void send(SocketChannel channel, int status, String header, byte[] body)
      throws IOException {
    String reason =
        switch (status) {
          case 200 -> "OK";
          case 400 -> "Bad Request";
          case 405 -> "Method Not Allowed";
          case 413 -> "Content Too Large";
          case 431 -> "Request Header Fields Too Large";
          default -> "Service Unavailable";
        };
    byte[] head =
        HttpMessage.head(
            "HTTP/1.1 " + status + " " + reason, header, "Content-Length: " + body.length);
    ByteBuffer bytes = ByteBuffer.allocate(head.length + body.length).put(head).put(body).flip();
    Deadline.within(
        channel,
        Duration.ofSeconds(REQUEST_SECONDS),
        "a reply",
        () -> {
          XmlRpcClient.write(channel, bytes);
          return bytes;
        });
  }

  private byte[] answer(byte[] request) throws IOException {
    try {
      if (!running.tryAcquire(REQUEST_SECONDS, TimeUnit.SECONDS)) {
        return XmlRpcCodec.encodeFault(-32500, "too many calls run at once; try again");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the server ends", e);
    }
    try {
      return reply(request);
    } finally {
      running.release();
    }
  }

  private byte[] reply(byte[] request) {
    try {
      XmlRpcCodec.Call call = XmlRpcCodec.decodeCall(request);
      return XmlRpcCodec.encodeResponse(run(call.method(), call.arguments()), limits.replyBytes());
    } catch (XmlRpcFault e) {
      return XmlRpcCodec.encodeFault(e.code(), Excerpt.of(e.getMessage()));
    } catch (IOException | RuntimeException e) {
      LOG.debug("an XML-RPC call failed", e);
      return XmlRpcCodec.encodeFault(-32500, Excerpt.of(e.getMessage()));
    }
  }

  private Object run(String name, List<Object> arguments) throws IOException {
    Method method = methods.get(name);
    if (method == null) {
      throw new XmlRpcFault(UNKNOWN_METHOD, "method '" + Excerpt.of(name) + "' is not served");
    }
    return method.call(arguments);
  }

  private Object multicall(List<Object> arguments) throws IOException {
    if (arguments.size() != 1 || !(arguments.get(0) instanceof List<?> calls)) {
      throw new XmlRpcFault(-32602, "system.multicall takes one array of calls");
    }
    if (calls.size() > limits.calls()) {
      throw new XmlRpcFault(
          -32602, "system.multicall takes up to " + limits.calls() + " calls, got " + calls.size());
    }
    List<Object> results = new ArrayList<>();
    int left = limits.replyBytes();
    for (Object call : calls) {
      // written at once, so that many large answers are never held as objects
      XmlRpcCodec.Encoded result = XmlRpcCodec.encode(oneOfMany(call), left);
      left -= result.xml().length();
      results.add(result);
    }
    return results;
  }

  private Object oneOfMany(Object call) {
    try {
      if (call instanceof Map<?, ?> members
          && members.get("methodName") instanceof String name
          && members.get("params") instanceof List<?> params) {
        if (name.equals("system.multicall")) {
          return XmlRpcCodec.fault(-32600, "system.multicall does not nest");
        }
        return List.of(run(name, new ArrayList<>(params)));
      }
      return XmlRpcCodec.fault(-32602, "a call must have methodName and params");
    } catch (XmlRpcFault e) {
      return XmlRpcCodec.fault(e.code(), Excerpt.of(e.getMessage()));
    } catch (IOException | RuntimeException e) {
      return XmlRpcCodec.fault(-32500, Excerpt.of(e.getMessage()));
    }
  }

  /** Stops at once; calls that run are cut off. */
  @Override
  public void close() {
    acceptor.close();
    List<Connection> open;
    synchronized (this) {
      open = List.copyOf(connections);
    }
    open.forEach(connection -> QuietClose.close(connection.channel));
  }
}
