package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.port.RosException;
import dev.tarsier.ros.ros1.graph.Acceptor;
import dev.tarsier.ros.ros1.graph.Deadline;
import dev.tarsier.ros.ros1.graph.Descriptors;
import dev.tarsier.ros.ros1.graph.Excerpt;
import dev.tarsier.ros.ros1.graph.QuietClose;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the connections of subscribers, reads their header, and hands them to the topic they ask
 * for. Each connection has a thread. A whole header must be there within {@value
 * #HANDSHAKE_SECONDS} s, and where too many are being waited for the one that has taken longest
 * makes room, so that slow peers keep nobody out.
 */
final class TcpRosServer implements AutoCloseable {
  /** Subscribers at once, where the process has descriptors enough. */
  static final int MAX_SUBSCRIBERS = 512;

  /** Subscribers from one address, so that no machine takes all places. */
  static final int MAX_OF_ONE_ADDRESS = 256;

  /** Connections whose header is being waited for. */
  static final int MAX_HANDSHAKES = 64;

  static final int HANDSHAKE_SECONDS = 5;

  private static final Logger LOG = LoggerFactory.getLogger(TcpRosServer.class);
  private static final String REFUSALS = "refused subscribers";

  private final RosNode node;
  private final Acceptor acceptor;
  private final int maxSubscribers = Descriptors.atMost(MAX_SUBSCRIBERS, 4);
  private final int maxOfOneAddress = Math.min(MAX_OF_ONE_ADDRESS, maxSubscribers);
  private final int maxHandshakes = Descriptors.atMost(MAX_HANDSHAKES, 8);

  // guarded by this; the oldest first
  private final Set<SocketChannel> handshakes = new LinkedHashSet<>();
  private final Map<SocketChannel, InetAddress> subscribers = new LinkedHashMap<>();

  TcpRosServer(RosNode node, List<InetAddress> bind) throws IOException {
    this.node = node;
    this.acceptor = new Acceptor(node.name() + "'s topic server", bind, 0, this::take);
  }

  int port() {
    return acceptor.port();
  }

  /** Takes connections from here on. */
  void start() {
    acceptor.start(node.threads());
  }

  private void take(SocketChannel channel) {
    SocketChannel slowest = null;
    synchronized (this) {
      if (handshakes.size() >= maxHandshakes) {
        slowest = handshakes.iterator().next();
        handshakes.remove(slowest);
      }
      handshakes.add(channel);
    }
    if (slowest != null) {
      QuietClose.close(slowest);
    }
    try {
      node.startThread("send", () -> serve(channel));
    } catch (RosException e) {
      forget(channel);
      throw e;
    }
  }

  private synchronized void forget(SocketChannel channel) {
    handshakes.remove(channel);
    subscribers.remove(channel);
  }

  private void serve(SocketChannel channel) {
    try (channel) {
      KeepAlive.on(channel);
      Map<String, String> header =
          Deadline.within(
              channel,
              Duration.ofSeconds(HANDSHAKE_SECONDS),
              "a header",
              () -> readHeader(channel));
      if (header == null) {
        return;
      }
      Publication<?> topic = node.publication(header.get("topic")).orElseThrow();
      topic.serve(node.nextConnectionId(), header.get("callerid"), channel);
    } catch (IOException | RuntimeException e) {
      LOG.debug("{}: a subscriber's connection ended: {}", node.name(), e.toString());
    } finally {
      forget(channel);
    }
  }

  /** Reads a header; null where the subscriber is refused, and has been told. */
  private Map<String, String> readHeader(SocketChannel channel) throws IOException {
    Map<String, String> header = TcpRosHeader.read(channel.socket().getInputStream());
    String objection = objection(header);
    if (objection == null) {
      objection = admit(channel);
    }
    if (objection == null) {
      return header;
    }
    node.complain(REFUSALS, node.name() + " refuses a subscriber: " + objection);
    write(channel, Map.of("error", objection));
    return null;
  }

  /** Counts a connection as a subscriber; says why not where it is one too many. */
  private synchronized String admit(SocketChannel channel) throws IOException {
    if (!handshakes.remove(channel)) {
      throw new IOException("it had to make room for another connection");
    }
    InetAddress address =
        channel.getRemoteAddress() instanceof InetSocketAddress remote ? remote.getAddress() : null;
    long same = subscribers.values().stream().filter(each -> each.equals(address)).count();
    if (subscribers.size() >= maxSubscribers || same >= maxOfOneAddress) {
      return "%s has %d subscribers already, %d of them from %s"
          .formatted(node.name(), subscribers.size(), same, address);
    }
    subscribers.put(channel, address);
    return null;
  }

  private String objection(Map<String, String> header) {
    if (header.containsKey("service")) {
      return node.name() + " serves no service " + Excerpt.of(header.get("service"));
    }
    if (header.getOrDefault("callerid", "").isEmpty()) {
      return "the connection header has no callerid";
    }
    String topic = header.get("topic");
    if (topic == null) {
      return "the connection header has no topic";
    }
    return node.publication(topic)
        .map(publication -> publication.objection(header))
        .orElseGet(() -> known(topic));
  }

  private String known(String topic) {
    return node.publication(topic).isPresent()
        ? null
        : node.name() + " does not publish " + Excerpt.of(topic);
  }

  private static void write(SocketChannel channel, Map<String, String> fields) throws IOException {
    ByteBuffer bytes = TcpRosHeader.encode(fields);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Takes no more connections and ends those there are. */
  @Override
  public void close() {
    acceptor.close();
    List<SocketChannel> open;
    synchronized (this) {
      open = new ArrayList<>(handshakes);
      open.addAll(subscribers.keySet());
    }
    open.forEach(QuietClose::close);
  }
}
