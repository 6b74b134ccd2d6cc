package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.ros.port.PublisherState;
import dev.tarsier.ros.ros1.graph.Excerpt;
import dev.tarsier.ros.ros1.message.MessageBody;
import dev.tarsier.ros.ros1.message.MessageType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A topic we receive: one link for each publisher, and a handler that they call one at a time. */
final class TopicSubscription implements Subscription {
  private static final Logger LOG = LoggerFactory.getLogger(TopicSubscription.class);
  private static final int MAX_FAILURES_TOLD = 100;

  /** Publishers of one topic; a graph has some dozens. */
  static final int MAX_PUBLISHERS = 256;

  /** Small messages that stay small: fits a calibration of thousands of coefficients. */
  private static final int SMALL_MESSAGE_BYTES = 256 << 10;

  private static final long HANDLER_END_SECONDS = 2;

  private final RosNode node;
  private final String topic;
  private final MessageType<?> type;
  private final RawHandler handler;
  private final Map<String, PublisherLink> links = new ConcurrentHashMap<>();
  private final AtomicLong received = new AtomicLong();
  private final Set<String> failures = new HashSet<>();
  private final ReentrantLock delivery = new ReentrantLock();
  private final AtomicBoolean missing = new AtomicBoolean();
  private volatile boolean closed;

  TopicSubscription(RosNode node, String topic, MessageType<?> type, RawHandler handler) {
    this.node = node;
    this.topic = topic;
    this.type = type;
    this.handler = handler;
  }

  @Override
  public String topic() {
    return topic;
  }

  MessageType<?> type() {
    return type;
  }

  Collection<PublisherLink> links() {
    return links.values();
  }

  @Override
  public int publishers() {
    return (int) links.values().stream().filter(PublisherLink::isConnected).count();
  }

  @Override
  public List<PublisherState> publisherStates() {
    return links.values().stream().map(PublisherLink::state).toList();
  }

  @Override
  public long received() {
    return received.get();
  }

  /** The longest message that is taken from a publisher. */
  int maxMessageBytes() {
    return switch (type.name()) {
      case "sensor_msgs/CameraInfo", "rosgraph_msgs/Clock" -> SMALL_MESSAGE_BYTES;
      default -> IncomingMessages.MAX_MESSAGE_BYTES;
    };
  }

  /** Connects to publishers not yet known. */
  synchronized void addPublishers(List<String> apis) {
    for (String api : apis) {
      if (closed || links.containsKey(api)) {
        continue;
      }
      if (links.size() >= MAX_PUBLISHERS) {
        node.complain(
            topic,
            "%s has more than %d publishers; the others are not connected to"
                .formatted(topic, MAX_PUBLISHERS));
        return;
      }
      PublisherLink link = new PublisherLink(node.nextConnectionId(), node, this, api);
      links.put(api, link);
      node.connector().connect(link, 0);
    }
  }

  /** Connects to publishers not yet known, and leaves those that are none any more. */
  synchronized void setPublishers(List<String> apis) {
    Set<String> wanted = new LinkedHashSet<>(apis);
    List<String> newest = new ArrayList<>(wanted);
    // masters add at the end: a camera that was started again is among the last
    Collections.reverse(newest);
    boolean many = wanted.size() > MAX_PUBLISHERS;
    Set<String> chosen = many ? new HashSet<>(newest.subList(0, MAX_PUBLISHERS / 2)) : Set.of();
    for (PublisherLink link : List.copyOf(links.values())) {
      String api = link.publisherApi();
      boolean stays = wanted.contains(api) && (!many || link.isConnected() || chosen.contains(api));
      if (!stays) {
        links.remove(api);
        if (wanted.contains(api)) {
          link.close();
        } else {
          link.withdrawn();
        }
      }
    }
    addPublishers(newest);
  }

  /** Looks for connections that are silent for too long. */
  void review(long nowNanos) {
    for (PublisherLink link : links.values()) {
      if (link.review(nowNanos)) {
        node.connector().doubt(link);
      }
    }
  }

  void deliver(MessageBody body, long arrivalNanos) {
    delivery.lock();
    try {
      if (!closed) {
        received.incrementAndGet();
        handler.onMessage(body, arrivalNanos);
      }
    } catch (MessageFormatException e) {
      node.complain(topic, "a message on " + topic + " is not taken: " + e.getMessage());
    } catch (RuntimeException e) {
      // one bad message must not cost the connection; a handler that always fails is told once
      if (failures.size() < MAX_FAILURES_TOLD
          && failures.add(e.getClass().getName() + Excerpt.of(e.getMessage()))) {
        LOG.error("a message on {} was not handled", topic, e);
      }
    } finally {
      delivery.unlock();
    }
  }

  /** A publisher's loss was told. */
  void missed() {
    missing.set(true);
  }

  /** Whether a publisher that has just been connected ends a loss that was told. */
  boolean found() {
    return missing.getAndSet(false);
  }

  void connectionsChanged() {
    LOG.debug("{} has {} publishers", topic, publishers());
  }

  @Override
  public void close() {
    node.withdraw(this);
  }

  /** Ends its connections; called by the node. */
  void disconnect() {
    synchronized (this) {
      closed = true;
      links.values().forEach(PublisherLink::close);
      links.clear();
    }
    try {
      // re-entrant, so that a handler may close its own subscription
      if (delivery.tryLock(HANDLER_END_SECONDS, TimeUnit.SECONDS)) {
        delivery.unlock();
      } else {
        LOG.warn("the handler of {} still runs; its subscription is closed under it", topic);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
