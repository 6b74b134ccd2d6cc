package dev.tarsier.ros.transport;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One subscriber of a topic we publish: a bounded queue that any thread fills, and a thread that
 * writes. When the queue is full its oldest message is dropped, so a subscriber that stalls holds
 * at most the queue and the message being written.
 */
final class SubscriberLink {
  private static final Logger LOG = LoggerFactory.getLogger(SubscriberLink.class);

  private final int id;
  private final int slot;
  private final String subscriber;
  private final String topic;
  private final SocketChannel channel;
  private final AtomicLong sentMessages = new AtomicLong();
  private final AtomicLong sentBytes = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();

  // guarded by this
  private final OutgoingMessage[] queue;
  private int head;
  private int count;
  private boolean closed;

  SubscriberLink(
      int id, int slot, String subscriber, String topic, SocketChannel channel, int queueSize) {
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
        LOG.info("{} does not keep up with {}; it loses its oldest messages", subscriber, topic);
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
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
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
    ByteBuffer ignored = ByteBuffer.allocateDirect(64);
    try {
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
