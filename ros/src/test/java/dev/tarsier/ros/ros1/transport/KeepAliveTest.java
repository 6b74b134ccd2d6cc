package dev.tarsier.ros.ros1.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.Test;

final class KeepAliveTest {
  @Test
  void findsADeadPeerWithinHalfAMinute() throws Exception {
    try (ServerSocketChannel server = ServerSocketChannel.open();
        SocketChannel channel = SocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      channel.connect(server.getLocalAddress());
      KeepAlive.on(channel);
      assertThat(channel.getOption(StandardSocketOptions.SO_KEEPALIVE)).isTrue();
      assertThat(channel.getOption(StandardSocketOptions.TCP_NODELAY)).isTrue();
      int seconds =
          channel.getOption(ExtendedSocketOptions.TCP_KEEPIDLE)
              + channel.getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL)
                  * channel.getOption(ExtendedSocketOptions.TCP_KEEPCOUNT);
      assertThat(seconds).isLessThanOrEqualTo(30);
    }
  }
}
