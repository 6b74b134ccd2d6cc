package dev.tarsier.ros.ros1.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.tarsier.ros.port.RosException;
import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.graph.XmlRpcClient;
import dev.tarsier.ros.ros1.master.InProcessMaster;
import dev.tarsier.ros.ros1.message.Clock;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.MessageType;
import dev.tarsier.ros.ros1.message.RosMessage;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.ros.ros1.message.StringMessage;
import dev.tarsier.ros.testing.Await;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * Our nodes among themselves, over real sockets and our own master; {@code RosNodeIT} has real ROS.
 */
class RosNodeTest extends WithMaster {
  private static String next(BlockingQueue<String> texts) throws InterruptedException {
    return texts.poll(10, TimeUnit.SECONDS);
  }

  @Test
  void carriesMessagesInOrderFromPublisherToSubscriber() throws Exception {
    BlockingQueue<String> texts = new LinkedBlockingQueue<>();
    try (RosNode talker = node("talker");
        RosNode listener = node("listener")) {
      listener.subscribe("chatter", StringMessage.TYPE, message -> texts.add(message.data()));
      Publisher<StringMessage> chatter =
          talker.advertise("/chatter", StringMessage.TYPE, PublisherOptions.queue(100));
      Await.until("a subscriber", () -> chatter.subscribers() == 1);
      for (int i = 0; i < 50; i++) {
        chatter.publish(new StringMessage("text " + i));
      }
      for (int i = 0; i < 50; i++) {
        assertThat(next(texts)).isEqualTo("text " + i);
      }
      assertThat(chatter.dropped()).isZero();
    }
  }

  @Test
  void givesALateSubscriberTheLatchedMessage() throws Exception {
    BlockingQueue<String> texts = new LinkedBlockingQueue<>();
    try (RosNode talker = node("talker");
        RosNode listener = node("listener")) {
      Publisher<StringMessage> classes =
          talker.advertise("~classes", StringMessage.TYPE, PublisherOptions.LATCHED);
      classes.publish(new StringMessage("old"));
      classes.publish(new StringMessage("new"));
      listener.subscribe("/talker/classes", StringMessage.TYPE, m -> texts.add(m.data()));
      assertThat(next(texts)).isEqualTo("new");
      assertThat(texts).isEmpty();
    }
  }

  @Test
  void carriesAMessageLargerThanAnySocketBuffer() throws Exception {
    BlockingQueue<Integer> hashes = new LinkedBlockingQueue<>();
    ByteBuffer data = ByteBuffer.allocateDirect(12_000_000);
    for (int i = 0; i < data.capacity(); i++) {
      data.put(i, (byte) ((i * 31) >> 3));
    }
    Image image =
        new Image(new Header(1, RosTime.ZERO, "camera"), 1000, 4000, "rgb8", false, 12_000, data);
    try (RosNode talker = node("talker");
        RosNode listener = node("listener")) {
      listener.subscribe("image", Image.TYPE, m -> hashes.add(m.data().hashCode()));
      Publisher<Image> images = talker.advertise("image", Image.TYPE, PublisherOptions.queue(3));
      Await.until("a subscriber", () -> images.subscribers() == 1);
      images.publish(image);
      images.publish(image);
      assertThat(hashes.poll(10, TimeUnit.SECONDS)).isEqualTo(data.hashCode());
      assertThat(hashes.poll(10, TimeUnit.SECONDS)).isEqualTo(data.hashCode());
    }
  }

  @Test
  void holdsNoMoreThanTheQueueForASubscriberThatStallsAndServesTheOthers() throws Exception {
    AtomicInteger received = new AtomicInteger();
    byte[] megabyte = new byte[1 << 20];
    Image image =
        new Image(
            new Header(1, RosTime.ZERO, "camera"),
            1024,
            1024,
            "mono8",
            false,
            1024,
            ByteBuffer.wrap(megabyte));
    try (RosNode talker = node("talker");
        RosNode listener = node("listener")) {
      Publisher<Image> images = talker.advertise("/image", Image.TYPE, PublisherOptions.queue(4));
      try (Socket stalled = rawSubscriber(talker, "/image", Image.TYPE.name(), Image.TYPE.md5())) {
        readHeader(stalled.getInputStream());
        listener.subscribe("/image", Image.TYPE, (body, nanos) -> received.incrementAndGet());
        Await.until("two subscribers", () -> images.subscribers() == 2);
        int rounds = 60;
        for (int i = 1; i <= rounds; i++) {
          images.publish(image);
          int wanted = i;
          Await.until("message " + i + " at the listener", () -> received.get() == wanted);
        }
        // the stalled one holds its queue, one in flight, and what fits into socket buffers; the
        // rest was dropped: 60 MB came, and the kernel's buffers here hold up to 37 MB
        assertThat(images.dropped()).isBetween(10L, (long) rounds - 5);
      }
      Await.until("the dead one is noticed", () -> images.subscribers() == 1);
    }
  }

  @Test
  void answersAWrongSubscriberWithAnError() throws Exception {
    try (RosNode talker = node("talker")) {
      talker
          .advertise("/chatter", StringMessage.TYPE, PublisherOptions.NEWEST)
          .publish(new StringMessage("nobody hears"));
      String md5 = StringMessage.TYPE.md5();
      assertThat(refusal(talker, "/chatter", "std_msgs/String", "0".repeat(32)))
          .contains("/stranger wants /chatter")
          .contains(md5);
      assertThat(refusal(talker, "/chatter", "std_msgs/Int32", md5)).contains("std_msgs/Int32");
      assertThat(refusal(talker, "/nothing", "std_msgs/String", md5)).contains("/nothing");
      assertThat(
              answer(talker, Map.of("topic", "/chatter", "type", "*", "md5sum", "*")).get("error"))
          .contains("callerid");
      assertThat(
              answer(
                  talker,
                  Map.of("callerid", "/x", "topic", "/chatter", "type", "*", "md5sum", "*")))
          .containsEntry("md5sum", md5)
          .containsEntry("type", "std_msgs/String")
          .containsEntry("latching", "0")
          .containsEntry("callerid", "/talker")
          .containsEntry("message_definition", StringMessage.TYPE.definition());
    }
  }

  @Test
  void endsTheOlderNodeOfAName() throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    RosNode older = node("twin");
    older.onShutdown(told::countDown);
    Publisher<StringMessage> ofOlder =
        older.advertise("/chatter", StringMessage.TYPE, PublisherOptions.NEWEST);
    try (RosNode newer = node("twin")) {
      older.awaitShutdown();
      assertThat(told.getCount()).isZero();
      ofOlder.publish(new StringMessage("into the void"));
      assertThat(lookup("/twin")).contains(newer.uri());
      assertThatThrownBy(() -> older.subscribe("x", StringMessage.TYPE, m -> {}))
          .isInstanceOf(RosException.class)
          .hasMessageContaining("has ended");
    }
    assertThat(lookup("/twin")).isEmpty();
  }

  private Optional<Object> lookup(String name) throws Exception {
    Object reply =
        new XmlRpcClient(master.uri(), Duration.ofSeconds(5)).call("lookupNode", "/test", name);
    List<?> parts = (List<?>) reply;
    return parts.get(0).equals(1) ? Optional.of(parts.get(2)) : Optional.empty();
  }

  @Test
  void registersEverythingAgainWithARestartedMaster() throws Exception {
    BlockingQueue<String> texts = new LinkedBlockingQueue<>();
    int port = URI.create(master.uri()).getPort();
    try (RosNode talker = node("talker");
        RosNode listener = node("listener")) {
      Publisher<StringMessage> chatter =
          talker.advertise("/chatter", StringMessage.TYPE, PublisherOptions.LATCHED);
      listener.subscribe("/chatter", StringMessage.TYPE, m -> texts.add(m.data()));
      Await.until("a subscriber", () -> chatter.subscribers() == 1);
      master.close();
      chatter.publish(new StringMessage("without a master"));
      assertThat(next(texts)).isEqualTo("without a master");
      assertThatThrownBy(() -> talker.parameters().get("/x"))
          .isInstanceOf(RosException.class)
          .hasMessageContaining("ROS_MASTER_URI");

      master = new InProcessMaster(port);
      Await.until(
          "both are registered again",
          () -> lookup("/talker").isPresent() && lookup("/listener").isPresent());
      try (RosNode late = node("late")) {
        BlockingQueue<String> lateTexts = new LinkedBlockingQueue<>();
        late.subscribe("/chatter", StringMessage.TYPE, m -> lateTexts.add(m.data()));
        assertThat(next(lateTexts)).isEqualTo("without a master");
      }
    }
  }

  @Test
  void waitsForAMasterThatIsAbsentAtStart() throws Exception {
    int port = URI.create(master.uri()).getPort();
    master.close();
    CompletableFuture<RosNode> starting =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return node("early");
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    assertThat(starting).isNotDone();
    master = new InProcessMaster(port);
    try (RosNode early = starting.get(15, TimeUnit.SECONDS)) {
      assertThat(lookup("/early")).contains(early.uri());
    }
  }

  @Test
  void triesAgainUntilADeadPublisherComesBack() throws Exception {
    BlockingQueue<String> texts = new LinkedBlockingQueue<>();
    try (RosNode listener = node("listener")) {
      // a node that died without a word stays registered
      int deadPort;
      try (ServerSocket socket = new ServerSocket(0)) {
        deadPort = socket.getLocalPort();
      }
      new XmlRpcClient(master.uri(), Duration.ofSeconds(5))
          .callRos(
              "registerPublisher",
              "/dead",
              "/chatter",
              "std_msgs/String",
              "http://127.0.0.1:" + deadPort + "/");
      Subscription chatter =
          listener.subscribe("/chatter", StringMessage.TYPE, m -> texts.add(m.data()));
      try (RosNode talker = node("talker")) {
        talker
            .advertise("/chatter", StringMessage.TYPE, PublisherOptions.LATCHED)
            .publish(new StringMessage("alive"));
        assertThat(next(texts)).isEqualTo("alive");
        assertThat(chatter.publishers()).isEqualTo(1);
      }
      Await.until("the talker left", () -> chatter.publishers() == 0);
    }
  }

  @Test
  void followsSimulatedTime() throws Exception {
    try (RosNode simulator = node("simulator")) {
      assertThat(simulator.clock().simulated()).isFalse();
      simulator.parameters().set("/use_sim_time", true);
      Publisher<Clock> clock = simulator.advertise("/clock", Clock.TYPE, PublisherOptions.LATCHED);
      try (RosNode node = node("robot")) {
        assertThat(node.clock().simulated()).isTrue();
        assertThat(node.clock().nowNanos()).isZero();
        clock.publish(new Clock(new RosTime(100, 5)));
        Await.until("time", () -> node.clock().nowNanos() == 100_000_000_005L);
        clock.publish(new Clock(new RosTime(99, 0)));
        Await.until("the jump", () -> node.clock().nowNanos() == 99_000_000_000L);
      }
    }
  }

  @Test
  void survivesHandlersThatFailAndBodiesThatAreBroken() throws Exception {
    BlockingQueue<String> texts = new LinkedBlockingQueue<>();
    try (RosNode talker = node("talker");
        RosNode listener = node("listener")) {
      Subscription subscription =
          listener.subscribe(
              "/chatter",
              StringMessage.TYPE,
              message -> {
                if (message.data().equals("bad")) {
                  throw new IllegalStateException("a handler's fault");
                }
                texts.add(message.data());
              });
      Publisher<StringMessage> chatter =
          talker.advertise("/chatter", StringMessage.TYPE, PublisherOptions.queue(10));
      Await.until("a subscriber", () -> chatter.subscribers() == 1);
      chatter.publish(new StringMessage("bad"));
      chatter.publish(new StringMessage("good"));
      assertThat(next(texts)).isEqualTo("good");
      assertThat(subscription.received()).isEqualTo(2);
    }
  }

  @Test
  void remapsTopicsAndSetsPrivateParametersOfTheCommandLine() throws Exception {
    RosArguments arguments =
        RosArguments.parse(
            new String[] {
              "image:=/camera/rgb",
              "_rate:=3",
              "__name:=eye",
              "__ns:=robot1",
              "__master:=" + master.uri(),
              "__ip:=127.0.0.1"
            },
            Map.of(),
            "unnamed");
    try (RosNode node = RosNode.start(arguments)) {
      assertThat(node.name()).isEqualTo("/robot1/eye");
      assertThat(node.resolve("image")).isEqualTo("/camera/rgb");
      assertThat(node.parameters().get("/robot1/eye/rate")).contains(3);
      node.parameters().set("/robot1/description", "text");
      assertThat(node.parameters().get("/robot1/description")).contains("text");
      assertThat(node.parameters().delete("~rate")).isTrue();
      assertThat(node.parameters().get("~rate")).isEmpty();
    }
  }

  @Test
  void refusesAnIllegalTopicByName() throws Exception {
    try (RosNode node = node("node")) {
      assertThatThrownBy(
              () -> node.advertise("my topic", StringMessage.TYPE, PublisherOptions.NEWEST))
          .isInstanceOf(RosException.class)
          .hasMessageContaining("'my topic'");
    }
  }

  @Test
  void withdrawsATopicThatIsClosed() throws Exception {
    BlockingQueue<String> texts = new LinkedBlockingQueue<>();
    try (RosNode talker = node("talker");
        RosNode listener = node("listener")) {
      Publisher<StringMessage> chatter =
          talker.advertise("/chatter", StringMessage.TYPE, PublisherOptions.LATCHED);
      Subscription first =
          listener.subscribe("/chatter", StringMessage.TYPE, m -> texts.add("first " + m.data()));
      Subscription second =
          listener.subscribe("/chatter", StringMessage.TYPE, m -> texts.add("second " + m.data()));
      Await.until("both are connected", () -> chatter.subscribers() == 2);
      first.close();
      Await.until("one is left", () -> chatter.subscribers() == 1);
      chatter.publish(new StringMessage("x"));
      assertThat(next(texts)).isEqualTo("second x");
      chatter.close();
      Await.until("the publisher left", () -> second.publishers() == 0);
      talker
          .advertise("/chatter", StringMessage.TYPE, PublisherOptions.LATCHED)
          .publish(new StringMessage("again"));
      assertThat(next(texts)).isEqualTo("second again");
    }
  }

  /** Eight bytes, written without garbage, so that what is measured is the transport's. */
  private record Tick(long value) implements RosMessage {
    private static final MessageType<Tick> TYPE =
        MessageType.of("test_msgs/Tick", "uint64 value\n", in -> new Tick(in.getLong()));

    @Override
    public MessageType<Tick> type() {
      return TYPE;
    }

    @Override
    public int serializedLength() {
      return Long.BYTES;
    }

    @Override
    public void writeTo(ByteBuffer out) {
      out.order(ByteOrder.LITTLE_ENDIAN).putLong(value);
    }
  }

  @Test
  @Timeout(60)
  void allocatesNothingForAMessageInSteadyState() throws Exception {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    int warmUp = 200;
    int measured = 1_000;
    long[] receiverBytes = new long[2];
    AtomicInteger count = new AtomicInteger();
    try (RosNode talker = node("talker");
        RosNode listener = node("listener")) {
      listener.subscribe(
          "/tick",
          Tick.TYPE,
          (body, nanos) -> {
            int n = count.incrementAndGet();
            if (n == warmUp || n == warmUp + measured) {
              receiverBytes[n == warmUp ? 0 : 1] =
                  threads.getThreadAllocatedBytes(Thread.currentThread().getId());
            }
          });
      Publisher<Tick> ticks = talker.advertise("/tick", Tick.TYPE, PublisherOptions.queue(2));
      Await.until("a subscriber", () -> ticks.subscribers() == 1);
      Tick tick = new Tick(7);
      long me = Thread.currentThread().getId();
      long before = 0;
      for (int i = 1; i <= warmUp + measured; i++) {
        ticks.publish(tick);
        // one at a time, so that the pool never grows; and without a lambda for each
        while (count.get() < i) {
          LockSupport.parkNanos(1_000);
        }
        if (i == warmUp) {
          before = threads.getThreadAllocatedBytes(me);
        }
      }
      // an object has at least 16 bytes
      assertThat((threads.getThreadAllocatedBytes(me) - before) / measured).isLessThan(16);
      assertThat((receiverBytes[1] - receiverBytes[0]) / measured).isLessThan(16);
    }
  }

  /** What the collector would have to free is direct memory, for which it is in no hurry. */
  @Test
  @Timeout(60)
  void messagesThatStalledSubscribersHeldAreUsedAgainOnceTheyHaveLeft() throws Exception {
    StringMessage large = new StringMessage("x".repeat(6 << 20)); // more than a socket takes
    try (RosNode talker = node("talker")) {
      Publication<StringMessage> chatter =
          (Publication<StringMessage>)
              talker.advertise("/chatter", StringMessage.TYPE, PublisherOptions.NEWEST);
      Deque<Socket> stalled = new ArrayDeque<>();
      for (int i = 1; i <= 5; i++) {
        int there = i;
        Socket socket = rawSubscriber(talker, "/chatter", "std_msgs/String", "*");
        readHeader(socket.getInputStream());
        stalled.add(socket);
        Await.until("subscribers", () -> chatter.subscribers() == there);
        chatter.publish(large);
        assertThat(socket.getInputStream().read()).as("it is being written").isNotNegative();
        chatter.publish(large);
      }
      // Five are being written, one waits for all.
      for (int left = 4; left >= 0; left--) {
        int there = left;
        stalled.remove().close();
        Await.until("subscribers", () -> chatter.subscribers() == there);
      }
      assertThat(chatter.spareMessages()).isEqualTo(6);
    }
  }

  @Test
  void writesItsLogToTheFileThatRoslaunchNames(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("node-1.log");
    RosArguments arguments =
        RosArguments.parse(
            new String[] {"__log:=" + file, "__master:=" + master.uri(), "__ip:=127.0.0.1"},
            Map.of(),
            "logging");
    Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
    Logger lens = (Logger) LoggerFactory.getLogger("lens");
    lens.setLevel(Level.INFO);
    lens.setAdditive(false);
    try (RosNode node = RosNode.start(arguments)) {
      assertThat(node.name()).isEqualTo("/logging");
      lens.addAppender(root.getAppender("__log " + file));
      lens.info("the lens is clean");
      assertThat(Files.readString(file)).contains("INFO").contains("lens: the lens is clean");
    } finally {
      lens.detachAndStopAllAppenders();
    }
    assertThat(root.getAppender("__log " + file)).isNull();
    assertThat(root.getAppender("rosout/logging")).isNull();
  }

  // ---- a subscriber of the wire's own words

  private static Socket rawSubscriber(RosNode node, String topic, String type, String md5)
      throws Exception {
    return raw(node, Map.of("callerid", "/stranger", "topic", topic, "type", type, "md5sum", md5));
  }

  private static Socket raw(RosNode node, Map<String, String> header) throws Exception {
    Object reply =
        new XmlRpcClient(node.uri(), Duration.ofSeconds(5)).callRos("getBusInfo", "/stranger");
    assertThat(reply).isInstanceOf(List.class);
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.tcpRosPort());
    ByteBuffer encoded = TcpRosHeader.encode(new LinkedHashMap<>(header));
    byte[] bytes = new byte[encoded.remaining()];
    encoded.get(bytes);
    socket.getOutputStream().write(bytes);
    return socket;
  }

  private static Map<String, String> readHeader(InputStream in) throws Exception {
    return TcpRosHeader.read(in);
  }

  private static Map<String, String> answer(RosNode node, Map<String, String> header)
      throws Exception {
    try (Socket socket = raw(node, header)) {
      return readHeader(socket.getInputStream());
    }
  }

  private static String refusal(RosNode node, String topic, String type, String md5)
      throws Exception {
    try (Socket socket = rawSubscriber(node, topic, type, md5)) {
      String error = readHeader(socket.getInputStream()).get("error");
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
      return error;
    }
  }
}
