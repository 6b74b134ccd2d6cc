package dev.tarsier.ros.ros1.transport;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One subscriber of a topic we publish: a bounded queue that any thread fills, and a thread that
 * writes. When the queue is full its oldest message is dropped, so a subscriber that stalls holds
 * at most the queue and the message being written. One that does not take a whole message within
 * {@value #STALLED_SECONDS} s is dropped: it is dead behind a connection that is not, or may
 * connect again.
 */
final class SubscriberLink {
  private static final Logger LOG = LoggerFactory.getLogger(SubscriberLink.class);

  /** For a whole message to be taken. */
  static final int STALLED_SECONDS = 25;

  private final RosNode node;
  private final int id;
  private final int slot;
  private final String subscriber;
  private final String topic;
  private final SocketChannel channel;
  private final AtomicLong sentMessages = new AtomicLong();
  private final AtomicLong sentBytes = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();

  /** When the message being written was begun; 0 while none is. */
  private volatile long writingSinceNanos;

  // guarded by this
  private final OutgoingMessage[] queue;
  private int head;
  private int count;
  private boolean closed;

  SubscriberLink(
      RosNode node,
      int id,
      int slot,
      String subscriber,
      String topic,
      SocketChannel channel,
      int queueSize) {
    this.node = node;
    this.id = id;
    this.slot = slot;
    this.subscriber = subscriber;
    this.topic = topic;
    this.channel = channel;
    this.queue = new OutgoingMessage[queueSize];
  }

  int id() {
    return id;
  }

  int slot() {
    return slot;
  }

  String subscriber() {
    return subscriber;
  }

  long sentMessages() {
    return sentMessages.get();
  }

  long sentBytes() {
    return sentBytes.get();
  }

  long dropped() {
    return dropped.get();
  }

  /** Queues a message; never waits. */
  synchronized void offer(OutgoingMessage message) {
    if (closed) {
      return;
    }
    if (count == queue.length) {
      takeOldest().release();
      if (dropped.incrementAndGet() == 1) {
        node.say(
            "subscribers of " + topic,
            subscriber + " does not keep up with " + topic + "; it loses its oldest messages");
      }
    }
    queue[(head + count++) % queue.length] = message.hold();
    notifyAll();
  }

  private OutgoingMessage takeOldest() {
    OutgoingMessage oldest = queue[head];
    queue[head] = null;
    head = (head + 1) % queue.length;
    count--;
    return oldest;
  }

  private synchronized OutgoingMessage take() throws InterruptedException {
    while (count == 0 && !closed) {
      wait();
    }
    return closed ? null : takeOldest();
  }

  /** Writes until the connection ends; run by the connection's thread. */
  void writeUntilClosed() {
    try {
      for (OutgoingMessage message = take(); message != null; message = take()) {
        try {
          ByteBuffer bytes = message.view(slot);
          writingSinceNanos = System.nanoTime() | 1;
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
          writingSinceNanos = 0;
          sentMessages.incrementAndGet();
          sentBytes.addAndGet(message.totalBytes());
        } finally {
          message.release();
        }
      }
    } catch (IOException e) {
      LOG.debug("{} left {}: {}", subscriber, topic, e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      close();
    }
  }

  /**
   * Waits for the subscriber to hang up; run by a thread of its own. A topic that is rarely
   * published would otherwise count a dead subscriber until its next message.
   */
  void watchForEnd() {
    try {
      ByteBuffer ignored = ReceiveMemory.direct(64);
      while (channel.read(ignored.clear()) >= 0) {
        // a subscriber has nothing to say after its header
      }
      LOG.debug("{} left {}", subscriber, topic);
    } catch (IOException e) {
      LOG.debug("{} left {}: {}", subscriber, topic, e.toString());
    } finally {
      close();
    }
  }

  /** Ends the connection where a message has been in writing for too long; any thread may call. */
  void closeIfStalled(long nowNanos) {
    long since = writingSinceNanos;
    if (since != 0 && nowNanos - since > STALLED_SECONDS * 1_000_000_000L && !isClosed()) {
      node.say(
          "subscribers of " + topic,
          "%s took no message of %s for %d s and is dropped; it may connect again"
              .formatted(subscriber, topic, STALLED_SECONDS));
      close();
    }
  }

  void close() {
    synchronized (this) {
      closed = true;
      while (count > 0) {
        takeOldest().release();
      }
      notifyAll();
    }
    try {
      channel.close();
    } catch (IOException e) {
      LOG.debug("closing the connection to {}", subscriber, e);
    }
  }

  synchronized boolean isClosed() {
    return closed;
  }
}
