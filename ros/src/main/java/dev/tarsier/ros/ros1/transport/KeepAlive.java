package dev.tarsier.ros.ros1.transport;

import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import jdk.net.ExtendedSocketOptions;

/**
 * Has the kernel ask an idle peer whether it is still there. Without it a robot that lost its
 * network for some seconds waits for ever on a connection of which the other end knows nothing any
 * more. Stateless.
 */
final class KeepAlive {
  /** Idle time before the first question, seconds. */
  static final int IDLE_SECONDS = 10;

  /** Between questions, seconds. */
  static final int INTERVAL_SECONDS = 4;

  /** Questions without an answer until the connection counts as dead: after 22 s. */
  static final int QUESTIONS = 3;

  private KeepAlive() {}

  /** Sets the options of a topic's connection, TCP_NODELAY among them. */
  static void on(SocketChannel channel) throws IOException {
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    set(channel, ExtendedSocketOptions.TCP_KEEPIDLE, IDLE_SECONDS);
    set(channel, ExtendedSocketOptions.TCP_KEEPINTERVAL, INTERVAL_SECONDS);
    set(channel, ExtendedSocketOptions.TCP_KEEPCOUNT, QUESTIONS);
  }

  private static void set(SocketChannel channel, SocketOption<Integer> option, int value)
      throws IOException {
    // not every system has them; LinkWatch's own questions remain
    if (channel.supportedOptions().contains(option)) {
      channel.setOption(option, value);
    }
  }
}
