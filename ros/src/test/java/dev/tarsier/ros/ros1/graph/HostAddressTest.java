package dev.tarsier.ros.ros1.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.ros.port.RosException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A machine with two networks, 10.0.0.5 and 192.168.1.5; its name leads to both, as DNS has it. */
class HostAddressTest {
  private static final Map<String, List<String>> NAMES =
      Map.of(
          "localhost", List.of("127.0.0.1"),
          "robot", List.of("10.0.0.5", "192.168.1.5"),
          "debian", List.of("127.0.1.1"),
          "six", List.of("::1"),
          "base", List.of("10.0.0.9"),
          "lost", List.of("172.16.0.1"));

  private static final HostAddress.Network NETWORK =
      new HostAddress.Network() {
        @Override
        public List<InetAddress> resolve(String host) throws IOException {
          List<InetAddress> found = new ArrayList<>();
          if (host.matches("[0-9.]+")) {
            return List.of(InetAddress.getByName(host));
          }
          for (String text : NAMES.getOrDefault(host, List.of())) {
            found.add(InetAddress.getByName(text));
          }
          if (found.isEmpty()) {
            throw new UnknownHostException(host);
          }
          return found;
        }

        @Override
        public boolean isOwn(InetAddress address) {
          return List.of("10.0.0.5", "192.168.1.5").contains(address.getHostAddress());
        }

        @Override
        public Optional<InetAddress> towards(InetAddress remote) {
          try {
            return remote.getHostAddress().startsWith("10.")
                ? Optional.of(InetAddress.getByName("10.0.0.5"))
                : Optional.empty();
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        }

        @Override
        public String ownName() {
          return "robot";
        }
      };

  private static String told(String given, String master) {
    HostAddress address = HostAddress.find(Optional.ofNullable(given), master, NETWORK);
    return address.advertised()
        + " at "
        + String.join(",", address.bind().stream().map(InetAddress::getHostAddress).toList());
  }

  @Test
  void listensAtLoopbackWhereTheMasterIsOnThisMachine() {
    for (String master : List.of("localhost", "127.0.0.1", "debian", "robot", "192.168.1.5")) {
      assertThat(told(null, "http://" + master + ":11311")).isEqualTo("127.0.0.1 at 127.0.0.1");
    }
  }

  @Test
  void listensAtTheAddressTowardsAMasterElsewhere() {
    assertThat(told(null, "http://base:11311")).isEqualTo("10.0.0.5 at 10.0.0.5");
  }

  @Test
  void listensEverywhereOnlyWhereNoWayToTheMasterIsKnown() {
    assertThat(told(null, "http://lost:11311")).isEqualTo("robot at 0.0.0.0");
    assertThat(told(null, "http://unknown:11311")).isEqualTo("robot at 0.0.0.0");
    assertThat(told(null, "http://:bad:uri")).isEqualTo("robot at 0.0.0.0");
  }

  @Test
  void listensAtWhatIsNamedWhereverTheMasterIs() {
    for (String master : List.of("http://localhost:11311", "http://base:11311")) {
      assertThat(told("192.168.1.5", master)).isEqualTo("192.168.1.5 at 192.168.1.5");
      assertThat(told("localhost", master)).isEqualTo("localhost at 127.0.0.1");
      assertThat(told("robot", master)).isEqualTo("robot at 10.0.0.5,192.168.1.5");
      assertThat(told("127.0.0.2", master)).isEqualTo("127.0.0.2 at 127.0.0.2");
    }
    assertThat(HostAddress.find(Optional.of("debian"), "http://base", NETWORK).loopbackOnly())
        .isTrue();
  }

  @Test
  void refusesWhatNamesNoAddressAndNamesTheWayOut() {
    for (String given : List.of("nowhere", "six", "0.0.0.0")) {
      assertThatThrownBy(() -> told(given, "http://localhost:11311"))
          .isInstanceOf(RosException.class)
          .hasMessageContaining("'" + given + "'")
          .hasMessageContaining("ROS_IP");
    }
  }
}
