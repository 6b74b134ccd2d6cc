package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.port.PublisherState;
import dev.tarsier.ros.ros1.graph.Deadline;
import dev.tarsier.ros.ros1.graph.Excerpt;
import dev.tarsier.ros.ros1.graph.QuietClose;
import dev.tarsier.ros.ros1.graph.XmlRpcClient;
import dev.tarsier.ros.ros1.message.MessageBody;
import dev.tarsier.ros.ros1.message.MessageType;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One publisher of a topic we subscribe to, by its slave API. Connects on a thread of the node's
 * {@link LinkConnector}, reads on one of its own, and connects again with a growing pause until the
 * master withdraws the publisher: a dead node stays registered, and may come back.
 *
 * <p>A connection that is silent is doubted: {@link #doubt} asks the publisher whether it still has
 * it, and one on which messages came regularly is made anew after {@value #REGULAR_SILENCE_SECONDS}
 * s without any.
 */
final class PublisherLink {
  /** Silence after which the publisher is asked whether it still has the connection. */
  static final int DOUBT_SECONDS = 8;

  /** Silence after which a connection is made anew that had messages at least every second. */
  static final int REGULAR_SILENCE_SECONDS = 20;

  private static final Logger LOG = LoggerFactory.getLogger(PublisherLink.class);
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration HANDSHAKE = Duration.ofSeconds(5);
  private static final int MAX_REPLY_BYTES = 64 << 10;
  private static final int MAX_BUS_INFO_BYTES = 1 << 20;
  private static final long FIRST_PAUSE_MILLIS = 50;
  private static final long LAST_PAUSE_MILLIS = 5_000;
  private static final long SOUND_NANOS = 5_000_000_000L;
  private static final int REGULAR_MESSAGES = 5;
  private static final long REGULAR_NANOS = 1_000_000_000L;
  private static final int DOUBTS = 2;

  /** Pause after an answer; asked again at once where there was none, so that 30 s are kept. */
  private static final long ANSWERED_NANOS = 12_000_000_000L;

  private final int id;
  private final RosNode node;
  private final TopicSubscription subscription;
  private final String publisherApi;
  private final AtomicLong receivedBytes = new AtomicLong();

  // written by the receiving thread
  private volatile long lastMessageNanos;
  private volatile long messages;

  // guarded by this
  private SocketChannel channel;
  private boolean closed;
  private boolean connected;
  private long connectedNanos;
  private long pauseMillis = FIRST_PAUSE_MILLIS;
  private String lastFailure = "";
  private boolean lossTold;
  private String publisherName = "";
  private int unanswered;
  private long doubtedNanos;
  private boolean doubting;

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

  // ---- connecting; run by the connector's threads

  /** Connects once; where it fails, it is tried again later. */
  void connect() {
    if (isClosed()) {
      return;
    }
    SocketChannel socket = null;
    try {
      InetSocketAddress address = ask();
      socket = SocketChannel.open();
      if (!adopt(socket)) {
        QuietClose.close(socket);
        return;
      }
      SocketChannel open = socket;
      Deadline.within(
          open,
          HANDSHAKE,
          "the handshake at " + address,
          () -> {
            KeepAlive.on(open);
            open.connect(address);
            return shakeHands(open);
          });
      node.startThread("receive-" + subscription.topic(), () -> receive(open));
    } catch (IOException | RuntimeException e) {
      // an address that resolves to nothing comes unchecked, and must not end the attempts
      QuietClose.close(socket);
      tellOnce(e);
      connectLater();
    } catch (Error e) {
      QuietClose.close(socket);
      connectLater();
      throw e;
    }
  }

  private void connectLater() {
    long pause;
    synchronized (this) {
      if (closed) {
        return;
      }
      pause = pauseMillis;
      pauseMillis = Math.min(2 * pauseMillis, LAST_PAUSE_MILLIS);
    }
    node.connector().connect(this, pause);
  }

  /** Asks the publisher where it serves the topic. */
  private InetSocketAddress ask() throws IOException {
    Object reply =
        new XmlRpcClient(publisherApi, CALL_TIMEOUT, MAX_REPLY_BYTES)
            .callRos("requestTopic", node.name(), subscription.topic(), List.of(List.of("TCPROS")));
    if (reply instanceof List<?> protocol
        && protocol.size() >= 3
        && protocol.get(1) instanceof String host
        && protocol.get(2) instanceof Integer port
        && port > 0
        && port < 65536) {
      return new InetSocketAddress(host, port);
    }
    throw new IOException("requestTopic was answered with " + Excerpt.of(reply));
  }

  private Map<String, String> shakeHands(SocketChannel socket) throws IOException {
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
    Map<String, String> answer = TcpRosHeader.read(socket.socket().getInputStream());
    synchronized (this) {
      publisherName = answer.getOrDefault("callerid", "");
    }
    if (answer.containsKey("error")) {
      throw new RefusedException("the publisher refuses: " + answer.get("error"));
    }
    String md5 = answer.getOrDefault("md5sum", "*");
    if (!md5.equals("*") && !md5.equals(type.md5())) {
      throw new RefusedException(
          "%s is published as %s with md5 %s, and %s with md5 %s is wanted"
              .formatted(
                  subscription.topic(),
                  Excerpt.of(answer.get("type")),
                  Excerpt.of(md5),
                  type.name(),
                  type.md5()));
    }
    return answer;
  }

  /** The publisher is reached and does not fit: news, even where its loss has been told. */
  private static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
      super(message);
    }
  }

  private synchronized boolean adopt(SocketChannel socket) {
    channel = socket;
    return !closed;
  }

  // ---- receiving; run by a thread of its own for each connection

  private void receive(SocketChannel socket) {
    try (IncomingMessages incoming =
        new IncomingMessages(socket, subscription.maxMessageBytes(), node.receiveMemory())) {
      connected(true);
      long count = 0;
      LOG.debug("receiving {} from {}", subscription.topic(), publisherApi);
      while (true) {
        MessageBody body = incoming.next();
        long arrivalNanos = System.nanoTime();
        receivedBytes.addAndGet(Integer.BYTES + body.bytes().remaining());
        lastMessageNanos = arrivalNanos;
        messages = ++count;
        subscription.deliver(body, arrivalNanos);
      }
    } catch (IOException | RuntimeException e) {
      tellOnce(e);
    } finally {
      // an error comes this way too: the link lives on, and the thread's end is told by its keeper
      QuietClose.close(socket);
      connected(false);
      connectLater();
    }
  }

  private void connected(boolean now) {
    synchronized (this) {
      if (connected == now) {
        return;
      }
      connected = now;
      long nanos = System.nanoTime();
      if (now) {
        lossTold = false;
        connectedNanos = nanos;
        lastMessageNanos = nanos;
        messages = 0;
        unanswered = 0;
        doubtedNanos = nanos;
        lastFailure = "";
      } else if (nanos - connectedNanos > SOUND_NANOS) {
        // a peer that takes and drops connections in turn does not get one for each 50 ms
        pauseMillis = FIRST_PAUSE_MILLIS;
      }
    }
    if (now && subscription.found()) {
      node.say(
          publisherApi, "receiving %s from %s again".formatted(subscription.topic(), publisher()));
    }
    subscription.connectionsChanged();
  }

  // ---- doubting; the watch's thread calls

  /**
   * Looks whether the connection is silent for longer than is right.
   *
   * @param nowNanos {@link System#nanoTime()}
   * @return whether the publisher is to be {@linkplain #doubt asked}
   */
  boolean review(long nowNanos) {
    synchronized (this) {
      if (!connected || closed) {
        return false;
      }
      long silence = nowNanos - lastMessageNanos;
      boolean regular =
          messages >= REGULAR_MESSAGES
              && (lastMessageNanos - connectedNanos) / messages <= REGULAR_NANOS;
      if (!regular || silence < REGULAR_SILENCE_SECONDS * 1_000_000_000L) {
        boolean due =
            silence >= DOUBT_SECONDS * 1_000_000_000L
                && nowNanos - doubtedNanos >= (unanswered == 0 ? ANSWERED_NANOS : 0)
                && !doubting;
        if (due) {
          doubting = true;
          doubtedNanos = nowNanos;
        }
        return due;
      }
    }
    renew("sent nothing for %d s".formatted(REGULAR_SILENCE_SECONDS));
    return false;
  }

  /** Asks the publisher whether it still has the connection; may take seconds. */
  void doubt() {
    try {
      Object rows =
          new XmlRpcClient(publisherApi, CALL_TIMEOUT, MAX_BUS_INFO_BYTES)
              .callRos("getBusInfo", node.name());
      synchronized (this) {
        unanswered = 0;
      }
      if (rows instanceof List<?> list && !list.isEmpty() && !hasUs(list)) {
        renew("does not know this connection any more");
      } else if (rows instanceof List<?> list && list.isEmpty()) {
        renew("has no connections");
      }
    } catch (IOException | RuntimeException e) {
      boolean gone;
      synchronized (this) {
        gone = ++unanswered >= DOUBTS;
      }
      if (gone) {
        renew("is not reached (" + Excerpt.of(e.getMessage()) + ")");
      }
    } finally {
      synchronized (this) {
        doubting = false;
      }
    }
  }

  /**
   * Whether {@code [id, destination, direction, transport, topic, connected, …]} names us. Clients
   * differ in what they put where, so the topic alone must be right, and who it goes to where it
   * can be told.
   */
  private boolean hasUs(List<?> rows) {
    for (Object row : rows) {
      if (!(row instanceof List<?> cells) || cells.size() < 5) {
        return true; // not as the specification has it: nothing follows from it
      }
      boolean out = !"i".equals(cells.get(2));
      boolean ours = node.name().equals(cells.get(1));
      if (out && ours && subscription.topic().equals(cells.get(4))) {
        return true;
      }
    }
    return false;
  }

  private void renew(String reason) {
    SocketChannel open;
    synchronized (this) {
      if (!connected || closed) {
        return;
      }
      open = channel;
      // the receiving thread is about to see its channel closed, which is no news
      lossTold = true;
      lastFailure = "it " + reason;
    }
    subscription.missed();
    node.say(
        publisherApi,
        "%s, which publishes %s, %s; connecting again"
            .formatted(publisher(), subscription.topic(), reason));
    QuietClose.close(open);
  }

  // ----

  /** One line for each loss; then nothing until the connection is back. */
  private void tellOnce(Exception failure) {
    String reason = reason(failure);
    boolean fresh;
    synchronized (this) {
      boolean refused = failure instanceof RefusedException;
      fresh = !closed && (refused ? !reason.equals(lastFailure) : !lossTold);
      if (fresh || !(failure instanceof ClosedChannelException)) {
        lastFailure = reason;
      }
      lossTold = true;
    }
    if (fresh) {
      subscription.missed();
      node.complain(
          publisherApi,
          "no %s from %s: %s; trying again until the master withdraws it"
              .formatted(subscription.topic(), publisher(), reason));
    }
  }

  private static String reason(Exception failure) {
    if (failure instanceof EOFException) {
      return "the publisher closed the connection";
    }
    if (failure instanceof ClosedChannelException) {
      // by ReceiveMemory: every other way of closing it says why itself
      return "the connection was closed to make room for messages of other publishers";
    }
    String message = failure.getMessage();
    if (message == null) {
      return failure.toString();
    }
    return message.equals("Connection reset") || message.equals("Broken pipe")
        ? "the publisher is gone (" + message + ")"
        : message;
  }

  /** The publisher's name where it has said it, else its address. */
  private synchronized String publisher() {
    return Excerpt.of(publisherName.isEmpty() ? publisherApi : publisherName);
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  /** The master says that it publishes the topic no longer. */
  void withdrawn() {
    boolean fresh;
    synchronized (this) {
      fresh = !closed && connected && !lossTold;
      lossTold = true;
    }
    close();
    if (fresh) {
      subscription.missed();
      node.say(
          publisherApi,
          "no %s from %s any more: it was unregistered"
              .formatted(subscription.topic(), publisher()));
    }
  }

  void close() {
    SocketChannel open;
    synchronized (this) {
      closed = true;
      open = channel;
    }
    QuietClose.close(open);
  }
}
