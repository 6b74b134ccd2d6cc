package dev.tarsier.ros.ros1.graph;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.tarsier.ros.testing.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class AcceptorTest {
  /** What a server meets that is out of descriptors, for as long as it waits 1,000 times. */
  @Test
  void waitsLongerAndLongerAndSaysItOnceWhereThereIsNoDescriptor() throws Exception {
    Logger log = (Logger) LoggerFactory.getLogger(Acceptor.class);
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    Level before = log.getLevel();
    log.setLevel(Level.WARN);
    log.addAppender(lines);
    List<Long> pauses = new ArrayList<>();
    List<SocketChannel> taken = new ArrayList<>();
    Acceptor acceptor =
        new Acceptor("test", List.of(InetAddress.getLoopbackAddress()), 0, taken::add);
    try {
      int[] calls = {0};
      acceptor.accept(
          () -> {
            calls[0]++;
            if (calls[0] == 500) {
              return SocketChannel.open();
            }
            if (calls[0] > 1_000) {
              acceptor.close();
            }
            throw new IOException("Too many open files");
          },
          pauses::add);
      assertThat(pauses).hasSize(999);
      assertThat(pauses.subList(0, 3)).containsExactly(20L, 40L, 80L);
      assertThat(pauses.get(498)).isEqualTo(1_000L);
      assertThat(pauses.get(499)).as("after one was taken").isEqualTo(20L);
      assertThat(taken).hasSize(1);
      assertThat(lines.list).hasSize(1);
      assertThat(lines.list.get(0).getFormattedMessage()).contains("Too many open files");
    } finally {
      acceptor.close();
      log.detachAppender(lines);
      log.setLevel(before);
      for (SocketChannel channel : taken) {
        channel.close();
      }
    }
  }

  @Test
  void takesNoConnectionThatCameWhileItWasClosed() throws Exception {
    List<SocketChannel> taken = new ArrayList<>();
    Acceptor acceptor =
        new Acceptor("test", List.of(InetAddress.getLoopbackAddress()), 0, taken::add);
    SocketChannel late = SocketChannel.open();
    acceptor.accept(
        () -> {
          acceptor.close();
          return late;
        },
        millis -> {});
    assertThat(taken).isEmpty();
    assertThat(late.isOpen()).isFalse();
  }

  @Test
  void listensAtSeveralAddressesWithOnePort() throws Exception {
    InetAddress first = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    InetAddress second = InetAddress.getByAddress(new byte[] {127, 0, 0, 2});
    List<SocketChannel> taken = new CopyOnWriteArrayList<>();
    try (Acceptor acceptor = new Acceptor("test", List.of(first, second), 0, taken::add)) {
      acceptor.start(new SupervisedThreads("test"));
      for (InetAddress address : List.of(first, second)) {
        new Socket(address, acceptor.port()).close();
      }
      Await.until("both", () -> taken.size() == 2);
    } finally {
      for (SocketChannel channel : taken) {
        channel.close();
      }
    }
  }
}
