package dev.tarsier.ros.ros1.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.graph.SupervisedThreads;
import dev.tarsier.ros.ros1.graph.XmlRpcClient;
import dev.tarsier.ros.ros1.graph.XmlRpcServer;
import dev.tarsier.ros.ros1.master.InProcessMaster;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.MessageType;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.ros.testing.Await;
import dev.tarsier.ros.testing.RosTools;
import dev.tarsier.runtime.testing.TestBundles;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The perception node in a process of its own, with the launcher's memory and few descriptors. Each
 * attack is survived: an image that is published afterwards is perceived.
 */
class NodeUnderAttackIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String NODE = "/tarsier_perception";
  private static final String IMAGE = "/camera/image";

  @TempDir Path folder;

  private final List<AutoCloseable> toClose = new ArrayList<>();
  private final AtomicInteger stamps = new AtomicInteger(1_000);
  private final AtomicLong perceived = new AtomicLong();
  private InProcessMaster master;
  private RosTools.Running node;
  private Publisher<Image> images;
  private String api;
  private int topicPort;

  @BeforeEach
  void start() throws Exception {
    Path model = TestBundles.brightness(folder.resolve("brightness-v1"));
    master = closed(new InProcessMaster(0));
    RosTools ros = closed(new RosTools(URI.create(master.uri()).getPort()));
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    node =
        ros.start(
            "bash",
            "-c",
            "ulimit -n 300 && exec \"$@\"",
            "node",
            "env",
            "CLASSPATH=" + System.getProperty("java.class.path"),
            "ORT_DISABLE_TELEMETRY=1",
            java,
            "-Xms48m",
            "-Xmx384m",
            "-XX:+UseSerialGC",
            "-XX:MaxDirectMemorySize=1g",
            "-XX:+ExitOnOutOfMemoryError",
            RobotCommands.class.getName(),
            "node",
            "--provider=cpu",
            "--model=" + model,
            "image:=" + IMAGE);
    RosNode camera = closed(RosNode.start(RosArguments.of("camera", master.uri(), "127.0.0.1")));
    camera.subscribe(
        NODE + "/depth",
        Image.TYPE,
        (body, nanos) -> perceived.set(Integer.toUnsignedLong(body.bytes().getInt(4))));
    images = camera.advertise(IMAGE, Image.TYPE, PublisherOptions.NEWEST);
    goesOn("the start");
    api =
        String.valueOf(new XmlRpcClient(master.uri(), PATIENCE).callRos("lookupNode", "/x", NODE));
    topicPort =
        (int) ((List<?>) call("requestTopic", "/x", "/rosout", List.of(List.of("TCPROS")))).get(2);
  }

  @AfterEach
  void stop() throws Exception {
    Collections.reverse(toClose);
    for (AutoCloseable each : toClose) {
      each.close();
    }
  }

  private <T extends AutoCloseable> T closed(T open) {
    toClose.add(open);
    return open;
  }

  private Object call(String method, Object... arguments) throws IOException {
    return new XmlRpcClient(api, PATIENCE).callRos(method, arguments);
  }

  /** Publishes images until one of them comes back as depth. */
  private void goesOn(String after) throws Exception {
    int first = stamps.incrementAndGet();
    try {
      Await.until(
          "an image perceived after " + after,
          PATIENCE,
          () -> {
            assertThat(node.process().isAlive()).as("the node after " + after).isTrue();
            images.publish(
                new Image(
                    new Header(0, new RosTime(stamps.incrementAndGet(), 0), "optical"),
                    48,
                    64,
                    "rgb8",
                    false,
                    3 * 64,
                    ByteBuffer.allocate(3 * 64 * 48)));
            return perceived.get() > first;
          });
    } catch (AssertionError e) {
      throw new AssertionError(node.output(), e);
    }
  }

  private List<Socket> connect(int port, int count, byte[] first) {
    List<Socket> sockets = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      try {
        Socket socket = closed(new Socket(InetAddress.getLoopbackAddress(), port));
        sockets.add(socket);
        socket.getOutputStream().write(first);
      } catch (IOException e) {
        // refused or dropped: that is the node's right
      }
    }
    return sockets;
  }

  private static void closeAll(List<Socket> sockets) throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  private static byte[] header(Map<String, String> fields) {
    ByteBuffer encoded = TcpRosHeader.encode(new LinkedHashMap<>(fields));
    byte[] bytes = new byte[encoded.remaining()];
    encoded.get(bytes);
    return bytes;
  }

  /** What a hostile publisher sends after its header. */
  @FunctionalInterface
  private interface Message {
    void to(OutputStream out) throws IOException;
  }

  private static byte[] little(int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      bytes.putInt(value);
    }
    return bytes.array();
  }

  private static void zeros(OutputStream out, long bytes) throws IOException {
    byte[] piece = new byte[1 << 20];
    for (long left = bytes; left > 0; left -= piece.length) {
      out.write(piece, 0, (int) Math.min(left, piece.length));
    }
  }

  /** Registers publishers that send one message to whoever connects, and waits until all have. */
  private void publish(int publishers, String topic, MessageType<?> type, Message message)
      throws Exception {
    AtomicInteger sent = new AtomicInteger();
    List<AutoCloseable> open = new ArrayList<>();
    for (int i = 0; i < publishers; i++) {
      ServerSocket server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
      open.add(server);
      Thread thread =
          new Thread(
              () -> {
                while (!server.isClosed()) {
                  try (Socket socket = server.accept()) {
                    TcpRosHeader.read(socket.getInputStream());
                    OutputStream out = socket.getOutputStream();
                    out.write(header(Map.of("md5sum", type.md5(), "type", type.name())));
                    message.to(out);
                    socket.shutdownOutput();
                    socket.getInputStream().read();
                  } catch (IOException e) {
                    // the node has closed the connection, or the test is over
                  } finally {
                    sent.incrementAndGet();
                  }
                }
              },
              "hostile publisher");
      thread.setDaemon(true);
      thread.start();
      XmlRpcServer hostile =
          new XmlRpcServer(
              List.of(InetAddress.getLoopbackAddress()),
              0,
              new SupervisedThreads("hostile"),
              XmlRpcServer.Limits.NODE,
              Map.of(
                  "requestTopic",
                  arguments ->
                      List.of(1, "", List.of("TCPROS", "127.0.0.1", server.getLocalPort()))));
      open.add(hostile);
      register(topic, type, i, "http://127.0.0.1:" + hostile.port() + "/");
    }
    Await.until("all have sent", PATIENCE, () -> sent.get() >= publishers);
    goesOn(publishers + " hostile publishers of " + topic);
    for (int i = 0; i < publishers; i++) {
      new XmlRpcClient(master.uri(), PATIENCE)
          .callRos("unregisterPublisher", "/hostile" + i, topic, hostileApi(open, i));
    }
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private static String hostileApi(List<AutoCloseable> open, int i) {
    return "http://127.0.0.1:" + ((XmlRpcServer) open.get(2 * i + 1)).port() + "/";
  }

  private void register(String topic, MessageType<?> type, int number, String uri)
      throws IOException {
    new XmlRpcClient(master.uri(), PATIENCE)
        .callRos("registerPublisher", "/hostile" + number, topic, type.name(), uri);
  }

  @Test
  void survivesHostilePublishers() throws Exception {
    int hundred = 100 << 20;
    publish(
        1,
        IMAGE,
        Image.TYPE,
        out -> {
          out.write(little((200 << 20) + 100, 1, 5, 5, 200 << 20));
          zeros(out, 200 << 20);
        });
    publish(
        1,
        IMAGE,
        Image.TYPE,
        out -> {
          out.write(little(hundred + 16, 1, 5, 5, hundred));
          zeros(out, hundred);
        });
    publish(
        1,
        "/camera/camera_info",
        CameraInfo.TYPE,
        out -> {
          out.write(little(180 << 20, 1, 5, 5, 0, 480, 640, 0, 22 << 20));
          zeros(out, 180 << 20);
        });
    // together more than all direct memory
    publish(
        10,
        IMAGE,
        Image.TYPE,
        out -> {
          out.write(little(120 << 20));
          zeros(out, 119 << 20);
        });
    assertQuiet();
  }

  @Test
  void survivesHostileCallsAndAnswers() throws Exception {
    String call =
        "<value><struct><member><name>methodName</name><value>getPid</value></member>"
            + "<member><name>params</name><value><array><data/></array></value></member>"
            + "</struct></value>";
    post(multicall(call.repeat(15_900_000 / call.length())));
    goesOn("a multicall of 15.9 MB");
    for (int size : new int[] {900_000, 15_000_000}) {
      byte[] struct =
          multicall(
              "<value><struct>"
                  + "<member><name>a</name><value/></member>".repeat(size / 41)
                  + "</struct></value>");
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        Thread thread = new Thread(() -> post(struct));
        threads.add(thread);
        thread.start();
      }
      for (Thread thread : threads) {
        thread.join();
      }
      goesOn("8 structs of " + size);
    }
    try (XmlRpcServer verbose =
        new XmlRpcServer(
            List.of(InetAddress.getLoopbackAddress()),
            0,
            new SupervisedThreads("verbose"),
            new XmlRpcServer.Limits(1 << 20, 512 << 20, 128 << 20, 10, 16),
            Map.of("requestTopic", arguments -> List.of(1, "x".repeat(60_000_000), 0)))) {
      String uri = "http://127.0.0.1:" + verbose.port() + "/";
      register(IMAGE, Image.TYPE, 0, uri);
      goesOn("a requestTopic answered with 60 MB");
      new XmlRpcClient(master.uri(), PATIENCE)
          .callRos("unregisterPublisher", "/hostile0", IMAGE, uri);
    }
    List<String> many = IntStream.range(0, 5_000).mapToObj(i -> "http://127.0.0.1:1/" + i).toList();
    call("publisherUpdate", "/master", IMAGE, many);
    goesOn("5,000 publishers");
    call("publisherUpdate", "/master", IMAGE, List.of());
    goesOn("no publisher");
    assertQuiet();
  }

  @Test
  void survivesHostileConnections() throws Exception {
    byte[] large =
        header(
            Map.of(
                "callerid",
                "/" + "x".repeat(1_000_000),
                "topic",
                "/rosout",
                "type",
                "*",
                "md5sum",
                "*"));
    List<Socket> callers = connect(topicPort, 100, large);
    assertThat(String.valueOf(call("getBusInfo", "/x")).length()).isLessThan(100_000);
    goesOn("100 callers of a megabyte");
    closeAll(callers);
    List<Socket> slow = connect(topicPort, 511, new byte[] {100});
    slow.addAll(
        connect(URI.create(api).getPort(), 100, "POST / H".getBytes(StandardCharsets.US_ASCII)));
    assertThat(call("getPid", "/x")).isInstanceOf(Integer.class);
    goesOn("611 slow peers");
    closeAll(slow);
    List<Socket> valid =
        connect(
            topicPort,
            400,
            header(Map.of("callerid", "/v", "topic", "/rosout", "type", "*", "md5sum", "*")));
    goesOn("subscribers that take all descriptors");
    closeAll(valid);
    Await.until("the API answers again", PATIENCE, () -> call("getPid", "/x") instanceof Integer);
    goesOn("they left");
    assertQuiet();
  }

  private static byte[] multicall(String values) {
    return ("<methodCall><methodName>system.multicall</methodName><params><param><value><array>"
            + "<data>"
            + values
            + "</data></array></value></param></params></methodCall>")
        .getBytes(StandardCharsets.US_ASCII);
  }

  private void post(byte[] document) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), URI.create(api).getPort())) {
      socket.setSoTimeout(60_000);
      OutputStream out = socket.getOutputStream();
      out.write(
          ("POST / HTTP/1.0\r\nContent-Length: " + document.length + "\r\n\r\n")
              .getBytes(StandardCharsets.US_ASCII));
      out.write(document);
      socket.getInputStream().readAllBytes();
    } catch (IOException e) {
      // refused, as it may be
    }
  }

  /** What peers sent has not flooded the log. */
  private void assertQuiet() throws IOException {
    List<String> lines = node.output().lines().toList();
    assertThat(lines).hasSizeLessThan(150);
    assertThat(lines).allMatch(line -> line.length() < 1_500);
    assertThat(node.output()).doesNotContain("Terminating due to");
  }
}
