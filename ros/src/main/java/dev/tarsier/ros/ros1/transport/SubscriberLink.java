package dev.tarsier.ros.ros1.transport;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One subscriber of a topic we publish. Whoever publishes writes the message into the socket at
 * once, as far as it takes it; the rest is written by a thread of the connection when there is room
 * again, and meanwhile newer messages wait in a bounded queue. Nobody waits for a subscriber, and a
 * message that fits into the socket wakes no other thread.
 *
 * <p>When the queue is full its oldest message is dropped, so a subscriber that stalls holds at
 * most the queue and the message being written. One that does not take a whole message within
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
  private final Selector selector;
  private final SelectionKey key;
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

  /** Written in part; null while none is, and then nothing waits. */
  private OutgoingMessage current;

  private ByteBuffer rest;

  /**
   * A link.
   *
   * @param channel after its handshake; does not block from here on
   */
  SubscriberLink(
      RosNode node,
      int id,
      int slot,
      String subscriber,
      String topic,
      SocketChannel channel,
      int queueSize)
      throws IOException {
    this.node = node;
    this.id = id;
    this.slot = slot;
    this.subscriber = subscriber;
    this.topic = topic;
    this.channel = channel;
    this.queue = new OutgoingMessage[queueSize];
    this.selector = Selector.open();
    try {
      channel.configureBlocking(false);
      this.key = channel.register(selector, SelectionKey.OP_READ);
    } catch (IOException e) {
      selector.close();
      throw e;
    }
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

  /** Sends a message, or queues it behind one that is not through; never waits. */
  synchronized void offer(OutgoingMessage message) {
    if (closed) {
      return;
    }
    if (current == null) {
      try {
        begin(message.hold());
        if (!write()) {
          key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
          selector.wakeup();
        }
      } catch (IOException | CancelledKeyException e) {
        left(e);
      }
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
  }

  private OutgoingMessage takeOldest() {
    OutgoingMessage oldest = queue[head];
    queue[head] = null;
    head = (head + 1) % queue.length;
    count--;
    return oldest;
  }

  /** Makes a message that is held the one being written. */
  private void begin(OutgoingMessage message) {
    current = message;
    rest = message.view(slot);
    writingSinceNanos = System.nanoTime() | 1;
  }

  /** Writes what the socket takes; whether that was all. */
  private boolean write() throws IOException {
    channel.write(rest);
    if (rest.hasRemaining()) {
      return false;
    }
    writingSinceNanos = 0;
    sentMessages.incrementAndGet();
    sentBytes.addAndGet(current.totalBytes());
    current.release();
    current = null;
    return true;
  }

  /** The socket has room. */
  private synchronized void writeOn() throws IOException {
    while (current != null && write()) {
      if (count > 0) {
        begin(takeOldest());
      }
    }
    if (current == null && !closed) {
      key.interestOps(SelectionKey.OP_READ);
    }
  }

  /**
   * Writes what the socket did not take at once, and waits for the subscriber to hang up: a topic
   * that is rarely published would otherwise count a dead one until its next message. Run by the
   * connection's thread; returns at the connection's end.
   */
  void tend() {
    try (selector) {
      ByteBuffer ignored = ReceiveMemory.direct(64);
      while (!isClosed() && channel.isOpen()) {
        selector.select();
        selector.selectedKeys().clear();
        // a subscriber has nothing to say after its header
        if (key.isValid() && key.isReadable() && channel.read(ignored.clear()) < 0) {
          LOG.debug("{} left {}", subscriber, topic);
          return;
        }
        if (key.isValid() && key.isWritable()) {
          writeOn();
        }
      }
    } catch (IOException | CancelledKeyException e) {
      left(e);
    } finally {
      close();
    }
  }

  private void left(Exception e) {
    LOG.debug("{} left {}: {}", subscriber, topic, e.toString());
    close();
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
      writingSinceNanos = 0;
      while (count > 0) {
        takeOldest().release();
      }
      if (current != null) {
        current.release();
        current = null;
      }
    }
    try {
      channel.close();
    } catch (IOException e) {
      LOG.debug("closing the connection to {}", subscriber, e);
    }
    // the socket is closed once the selector has seen it
    selector.wakeup();
  }

  synchronized boolean isClosed() {
    return closed;
  }
}
