package dev.tarsier.ros.ros1.transport;

import java.nio.ByteBuffer;

/** Takes serialised messages of one subscription. */
@FunctionalInterface
public interface RawHandler {
  /**
   * Called on the connection's thread, never concurrently for the same subscription. While it runs
   * that publisher's next message waits in the socket.
   *
   * @param body the message without its length prefix: direct, little endian, position 0, limit =
   *     length. Valid until return.
   * @param arrivalNanos {@link System#nanoTime()} when its last byte had been read
   */
  void onMessage(ByteBuffer body, long arrivalNanos);
}
