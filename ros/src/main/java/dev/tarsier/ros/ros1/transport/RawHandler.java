package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.ros1.message.MessageBody;

/** Takes serialised messages of one subscription. */
@FunctionalInterface
public interface RawHandler {
  /**
   * Called on the connection's thread, never concurrently for the same subscription. While it runs
   * that publisher's next message waits in the socket.
   *
   * @param body whose bytes are valid until return; they may be exchanged for others
   * @param arrivalNanos {@link System#nanoTime()} when its last byte had been read
   */
  void onMessage(MessageBody body, long arrivalNanos);
}
