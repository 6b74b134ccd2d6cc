package dev.tarsier.ros.transport;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the connections of subscribers, reads their header, and hands them to the topic they ask
 * for. Each connection has a thread; a peer that does not finish its header is dropped after some
 * seconds.
 */
final class TcpRosServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TcpRosServer.class);
  private static final int MAX_CONNECTIONS = 512;
  private static final int HANDSHAKE_MILLIS = 5_000;

  private final RosNode node;
  private final ServerSocketChannel server;
  private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();

  TcpRosServer(RosNode node, InetAddress bind) throws IOException {
    this.node = node;
    this.server = ServerSocketChannel.open(StandardProtocolFamily.INET);
    server.bind(new InetSocketAddress(bind, 0), 64);
  }

  int port() {
    return server.socket().getLocalPort();
  }

  /** Accepts until closed; run by a thread of its own. */
  void run() {
    while (server.isOpen()) {
      try {
        SocketChannel channel = server.accept();
        if (connections.size() >= MAX_CONNECTIONS) {
          LOG.warn("{} has {} connections; one more is refused", node.name(), connections.size());
          channel.close();
          continue;
        }
        connections.add(channel);
        node.startThread("send", () -> serve(channel));
      } catch (IOException e) {
        if (server.isOpen()) {
          LOG.warn("{} could not accept a connection: {}", node.name(), e.toString());
        }
      }
    }
  }

  private void serve(SocketChannel channel) {
    try (channel) {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
      channel.socket().setSoTimeout(HANDSHAKE_MILLIS);
      Map<String, String> header = TcpRosHeader.read(channel.socket().getInputStream());
      String objection = objection(header);
      if (objection != null) {
        LOG.warn("{} refuses a subscriber: {}", node.name(), objection);
        write(channel, Map.of("error", objection));
        return;
      }
      Publication<?> topic = node.publication(header.get("topic")).orElseThrow();
      topic.serve(node.nextConnectionId(), header.get("callerid"), channel);
    } catch (IOException | RuntimeException e) {
      LOG.debug("{}: a subscriber's connection ended: {}", node.name(), e.toString());
    } finally {
      connections.remove(channel);
    }
  }

  private String objection(Map<String, String> header) {
    if (header.containsKey("service")) {
      return node.name() + " serves no service " + header.get("service");
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
    return node.publication(topic).isPresent() ? null : node.name() + " does not publish " + topic;
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
    closeQuietly(server);
    connections.forEach(TcpRosServer::closeQuietly);
  }

  private static void closeQuietly(AutoCloseable open) {
    try {
      open.close();
    } catch (Exception e) {
      LOG.debug("closing a socket", e);
    }
  }
}
