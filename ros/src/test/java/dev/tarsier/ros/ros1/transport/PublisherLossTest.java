package dev.tarsier.ros.ros1.transport;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.tarsier.ros.port.PublisherState;
import dev.tarsier.ros.ros1.graph.XmlRpcClient;
import dev.tarsier.ros.ros1.graph.XmlRpcServer;
import dev.tarsier.ros.ros1.message.StringMessage;
import dev.tarsier.ros.testing.Await;
import dev.tarsier.ros.testing.LoopbackServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What the log says when a publisher goes: one line, and one when it is back. */
class PublisherLossTest extends WithMaster {
  private static final String TOPIC = "/chatter";

  private final Logger logger = (Logger) LoggerFactory.getLogger(RosNode.class);
  private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();
  private final ListAppender<ILoggingEvent> console =
      new ListAppender<>() {
        @Override
        protected void append(ILoggingEvent event) {
          events.add(event);
        }
      };
  private RosNode listener;
  private Subscription subscription;

  @BeforeEach
  void start() throws Exception {
    logger.setLevel(Level.INFO);
    logger.setAdditive(false); // tests are silent
    console.start();
    logger.addAppender(console);
    listener = node("listener");
    subscription = listener.subscribe(TOPIC, StringMessage.TYPE, m -> {});
  }

  @AfterEach
  void stop() {
    listener.close();
    logger.detachAppender(console);
    logger.setLevel(null);
    logger.setAdditive(true);
  }

  private List<String> said() {
    return events.stream()
        .map(ILoggingEvent::getFormattedMessage)
        .filter(text -> text.contains(TOPIC))
        .toList();
  }

  /** A publisher of one connection, at a port that it may have again. */
  private static final class Driver implements AutoCloseable {
    private final ServerSocket data = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    private final XmlRpcServer api;
    private Socket socket;

    Driver(int port) throws IOException {
      api =
          LoopbackServer.of(
              port,
              Map.of(
                  "requestTopic",
                  arguments ->
                      List.of(1, "", List.of("TCPROS", "127.0.0.1", data.getLocalPort()))));
      data.setSoTimeout(60_000);
    }

    /** The port is free only once the thread that accepted there has seen its end. */
    static Driver again(int port) throws Exception {
      AtomicReference<Driver> driver = new AtomicReference<>();
      Await.until(
          "the port " + port,
          () -> {
            try {
              driver.set(new Driver(port));
              return true;
            } catch (IOException e) {
              if (e.getCause() instanceof BindException) {
                return false;
              }
              throw e;
            }
          });
      return driver.get();
    }

    String uri() {
      return "http://127.0.0.1:" + api.port() + "/";
    }

    void takeSubscriber(String md5) throws IOException {
      socket = data.accept();
      TcpRosHeader.read(socket.getInputStream());
      Map<String, String> header = new LinkedHashMap<>();
      header.put("callerid", "/driver");
      header.put("md5sum", md5);
      header.put("type", "std_msgs/String");
      ByteBuffer encoded = TcpRosHeader.encode(header);
      byte[] bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      socket.getOutputStream().write(bytes);
    }

    @Override
    public void close() throws IOException {
      api.close();
      data.close();
      if (socket != null) {
        socket.close();
      }
    }
  }

  private void register(String method, Driver driver) throws IOException {
    XmlRpcClient client = new XmlRpcClient(master.uri(), Duration.ofSeconds(5));
    if (method.equals("registerPublisher")) {
      client.callRos(method, "/driver", TOPIC, "std_msgs/String", driver.uri());
    } else {
      client.callRos(method, "/driver", TOPIC, driver.uri());
    }
  }

  private String failure() {
    return subscription.publisherStates().stream()
        .map(PublisherState::failure)
        .findFirst()
        .orElse("");
  }

  @Test
  void aDriverThatEndsWithoutAWordIsOneLineAndOneWhenItIsBack() throws Exception {
    int port;
    try (Driver driver = new Driver(0)) {
      port = driver.api.port();
      register("registerPublisher", driver);
      driver.takeSubscriber(StringMessage.TYPE.md5());
      Await.until("connected", () -> subscription.publishers() == 1);
    }
    Await.until("tried again in vain", () -> failure().contains("refused"));
    String lost =
        "no /chatter from /driver: the publisher closed the connection; trying again until the"
            + " master withdraws it";
    assertThat(said()).containsExactly(lost);
    try (Driver again = Driver.again(port)) {
      again.takeSubscriber(StringMessage.TYPE.md5());
      Await.until("connected again", () -> said().size() > 1);
      assertThat(said()).containsExactly(lost, "receiving /chatter from /driver again");
    }
  }

  @Test
  void aDriverThatIsUnregisteredIsOneLineThatSaysSo() throws Exception {
    try (Driver driver = new Driver(0)) {
      register("registerPublisher", driver);
      driver.takeSubscriber(StringMessage.TYPE.md5());
      Await.until("connected", () -> subscription.publishers() == 1);
      register("unregisterPublisher", driver);
      assertThat(driver.socket.getInputStream().read()).as("the node left").isEqualTo(-1);
      Await.until("told", () -> !said().isEmpty());
    }
    assertThat(said()).containsExactly("no /chatter from /driver any more: it was unregistered");
  }

  @Test
  void aConnectionThatWeCloseIsToldByItsReasonAlone() throws Exception {
    try (Driver driver = new Driver(0)) {
      register("registerPublisher", driver);
      driver.takeSubscriber(StringMessage.TYPE.md5());
      Await.until("connected", () -> subscription.publishers() == 1);
      // it has no getBusInfo, so it is not reached, twice
      TopicSubscription internal = (TopicSubscription) subscription;
      PublisherLink link = internal.links().iterator().next();
      link.doubt();
      link.doubt();
      assertThat(driver.socket.getInputStream().read()).as("the node left").isEqualTo(-1);
      driver.takeSubscriber(StringMessage.TYPE.md5());
      Await.until("connected again", () -> said().size() > 1);
      assertThat(said()).hasSize(2);
      assertThat(said().get(0)).startsWith("/driver, which publishes /chatter, is not reached");
      assertThat(said().get(1)).isEqualTo("receiving /chatter from /driver again");
    }
  }

  @Test
  void aDriverThatComesBackWithAnotherTypeIsNews() throws Exception {
    int port;
    try (Driver driver = new Driver(0)) {
      port = driver.api.port();
      register("registerPublisher", driver);
      driver.takeSubscriber(StringMessage.TYPE.md5());
      Await.until("connected", () -> subscription.publishers() == 1);
    }
    Await.until("told", () -> said().size() == 1);
    try (Driver again = Driver.again(port)) {
      again.takeSubscriber("0".repeat(32));
      Await.until("told", () -> said().size() == 2);
      assertThat(said().get(1)).contains("0".repeat(32), "is wanted");
    }
  }
}
