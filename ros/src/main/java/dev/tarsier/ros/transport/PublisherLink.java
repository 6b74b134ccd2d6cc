package dev.tarsier.ros.transport;

import dev.tarsier.ros.graph.XmlRpcClient;
import dev.tarsier.ros.message.MessageType;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One publisher of a topic we subscribe to, by its slave API. Connects, reads, and connects again
 * with a growing pause until the master withdraws the publisher: a dead node stays registered, and
 * may come back.
 */
final class PublisherLink {
  private static final Logger LOG = LoggerFactory.getLogger(PublisherLink.class);
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(5);
  private static final int HANDSHAKE_MILLIS = 5_000;
  private static final long FIRST_PAUSE_MILLIS = 50;
  private static final long LAST_PAUSE_MILLIS = 5_000;

  private final int id;
  private final RosNode node;
  private final TopicSubscription subscription;
  private final String publisherApi;
  private final AtomicLong receivedBytes = new AtomicLong();

  // guarded by this
  private SocketChannel channel;
  private boolean closed;
  private boolean connected;
  private String lastFailure = "";
  private String publisherName = "";

  PublisherLink(int id, RosNode node, TopicSubscription subscription, String publisherApi) {
    this.id = id;
    this.node = node;
    this.subscription = subscription;
    this.publisherApi = publisherApi;
  }

  int id() {
    return id;
  }

  String publisherApi() {
    return publisherApi;
  }

  long receivedBytes() {
    return receivedBytes.get();
  }

  synchronized boolean isConnected() {
    return connected;
  }

  synchronized PublisherState state() {
    return new PublisherState(
        publisherName.isEmpty() ? publisherApi : publisherName,
        connected,
        receivedBytes.get(),
        connected ? "" : lastFailure);
  }

  /** Receives until closed; run by a thread of its own. */
  void run() {
    long pauseMillis = FIRST_PAUSE_MILLIS;
    while (!isClosed()) {
      try {
        receive();
      } catch (IOException | RuntimeException e) {
        // an address that resolves to nothing comes unchecked, and must not end the attempts
        if (disconnected()) {
          pauseMillis = FIRST_PAUSE_MILLIS;
        }
        tellOnce(e);
      }
      if (!pause(pauseMillis)) {
        return;
      }
      pauseMillis = Math.min(2 * pauseMillis, LAST_PAUSE_MILLIS);
    }
  }

  private void receive() throws IOException {
    InetSocketAddress address = ask();
    try (SocketChannel socket = SocketChannel.open()) {
      if (!adopt(socket)) {
        return;
      }
      socket.socket().connect(address, HANDSHAKE_MILLIS);
      socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
      socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
      shakeHands(socket);
      synchronized (this) {
        connected = true;
        lastFailure = "";
      }
      subscription.connectionsChanged();
      LOG.debug("receiving {} from {}", subscription.topic(), publisherApi);
      IncomingMessages messages = new IncomingMessages(socket, IncomingMessages.MAX_MESSAGE_BYTES);
      while (true) {
        ByteBuffer body = messages.next();
        long arrivalNanos = System.nanoTime();
        receivedBytes.addAndGet(Integer.BYTES + body.remaining());
        subscription.deliver(body, arrivalNanos);
      }
    }
  }

  /** Asks the publisher where it serves the topic. */
  private InetSocketAddress ask() throws IOException {
    Object reply =
        new XmlRpcClient(publisherApi, CALL_TIMEOUT)
            .callRos("requestTopic", node.name(), subscription.topic(), List.of(List.of("TCPROS")));
    if (reply instanceof List<?> protocol
        && protocol.size() >= 3
        && protocol.get(1) instanceof String host
        && protocol.get(2) instanceof Integer port
        && port > 0
        && port < 65536) {
      return new InetSocketAddress(host, port);
    }
    throw new IOException("requestTopic was answered with " + reply);
  }

  private void shakeHands(SocketChannel socket) throws IOException {
    MessageType<?> type = subscription.type();
    Map<String, String> hello = new LinkedHashMap<>();
    hello.put("callerid", node.name());
    hello.put("topic", subscription.topic());
    hello.put("type", type.name());
    hello.put("md5sum", type.md5());
    hello.put("message_definition", type.definition());
    hello.put("tcp_nodelay", "1");
    ByteBuffer bytes = TcpRosHeader.encode(hello);
    while (bytes.hasRemaining()) {
      socket.write(bytes);
    }
    socket.socket().setSoTimeout(HANDSHAKE_MILLIS);
    Map<String, String> answer = TcpRosHeader.read(socket.socket().getInputStream());
    socket.socket().setSoTimeout(0);
    if (answer.containsKey("error")) {
      throw new IOException("the publisher refuses: " + answer.get("error"));
    }
    synchronized (this) {
      publisherName = answer.getOrDefault("callerid", "");
    }
    String md5 = answer.getOrDefault("md5sum", "*");
    if (!md5.equals("*") && !md5.equals(type.md5())) {
      throw new IOException(
          "%s is published as %s with md5 %s, and %s with md5 %s is wanted"
              .formatted(subscription.topic(), answer.get("type"), md5, type.name(), type.md5()));
    }
  }

  private synchronized boolean adopt(SocketChannel socket) {
    channel = socket;
    return !closed;
  }

  /** Whether it had been connected. */
  private boolean disconnected() {
    boolean was;
    synchronized (this) {
      was = connected;
      connected = false;
    }
    if (was) {
      subscription.connectionsChanged();
    }
    return was;
  }

  private void tellOnce(Exception failure) {
    String reason = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    boolean fresh;
    synchronized (this) {
      fresh = !closed && !reason.equals(lastFailure);
      lastFailure = reason;
    }
    if (fresh) {
      LOG.warn(
          "no {} from {}: {}; trying again until the master withdraws it",
          subscription.topic(),
          publisherApi,
          reason);
    }
  }

  private synchronized boolean pause(long millis) {
    long end = System.nanoTime() + millis * 1_000_000;
    try {
      for (long left = millis; left > 0 && !closed; ) {
        wait(left);
        left = (end - System.nanoTime()) / 1_000_000;
      }
      return !closed;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  void close() {
    SocketChannel open;
    synchronized (this) {
      closed = true;
      open = channel;
      notifyAll();
    }
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        LOG.debug("closing the connection to {}", publisherApi, e);
      }
    }
  }
}
