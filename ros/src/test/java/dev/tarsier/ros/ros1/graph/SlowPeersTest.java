package dev.tarsier.ros.ros1.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.ros.testing.LoopbackServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What slow and greedy peers cost a node's API, and those that call it. */
class SlowPeersTest {
  private XmlRpcServer server;
  private XmlRpcClient client;

  @BeforeEach
  void start() throws IOException {
    server =
        LoopbackServer.of(
            Map.of(
                "getPid",
                arguments -> List.of(1, "", 42),
                "large",
                arguments -> List.of(1, "", "x".repeat(300_000))));
    client = client(Duration.ofSeconds(10));
  }

  private XmlRpcClient client(Duration timeout) {
    return new XmlRpcClient("http://127.0.0.1:" + server.port() + "/", timeout);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void manyPeersThatSendHalfARequestKeepNobodyOut() throws Exception {
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 300; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        slow.add(socket);
        socket
            .getOutputStream()
            .write("POST / HTTP/1.1\r\nContent-Le".getBytes(StandardCharsets.US_ASCII));
        if (i % 50 == 0) {
          assertThat(client.callRos("getPid", "/x")).isEqualTo(42);
        }
      }
      assertThat(client.callRos("getPid", "/x")).isEqualTo(42);
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
  }

  @Test
  void manyLargeBodiesThatStallKeepNobodyOut() throws Exception {
    List<Socket> slow = new ArrayList<>();
    byte[] half = new byte[700_000];
    try {
      for (int i = 0; i < 40; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        slow.add(socket);
        OutputStream out = socket.getOutputStream();
        try {
          out.write(HttpMessage.head("POST / HTTP/1.1", "Content-Length: 1000000"));
          out.write(half);
        } catch (IOException e) {
          assertThat(i).as("the first ones fit").isGreaterThan(3); // refused, as it should be
        }
      }
      assertThat(client.callRos("getPid", "/x")).isEqualTo(42);
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
  }

  @Test
  void refusesAMulticallThatAsksForTooMuch() throws Exception {
    Map<String, Object> call = Map.of("methodName", "large", "params", List.of());
    assertThatThrownBy(() -> client.call("system.multicall", Collections.nCopies(50, call)))
        .isInstanceOf(XmlRpcFault.class)
        .hasMessageContaining("more than");
    assertThatThrownBy(() -> client.call("system.multicall", Collections.nCopies(101, call)))
        .isInstanceOf(XmlRpcFault.class)
        .hasMessageContaining("100");
    assertThat(client.callRos("getPid", "/x")).isEqualTo(42);
  }

  @Test
  void refusesADocumentOfManyValues() throws Exception {
    String values = "<value/>".repeat(XmlRpcCodec.MAX_VALUES + 1);
    byte[] document =
        ("<methodCall><methodName>x</methodName><params><param><value><array><data>"
                + values
                + "</data></array></value></param></params></methodCall>")
            .getBytes(StandardCharsets.US_ASCII);
    assertThatThrownBy(() -> XmlRpcCodec.decodeCall(document))
        .isInstanceOf(XmlRpcFault.class)
        .hasMessageContaining("values");
  }

  @Test
  void understandsChunksAndKeptConnections() throws Exception {
    String call = "<methodCall><methodName>getPid</methodName><params/></methodCall>";
    String chunks =
        "POST /RPC2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "a;x=y\r\n"
            + call.substring(0, 10)
            + "\r\n"
            + Integer.toHexString(call.length() - 10)
            + "\r\n"
            + call.substring(10)
            + "\r\n0\r\n\r\n";
    String plain =
        "POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: "
            + call.length()
            + "\r\n\r\n"
            + call;
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write((chunks + plain).getBytes(StandardCharsets.US_ASCII));
      String both = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(both.split("<i4>42</i4>", -1)).hasSize(3);
    }
  }

  @Test
  void aServerThatDripsItsReplyCostsTheTimeoutAndNoMore() throws Exception {
    AtomicBoolean ended = new AtomicBoolean();
    try (ServerSocket dripping = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread drip =
          new Thread(
              () -> {
                try (Socket socket = dripping.accept()) {
                  socket.getOutputStream().write(HttpMessage.head("HTTP/1.1 200 OK"));
                  while (!ended.get()) {
                    socket.getOutputStream().write(' ');
                    socket.getOutputStream().flush();
                    Thread.sleep(5);
                  }
                } catch (IOException | InterruptedException e) {
                  ended.set(true);
                }
              });
      drip.setDaemon(true);
      drip.start();
      XmlRpcClient hasty =
          new XmlRpcClient("http://127.0.0.1:" + dripping.getLocalPort(), Duration.ofMillis(300));
      assertThatThrownBy(() -> hasty.call("getPid"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("0.3 s");
      ended.set(true);
      drip.join(20_000);
    }
  }

  @Test
  void aReplyBeyondTheLimitIsAnErrorAndNotHeld() throws Exception {
    XmlRpcClient small =
        new XmlRpcClient("http://127.0.0.1:" + server.port(), Duration.ofSeconds(10), 64 << 10);
    assertThatThrownBy(() -> small.call("large"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("65536");
  }
}
