package dev.tarsier.ros.ros1.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.ros.port.RosException;
import dev.tarsier.ros.testing.LoopbackServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class XmlRpcServerTest {
  private XmlRpcServer server;
  private XmlRpcClient client;

  @BeforeEach
  void start() throws IOException {
    server =
        LoopbackServer.of(
            Map.of(
                "echo",
                arguments -> arguments,
                "ros",
                arguments -> List.of(1, "", arguments.get(0)),
                "refuse",
                arguments -> List.of(-1, "no, since it is a test", 0),
                "fail",
                arguments -> {
                  throw new IllegalStateException("it broke");
                }));
    client = new XmlRpcClient("http://127.0.0.1:" + server.port(), Duration.ofSeconds(10));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void answersAFewHundredCallsInARowWithoutALostConnection() throws IOException {
    for (int i = 0; i < 300; i++) {
      assertThat(client.call("echo", i)).isEqualTo(List.of(i));
    }
  }

  @Test
  void takesTheValueOutOfARosReplyAndTellsARefusal() throws IOException {
    assertThat(client.callRos("ros", "x")).isEqualTo("x");
    assertThatThrownBy(() -> client.callRos("refuse"))
        .isInstanceOf(XmlRpcFault.class)
        .hasMessage("no, since it is a test");
    assertThatThrownBy(() -> client.callRos("echo", "x"))
        .isInstanceOf(XmlRpcFault.class)
        .hasMessageContaining("[code, message, value]");
  }

  @Test
  void answersWrongCallsWithFaultsAndGoesOn() throws IOException {
    assertThatThrownBy(() -> client.call("nothing"))
        .isInstanceOf(XmlRpcFault.class)
        .hasMessageContaining("'nothing'");
    assertThatThrownBy(() -> client.call("fail")).hasMessageContaining("it broke");
    assertThat(client.call("echo")).isEqualTo(List.of());
  }

  @Test
  void runsManyCallsInOne() throws IOException {
    Object results =
        client.call(
            "system.multicall",
            List.of(
                Map.of("methodName", "echo", "params", List.of(1)),
                Map.of("methodName", "nothing", "params", List.of()),
                Map.of("methodName", "system.multicall", "params", List.of(List.of())),
                "no call",
                Map.of("methodName", "fail", "params", List.of())));
    assertThat(results).isInstanceOf(List.class);
    List<?> rows = (List<?>) results;
    assertThat(rows.get(0)).isEqualTo(List.of(List.of(1)));
    assertThat(rows.subList(1, 5))
        .allMatch(row -> row instanceof Map<?, ?> m && m.get("faultString") instanceof String);
    assertThat(String.valueOf(client.call("system.listMethods")))
        .contains("echo", "system.multicall");
  }

  @Test
  void refusesARequestThatIsTooLargeAndOneThatIsNoPost() throws IOException {
    assertThat(raw("GET / HTTP/1.1\r\nHost: x\r\n\r\n")).startsWith("HTTP/1.1 405");
    byte[] large = new byte[20 << 20];
    assertThatThrownBy(() -> client.call("echo", (Object) large)).isInstanceOf(IOException.class);
    assertThat(client.call("echo", 1)).isEqualTo(List.of(1));
  }

  @Test
  void answersWhatIsNoXmlWithAFault() throws IOException {
    assertThat(raw("POST /RPC2 HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello"))
        .contains("200")
        .contains("faultString");
  }

  private String raw(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      byte[] some = new byte[4096];
      int length = 0;
      while (length < some.length) {
        int n = socket.getInputStream().read(some, length, some.length - length);
        String text = new String(some, 0, Math.max(0, length + n), StandardCharsets.UTF_8);
        length += Math.max(0, n);
        if (n < 0 || text.contains("</methodResponse>") || text.startsWith("HTTP/1.1 405")) {
          break;
        }
      }
      return new String(some, 0, length, StandardCharsets.UTF_8);
    }
  }

  @Test
  void aServerThatDoesNotAnswerCostsTheTimeoutAndNoMore() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      XmlRpcClient hasty =
          new XmlRpcClient("http://127.0.0.1:" + silent.getLocalPort(), Duration.ofMillis(100));
      assertThatThrownBy(() -> hasty.call("getPid")).isInstanceOf(IOException.class);
    }
  }

  @Test
  void namesAUriThatIsNone() {
    assertThatThrownBy(() -> new XmlRpcClient("localhost:11311", Duration.ofSeconds(1)))
        .isInstanceOf(RosException.class)
        .hasMessageContaining("'localhost:11311'");
    assertThatThrownBy(() -> new XmlRpcClient("ftp://x:1", Duration.ofSeconds(1)))
        .isInstanceOf(RosException.class);
  }
}
