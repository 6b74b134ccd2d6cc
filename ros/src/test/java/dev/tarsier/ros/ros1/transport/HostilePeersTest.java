package dev.tarsier.ros.ros1.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.graph.SupervisedThreads;
import dev.tarsier.ros.ros1.graph.XmlRpcClient;
import dev.tarsier.ros.ros1.graph.XmlRpcServer;
import dev.tarsier.ros.ros1.master.InProcessMaster;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.StringMessage;
import dev.tarsier.ros.testing.Await;
import dev.tarsier.ros.testing.LoopbackServer;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Peers that are slow, dead, many or wrong, against nodes that go on. */
class HostilePeersTest extends WithMaster {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long LONG_SILENCE = TimeUnit.SECONDS.toNanos(60);

  private static void send(Socket socket, Map<String, String> header) throws IOException {
    ByteBuffer encoded = TcpRosHeader.encode(new LinkedHashMap<>(header));
    byte[] bytes = new byte[encoded.remaining()];
    encoded.get(bytes);
    socket.getOutputStream().write(bytes);
  }

  private static Map<String, String> hello(String caller) {
    return Map.of("callerid", caller, "topic", "/chatter", "type", "*", "md5sum", "*");
  }

  private static void closeAll(List<Socket> sockets) throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  @Test
  void connectionsThatNeverFinishTheirHeaderKeepNoSubscriberOut() throws Exception {
    List<Socket> slow = new ArrayList<>();
    BlockingQueue<String> texts = new LinkedBlockingQueue<>();
    try (RosNode talker = node("talker");
        RosNode listener = node("listener")) {
      talker
          .advertise("/chatter", StringMessage.TYPE, PublisherOptions.LATCHED)
          .publish(new StringMessage("heard"));
      for (int i = 0; i < 600; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), talker.tcpRosPort());
        slow.add(socket);
        socket.getOutputStream().write(100);
      }
      listener.subscribe("/chatter", StringMessage.TYPE, m -> texts.add(m.data()));
      assertThat(texts.poll(60, TimeUnit.SECONDS)).isEqualTo("heard");
    } finally {
      closeAll(slow);
    }
  }

  @Test
  void refusesACallerOfAMegabyte() throws Exception {
    try (RosNode talker = node("talker")) {
      Publisher<StringMessage> chatter =
          talker.advertise("/chatter", StringMessage.TYPE, PublisherOptions.LATCHED);
      List<Socket> large = new ArrayList<>();
      try {
        for (int i = 0; i < 20; i++) {
          Socket socket = new Socket(InetAddress.getLoopbackAddress(), talker.tcpRosPort());
          large.add(socket);
          try {
            send(socket, hello("/" + "x".repeat(i % 2 == 0 ? 1_000_000 : 100_000)));
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
          } catch (IOException e) {
            assertThat(e).hasMessageMatching("(?s).*(reset|pipe|abort).*");
          }
        }
        assertThat(chatter.subscribers()).isZero();
      } finally {
        closeAll(large);
      }
    }
  }

  /** What the master does not say costs neither a thread nor the camera. */
  @Test
  void aFalsePublisherUpdateChangesNothing() throws Exception {
    BlockingQueue<String> texts = new LinkedBlockingQueue<>();
    try (RosNode talker = node("talker");
        RosNode listener = node("listener")) {
      Publisher<StringMessage> chatter =
          talker.advertise("/chatter", StringMessage.TYPE, PublisherOptions.queue(10));
      Subscription subscription =
          listener.subscribe("/chatter", StringMessage.TYPE, m -> texts.add(m.data()));
      Await.until("connected", PATIENCE, () -> chatter.subscribers() == 1);
      List<String> many =
          IntStream.range(0, 5_000).mapToObj(i -> "http://127.0.0.1:1/" + i).toList();
      for (List<String> lie : List.of(many, List.<String>of())) {
        new XmlRpcClient(listener.uri(), PATIENCE)
            .callRos("publisherUpdate", "/master", "/chatter", lie);
      }
      chatter.publish(new StringMessage("still here"));
      assertThat(texts.poll(30, TimeUnit.SECONDS)).isEqualTo("still here");
      assertThat(subscription.publishers()).isEqualTo(1);
      assertThat(threadsOf(listener)).isLessThan(40);
    }
  }

  /** The master itself may hold thousands of dead publishers, which take a call and say nothing. */
  @Test
  void fiveThousandPublishersMakeAFewThreadsAndTheLivingOneIsHeard() throws Exception {
    BlockingQueue<String> texts = new LinkedBlockingQueue<>();
    // of another master: an update of its own would take the publishers away again
    try (ServerSocket silent = new ServerSocket(0, 5_000, InetAddress.getLoopbackAddress());
        InProcessMaster other = new InProcessMaster(0);
        RosNode talker = RosNode.start(RosArguments.of("talker", other.uri(), "127.0.0.1"));
        RosNode listener = node("listener")) {
      TopicSubscription subscription =
          (TopicSubscription)
              listener.subscribe("/chatter", StringMessage.TYPE, m -> texts.add(m.data()));
      List<String> apis = new ArrayList<>();
      String silentApi = "http://127.0.0.1:" + silent.getLocalPort() + "/";
      IntStream.range(0, 5_000).forEach(i -> apis.add(silentApi + i));
      apis.add(talker.uri());
      talker
          .advertise("/chatter", StringMessage.TYPE, PublisherOptions.LATCHED)
          .publish(new StringMessage("alive"));
      subscription.setPublishers(apis);
      assertThat(threadsOf(listener)).isLessThan(60);
      assertThat(texts.poll(60, TimeUnit.SECONDS)).isEqualTo("alive");
      assertThat(subscription.links().size()).isBetween(100, 256);
      // each is asked for a thread when those there are have come to wait for an answer
      for (PublisherLink link : List.copyOf(subscription.links()).subList(0, 50)) {
        listener.connector().connect(link, 0);
        TimeUnit.MILLISECONDS.sleep(5);
      }
      assertThat(threadsOf(listener, "connect")).isBetween(2L, 8L);
      assertThat(threadsOf(listener)).isLessThan(60);
    }
  }

  private static long threadsOf(RosNode node) {
    return threadsOf(node, "");
  }

  private static long threadsOf(RosNode node, String purpose) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(node.name() + " " + purpose))
        .count();
  }

  /** A way for connections between two nodes that can be made silent at once, as a dead network. */
  private static final class Proxy implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    private final List<Socket> sockets = new ArrayList<>();
    private volatile boolean silent;
    private volatile int port;

    Proxy() throws IOException {
      Thread thread = new Thread(this::accept, "proxy");
      thread.setDaemon(true);
      thread.start();
    }

    private void accept() {
      try {
        while (true) {
          Socket in = server.accept();
          Socket out = new Socket(InetAddress.getLoopbackAddress(), port);
          synchronized (sockets) {
            sockets.add(in);
            sockets.add(out);
          }
          pump(in, out);
          pump(out, in);
        }
      } catch (IOException e) {
        silent = true;
      }
    }

    private void pump(Socket from, Socket to) {
      Thread thread =
          new Thread(
              () -> {
                byte[] bytes = new byte[4096];
                try {
                  boolean dead = false;
                  for (int n = from.getInputStream().read(bytes); n >= 0; ) {
                    dead |= silent;
                    if (!dead) {
                      to.getOutputStream().write(bytes, 0, n);
                    }
                    n = from.getInputStream().read(bytes);
                  }
                } catch (IOException e) {
                  return;
                }
              },
              "pump");
      thread.setDaemon(true);
      thread.start();
    }

    @Override
    public void close() throws IOException {
      server.close();
      synchronized (sockets) {
        closeAll(sockets);
      }
    }
  }

  /** A publisher's API that sends subscribers through the proxy. */
  private static XmlRpcServer behind(Proxy proxy, AtomicReference<List<Object>> busInfo)
      throws IOException {
    return LoopbackServer.of(
        Map.of(
            "requestTopic",
            arguments ->
                List.of(1, "", List.of("TCPROS", "127.0.0.1", proxy.server.getLocalPort())),
            "getBusInfo",
            arguments -> List.of(1, "", busInfo.get())));
  }

  /** Both ends think that the connection is well, and nothing comes any more. */
  @Test
  void aConnectionThatFallsSilentIsMadeAnew() throws Exception {
    BlockingQueue<String> texts = new LinkedBlockingQueue<>();
    AtomicReference<List<Object>> busInfo =
        new AtomicReference<>(
            List.of(List.of(1, "/listener", "o", "TCPROS", "/chatter", true, "")));
    try (RosNode talker = node("talker");
        RosNode listener = node("listener");
        Proxy proxy = new Proxy();
        XmlRpcServer api = behind(proxy, busInfo)) {
      Publisher<StringMessage> chatter =
          talker.advertise("/chatter", StringMessage.TYPE, PublisherOptions.queue(100));
      proxy.port = talker.tcpRosPort();
      TopicSubscription subscription =
          (TopicSubscription)
              listener.subscribe("/elsewhere", StringMessage.TYPE, m -> texts.add(m.data()));
      TopicSubscription through = through(listener, subscription, texts);
      through.setPublishers(List.of("http://127.0.0.1:" + api.port() + "/"));
      Await.until("connected", PATIENCE, () -> chatter.subscribers() == 1);
      for (int i = 0; i < 10; i++) {
        chatter.publish(new StringMessage("before"));
        assertThat(texts.poll(30, TimeUnit.SECONDS)).isEqualTo("before");
      }
      proxy.silent = true;
      chatter.publish(new StringMessage("lost"));
      assertThat(texts.poll(200, TimeUnit.MILLISECONDS)).isNull();
      proxy.silent = false;
      through.review(System.nanoTime() + TimeUnit.SECONDS.toNanos(10));
      assertThat(through.publishers()).as("ten seconds are no reason").isEqualTo(1);
      through.review(System.nanoTime() + LONG_SILENCE);
      Await.until(
          "heard again",
          PATIENCE,
          () -> {
            chatter.publish(new StringMessage("after"));
            return "after".equals(texts.poll(50, TimeUnit.MILLISECONDS));
          });
      through.disconnect();
    }
  }

  /** The subscription of a node to {@code /chatter}, of which the master knows nothing. */
  private static TopicSubscription through(
      RosNode listener, TopicSubscription like, BlockingQueue<String> texts) {
    return new TopicSubscription(
        listener,
        "/chatter",
        like.type(),
        (body, nanos) -> texts.add(StringMessage.TYPE.read(body.bytes()).data()));
  }

  /** Nothing ever came, so nothing is missed: the publisher says that it does not know us. */
  @Test
  void aConnectionThatThePublisherForgotIsMadeAnew() throws Exception {
    BlockingQueue<String> texts = new LinkedBlockingQueue<>();
    AtomicReference<List<Object>> busInfo =
        new AtomicReference<>(
            List.of(List.of(1, "/listener", "o", "TCPROS", "/chatter", true, "")));
    try (RosNode talker = node("talker");
        RosNode listener = node("listener");
        Proxy proxy = new Proxy();
        XmlRpcServer api = behind(proxy, busInfo)) {
      Publisher<StringMessage> chatter =
          talker.advertise("/chatter", StringMessage.TYPE, PublisherOptions.LATCHED);
      proxy.port = talker.tcpRosPort();
      TopicSubscription through =
          through(
              listener,
              (TopicSubscription) listener.subscribe("/x", StringMessage.TYPE, m -> {}),
              texts);
      through.setPublishers(List.of("http://127.0.0.1:" + api.port() + "/"));
      Await.until("connected", PATIENCE, () -> through.publishers() == 1);
      Await.until("the publisher knows", PATIENCE, () -> chatter.subscribers() == 1);
      through.review(System.nanoTime() + LONG_SILENCE);
      proxy.silent = true;
      busInfo.set(List.of(List.of(1, "/another", "o", "TCPROS", "/chatter", true, "")));
      proxy.silent = false;
      chatter.publish(new StringMessage("latched"));
      assertThat(texts.poll(30, TimeUnit.SECONDS)).isEqualTo("latched");
      through.review(System.nanoTime() + 2 * LONG_SILENCE);
      // the new connection is given the latched message once more
      assertThat(texts.poll(60, TimeUnit.SECONDS)).isEqualTo("latched");
      through.disconnect();
    }
  }

  /** Nobody calls: the node itself looks at its connections, once a second. */
  @Test
  void aNodeFindsByItselfWhatItsPublisherForgot() throws Exception {
    BlockingQueue<String> texts = new LinkedBlockingQueue<>();
    AtomicReference<List<Object>> busInfo =
        new AtomicReference<>(List.of(List.of(1, "/another", "o", "TCPROS", "/chatter", true, "")));
    // of another master, so that the listener's knows nothing of it
    try (InProcessMaster elsewhere = new InProcessMaster(0);
        RosNode talker = RosNode.start(RosArguments.of("talker", elsewhere.uri(), "127.0.0.1"));
        RosNode listener = node("listener");
        Proxy proxy = new Proxy();
        XmlRpcServer api = behind(proxy, busInfo)) {
      Publisher<StringMessage> chatter =
          talker.advertise("/chatter", StringMessage.TYPE, PublisherOptions.LATCHED);
      chatter.publish(new StringMessage("latched"));
      proxy.port = talker.tcpRosPort();
      TopicSubscription subscription =
          (TopicSubscription)
              listener.subscribe("/chatter", StringMessage.TYPE, m -> texts.add(m.data()));
      subscription.setPublishers(List.of("http://127.0.0.1:" + api.port() + "/"));
      assertThat(texts.poll(30, TimeUnit.SECONDS)).isEqualTo("latched");
      // the new connection is given the latched message once more
      assertThat(texts.poll(60, TimeUnit.SECONDS)).isEqualTo("latched");
    }
  }

  @Test
  void aSubscriberThatTakesNothingForLongIsDropped() throws Exception {
    try (RosNode talker = node("talker");
        Socket stalled = new Socket(InetAddress.getLoopbackAddress(), talker.tcpRosPort())) {
      Publication<StringMessage> chatter =
          (Publication<StringMessage>)
              talker.advertise("/chatter", StringMessage.TYPE, PublisherOptions.queue(2));
      send(stalled, hello("/stalled"));
      StringMessage large = new StringMessage("x".repeat(1 << 20));
      Await.until(
          "its connection is full",
          PATIENCE,
          () -> {
            chatter.publish(large);
            return chatter.dropped() > 0;
          });
      chatter.dropStalled(System.nanoTime());
      assertThat(chatter.subscribers()).as("it may only be slow").isEqualTo(1);
      chatter.dropStalled(System.nanoTime() + TimeUnit.SECONDS.toNanos(30));
      Await.until("dropped", PATIENCE, () -> chatter.subscribers() == 0);
    }
  }

  /** A master whose lookupNode is wrong, which every second text is. */
  @Test
  void whateverLookupNodeSaysTheNodeGoesOn() throws Exception {
    AtomicReference<Object> answer = new AtomicReference<>("");
    List<String> asked = Collections.synchronizedList(new ArrayList<>());
    try (XmlRpcServer odd =
        new XmlRpcServer(
            List.of(InetAddress.getLoopbackAddress()),
            0,
            new SupervisedThreads("odd master"),
            XmlRpcServer.Limits.MASTER,
            Map.of(
                "getPid", arguments -> List.of(1, "", 7),
                "getParam", arguments -> List.of(-1, "not set", 0),
                "registerPublisher", arguments -> List.of(1, "", List.of()),
                "unregisterPublisher", arguments -> List.of(1, "", 1),
                "lookupNode",
                    arguments -> {
                      asked.add("x");
                      return List.of(1, "", answer.get());
                    }))) {
      for (Object text :
          List.of(
              "garbage", "http://127.0.0.1:1/", "y".repeat(100_000), List.of(1), 5, "http://")) {
        answer.set(text);
        asked.clear();
        try (RosNode node =
            RosNode.start(
                RosArguments.of("n", "http://127.0.0.1:" + odd.port() + "/", "127.0.0.1"))) {
          node.checkMasterNow();
          node.checkMasterNow();
          assertThat(asked).hasSizeGreaterThanOrEqualTo(2);
          node.advertise("/x", StringMessage.TYPE, PublisherOptions.NEWEST);
        }
      }
    }
  }

  /** 180 MB of D: refused by its length, before a byte of it is stored. */
  @Test
  void aCalibrationOfManyMegabytesCostsItsSenderTheConnection() throws Exception {
    try (RosNode listener = node("listener");
        ServerSocket liar = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
        XmlRpcServer api =
            LoopbackServer.of(
                Map.of(
                    "requestTopic",
                    arguments ->
                        List.of(1, "", List.of("TCPROS", "127.0.0.1", liar.getLocalPort()))))) {
      TopicSubscription info =
          (TopicSubscription) listener.subscribe("/info", CameraInfo.TYPE, m -> {});
      info.setPublishers(List.of("http://127.0.0.1:" + api.port() + "/"));
      liar.setSoTimeout(60_000);
      try (Socket socket = liar.accept()) {
        TcpRosHeader.read(socket.getInputStream());
        send(socket, Map.of("md5sum", CameraInfo.TYPE.md5(), "type", CameraInfo.TYPE.name()));
        socket.getOutputStream().write(new byte[] {0, 0, 0, 10, 1, 2, 3});
        assertThat(socket.getInputStream().read()).isEqualTo(-1);
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("reset");
      }
      liar.accept().close(); // it is tried again
      assertThat(listener.receiveMemory().heldBytes()).isLessThan(1 << 20);
    }
  }

  @Test
  void whoHoldsMostGivesWayAndWhoAsksForMoreThanThatIsRefused() throws Exception {
    ReceiveMemory memory = new ReceiveMemory(100);
    List<String> closed = new ArrayList<>();
    Closeable greedy = () -> closed.add("greedy");
    Closeable camera = () -> closed.add("camera");
    memory.take(greedy, 90);
    memory.take(camera, 20);
    assertThat(closed).containsExactly("greedy");
    memory.take(greedy, 70);
    assertThatThrownBy(() -> memory.take(greedy, 90)).isInstanceOf(IOException.class);
    memory.giveBack(greedy);
    assertThat(memory.heldBytes()).isEqualTo(20);
  }

  /** Without the limit each of many links could hold a message of the largest size. */
  @Test
  void whatTheLinksOfANodeHoldIsBoundedInSum() throws Exception {
    long whole = 128L << 20; // the longest message
    try (RosNode listener = node("listener")) {
      ReceiveMemory memory = listener.receiveMemory();
      Closeable one = () -> {};
      Closeable two = () -> {};
      Closeable three = () -> {};
      memory.take(one, whole);
      memory.take(two, whole);
      assertThatThrownBy(() -> memory.take(three, whole))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("beside what other publishers send");
      assertThat(memory.heldBytes()).isEqualTo(2 * whole);
      memory.giveBack(one);
      memory.take(three, whole);
    }
  }
}
