package dev.tarsier.ros.bag;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Takes messages and where they lie. */
@FunctionalInterface
public interface PlaceHandler {
  /**
   * Takes one message.
   *
   * @param connection topic and type
   * @param receiveNanos when the recorder got it
   * @param body little endian. Valid until this returns.
   * @param place to read the body again
   */
  void onMessage(BagConnection connection, long receiveNanos, ByteBuffer body, MessagePlace place)
      throws IOException;
}
