package dev.tarsier.ros.bag;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Takes the messages of a bag, one after the other, on the thread that reads. */
@FunctionalInterface
public interface MessageHandler {
  /**
   * @param connection topic and type
   * @param receiveNanos when the recorder got it, nanoseconds since the epoch
   * @param body position 0 to limit, little endian, direct. Valid until this returns.
   * @throws IOException to stop reading
   */
  void onMessage(BagConnection connection, long receiveNanos, ByteBuffer body) throws IOException;
}
