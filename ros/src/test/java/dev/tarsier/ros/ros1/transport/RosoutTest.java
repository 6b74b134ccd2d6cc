package dev.tarsier.ros.ros1.transport;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.tarsier.ros.ros1.graph.XmlRpcServer;
import dev.tarsier.ros.ros1.message.Log;
import dev.tarsier.ros.ros1.message.StringMessage;
import dev.tarsier.ros.testing.LoopbackServer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What a subscriber of {@code /rosout} is sent of what peers say: text, and no orders. */
class RosoutTest extends WithMaster {
  /** Clears a terminal, names its window, and begins a line that looks like another's. */
  private static final String EVIL = "\u001b[2J\u001b]0;mine\u0007\r\n[FATAL] forged\u202e";

  private static final String SHOWN = "\\x1b[2J\\x1b]0;mine\\x07\\r\\n[FATAL] forged\\u202e";

  private final Logger logger = (Logger) LoggerFactory.getLogger(RosNode.class);
  private final BlockingQueue<Log> rosout = new LinkedBlockingQueue<>();
  private RosNode reader;
  private RosNode node;

  @BeforeEach
  void start() throws Exception {
    reader = node("reader");
    node = node("victim");
    reader.subscribe("/rosout", Log.TYPE, rosout::add);
    // tests are silent: this logger alone, and to /rosout alone
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    logger.setLevel(Level.INFO);
    logger.setAdditive(false);
    logger.addAppender(root.getAppender("rosout/victim"));
  }

  @AfterEach
  void stop() {
    logger.detachAppender("rosout/victim");
    logger.setLevel(null);
    logger.setAdditive(true);
    node.close();
    reader.close();
  }

  private Log next(String part) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (true) {
      Log log = rosout.poll(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      assertThat(log).as("a message with " + part).isNotNull();
      if (log.msg().contains(part)) {
        return log;
      }
    }
  }

  private static void send(Socket socket, Map<String, String> header) throws Exception {
    ByteBuffer encoded = TcpRosHeader.encode(new LinkedHashMap<>(header));
    byte[] bytes = new byte[encoded.remaining()];
    encoded.get(bytes);
    socket.getOutputStream().write(bytes);
  }

  @Test
  void whatAPublisherSaysIsShownAndNotObeyed() throws Exception {
    try (ServerSocket data = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
        XmlRpcServer api =
            LoopbackServer.of(
                Map.of(
                    "requestTopic",
                    arguments ->
                        List.of(1, "", List.of("TCPROS", "127.0.0.1", data.getLocalPort()))))) {
      TopicSubscription subscription =
          (TopicSubscription) node.subscribe("/chatter", StringMessage.TYPE, m -> {});
      subscription.setPublishers(List.of("http://127.0.0.1:" + api.port() + "/"));
      data.setSoTimeout(60_000);
      try (Socket socket = data.accept()) {
        TcpRosHeader.read(socket.getInputStream());
        send(socket, Map.of("callerid", "/liar" + EVIL, "error", "no, " + EVIL));
        Log log = next("the publisher refuses");
        assertThat(log.msg()).contains("no, " + SHOWN, "from /liar").doesNotContain("\n", "\u001b");
        assertThat(log.msg().codePoints().filter(Character::isISOControl)).isEmpty();
        assertThat(log.name()).isEqualTo("/victim");
        assertThat(log.level()).isEqualTo(Log.WARN);
      }
    }
  }

  @Test
  void theMessageOfAnExceptionIsShownAndNotObeyed() throws Exception {
    logger.error("a message on {} was not handled", EVIL, new IllegalStateException(EVIL));
    Log log = next("was not handled");
    assertThat(log.msg())
        .isEqualTo(
            "a message on %s was not handled: java.lang.IllegalStateException: %s"
                .formatted(SHOWN, SHOWN));
    assertThat(log.level()).isEqualTo(Log.ERROR);
  }
}
