package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.ros1.message.MessageType;
import dev.tarsier.ros.ros1.message.RosMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** A topic we publish: serialises each message once and hands it to every subscriber's queue. */
final class Publication<T extends RosMessage> implements Publisher<T> {
  private final RosNode node;
  private final String topic;
  private final MessageType<T> type;
  private final PublisherOptions options;
  private final List<SubscriberLink> links = new CopyOnWriteArrayList<>();
  private final ArrayDeque<OutgoingMessage> pool = new ArrayDeque<>();

  // guarded by this
  private OutgoingMessage latched;
  private boolean closed;
  private long droppedByGone;
  private long bytesByGone;
  private long lostForMemory;

  /** Subscribers that were there at the same time; guarded by the pool. */
  private int mostSubscribers;

  Publication(RosNode node, String topic, MessageType<T> type, PublisherOptions options) {
    this.node = node;
    this.topic = topic;
    this.type = type;
    this.options = options;
  }

  @Override
  public String topic() {
    return topic;
  }

  MessageType<T> type() {
    return type;
  }

  List<SubscriberLink> links() {
    return links;
  }

  @Override
  public synchronized void publish(T message) {
    if (closed || (links.isEmpty() && !options.latch())) {
      return;
    }
    OutgoingMessage outgoing = filled(message);
    if (outgoing == null) {
      return;
    }
    try {
      // by index: an iterator for each message would be garbage
      for (int i = 0; i < links.size(); i++) {
        links.get(i).offer(outgoing);
      }
      if (options.latch()) {
        OutgoingMessage before = latched;
        latched = outgoing.hold();
        if (before != null) {
          before.release();
        }
      }
    } finally {
      outgoing.release();
    }
  }

  /** The message in a buffer that is held once; null where there is no memory for it. */
  private OutgoingMessage filled(T message) {
    OutgoingMessage outgoing = null;
    try {
      outgoing = borrow().hold();
      outgoing.serialise(message);
      return outgoing;
    } catch (IOException e) {
      // subscribers that stall hold buffers until they are dropped; this message is lost, as one is
      // that finds a full queue
      if (outgoing != null) {
        outgoing.release();
      }
      lostForMemory++;
      node.complain(topic, "a message on " + topic + " was not sent: " + e.getMessage());
      return null;
    } catch (RuntimeException e) {
      outgoing.release();
      throw e;
    }
  }

  private OutgoingMessage borrow() throws IOException {
    synchronized (pool) {
      OutgoingMessage pooled = pool.pollFirst();
      return pooled != null ? pooled : new OutgoingMessage(this);
    }
  }

  /** Takes a message that nobody holds any more. */
  void giveBack(OutgoingMessage message) {
    synchronized (pool) {
      // As many as can wait or be written at once, also once subscribers have left: fewer would
      // make
      // garbage of direct memory, which the collector is in no hurry to free.
      mostSubscribers = Math.max(mostSubscribers, links.size());
      if (pool.size() < options.queueSize() + mostSubscribers + 2) {
        pool.addFirst(message);
      }
    }
  }

  /** Messages that wait to be filled. */
  int spareMessages() {
    synchronized (pool) {
      return pool.size();
    }
  }

  @Override
  public int subscribers() {
    return links.size();
  }

  @Override
  public synchronized long dropped() {
    long dropped = lostForMemory + droppedByGone;
    for (SubscriberLink link : links) {
      dropped += link.dropped();
    }
    return dropped;
  }

  synchronized long sentBytes() {
    return bytesByGone + links.stream().mapToLong(SubscriberLink::sentBytes).sum();
  }

  /** What is wrong with a subscriber's header; null where nothing is. */
  String objection(Map<String, String> header) {
    String wantedType = header.getOrDefault("type", "*");
    String wantedMd5 = header.get("md5sum");
    if (wantedMd5 == null) {
      return "the connection header has no md5sum";
    }
    boolean typeFits = wantedType.equals("*") || wantedType.equals(type.name());
    boolean md5Fits = wantedMd5.equals("*") || wantedMd5.equals(type.md5());
    return typeFits && md5Fits
        ? null
        : "%s wants %s to be [%s/%s], but %s publishes [%s/%s]"
            .formatted(
                header.get("callerid"),
                topic,
                wantedType,
                wantedMd5,
                node.name(),
                type.name(),
                type.md5());
  }

  /**
   * Serves a subscriber whose header was accepted, until it leaves; run by the connection's thread.
   *
   * @param channel closed at the end
   */
  void serve(int connectionId, String subscriber, SocketChannel channel) throws IOException {
    Map<String, String> answer = new LinkedHashMap<>();
    answer.put("callerid", node.name());
    answer.put("latching", options.latch() ? "1" : "0");
    answer.put("md5sum", type.md5());
    answer.put("message_definition", type.definition());
    answer.put("topic", topic);
    answer.put("type", type.name());
    ByteBuffer header = TcpRosHeader.encode(answer);
    while (header.hasRemaining()) {
      channel.write(header);
    }
    SubscriberLink link;
    synchronized (this) {
      if (closed) {
        channel.close();
        return;
      }
      link =
          new SubscriberLink(
              node, connectionId, freeSlot(), subscriber, topic, channel, options.queueSize());
      if (latched != null) {
        link.offer(latched);
      }
      links.add(link);
    }
    try {
      link.tend();
    } finally {
      synchronized (this) {
        links.remove(link);
        droppedByGone += link.dropped();
        bytesByGone += link.sentBytes();
      }
    }
  }

  /** Drops subscribers that have taken nothing of a message for long. */
  void dropStalled(long nowNanos) {
    for (SubscriberLink link : links) {
      link.closeIfStalled(nowNanos);
    }
  }

  private int freeSlot() {
    List<Integer> taken = new ArrayList<>();
    links.forEach(link -> taken.add(link.slot()));
    int slot = 0;
    while (taken.contains(slot)) {
      slot++;
    }
    return slot;
  }

  @Override
  public void close() {
    node.withdraw(this);
  }

  /** Ends its connections. */
  void disconnect() {
    synchronized (this) {
      closed = true;
      if (latched != null) {
        latched.release();
        latched = null;
      }
    }
    links.forEach(SubscriberLink::close);
  }
}
