package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.ros1.message.RosMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A serialised message with its length before it, in a direct buffer that all subscribers of a
 * topic share. Counted: whoever holds it releases it once; the last one gives it back to its topic.
 */
final class OutgoingMessage {
  private static final int PAGE = 4096;

  private final Publication<?> owner;
  private final AtomicInteger holders = new AtomicInteger();
  private ByteBuffer bytes;
  private ByteBuffer[] views = new ByteBuffer[0];

  OutgoingMessage(Publication<?> owner) throws IOException {
    this.owner = owner;
    this.bytes = ReceiveMemory.direct(PAGE);
  }

  /**
   * Fills it; the caller holds it alone.
   *
   * @throws IOException where the process has no direct memory left
   */
  void serialise(RosMessage message) throws IOException {
    int length = message.serializedLength();
    int total = Math.addExact(length, Integer.BYTES);
    if (bytes.capacity() < total) {
      // an eighth more, so that a topic whose messages grow slowly does not allocate each time
      long roomy = ((long) total + total / 8 + PAGE) / PAGE * PAGE;
      bytes = ReceiveMemory.direct((int) Math.min(roomy, Integer.MAX_VALUE));
      views = new ByteBuffer[0];
    }
    bytes.clear().limit(total);
    bytes.putInt(length);
    message.writeTo(bytes);
    if (bytes.position() != total) {
      throw new IllegalStateException(
          "%s wrote %d bytes after announcing %d"
              .formatted(message.type().name(), bytes.position() - Integer.BYTES, length));
    }
    bytes.position(0);
  }

  /**
   * What one subscriber writes, with a position of its own; made once for each slot and kept, so
   * that sending allocates nothing.
   *
   * @param slot the subscriber's number in its topic
   */
  synchronized ByteBuffer view(int slot) {
    if (slot >= views.length) {
      ByteBuffer[] more = new ByteBuffer[slot + 1];
      System.arraycopy(views, 0, more, 0, views.length);
      views = more;
    }
    if (views[slot] == null) {
      views[slot] = bytes.duplicate();
    }
    return views[slot].limit(bytes.limit()).position(0);
  }

  int totalBytes() {
    return bytes.limit();
  }

  OutgoingMessage hold() {
    holders.incrementAndGet();
    return this;
  }

  void release() {
    int left = holders.decrementAndGet();
    if (left == 0) {
      owner.giveBack(this);
    } else if (left < 0) {
      throw new IllegalStateException("a message was released more often than held");
    }
  }
}
