package dev.tarsier.ros.ros1.graph;

import dev.tarsier.ros.port.RosException;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The address under which other nodes reach this one, and where its servers listen: no further than
 * that address goes.
 *
 * <table>
 * <caption>What is listened at</caption>
 * <tr><th>given</th><th>master</th><th>told to others</th><th>listened at</th></tr>
 * <tr><td>an address or name</td><td>any</td><td>what was given</td><td>the addresses it has</td></tr>
 * <tr><td>nothing</td><td>here</td><td>127.0.0.1</td><td>127.0.0.1</td></tr>
 * <tr><td>nothing</td><td>elsewhere</td><td>the address towards it</td><td>that address</td></tr>
 * <tr><td>nothing</td><td>not found</td><td>this machine's name</td><td>all addresses</td></tr>
 * </table>
 *
 * @param advertised host name or IPv4 address, as given to the master
 * @param bind where servers listen, IPv4, at least one
 */
public record HostAddress(String advertised, List<InetAddress> bind) {
  /** What names and routes are looked up with; the machine's own but in tests. */
  interface Network {
    /** All addresses of a name. */
    List<InetAddress> resolve(String host) throws IOException;

    /** Whether it is one of this machine's. */
    boolean isOwn(InetAddress address) throws IOException;

    /** This machine's address on the way to another. */
    Optional<InetAddress> towards(InetAddress remote);

    /** This machine's name. */
    String ownName();
  }

  /** Copies the list. */
  public HostAddress {
    bind = List.copyOf(bind);
  }

  /**
   * Takes what the user gave (ROS_HOSTNAME, ROS_IP, {@code __hostname}, {@code __ip}); else looks
   * where the master is.
   *
   * @param given what the user gave
   * @param masterUri such as {@code http://robot:11311}
   * @throws RosException where what was given names no address of IPv4
   */
  public static HostAddress find(Optional<String> given, String masterUri) {
    return find(given, masterUri, new Machine());
  }

  static HostAddress find(Optional<String> given, String masterUri, Network network) {
    return given
        .map(host -> new HostAddress(host, named(host, network)))
        .orElseGet(() -> besideMaster(masterUri, network));
  }

  private static List<InetAddress> named(String host, Network network) {
    try {
      List<InetAddress> found =
          network.resolve(host).stream().filter(Inet4Address.class::isInstance).distinct().toList();
      if (found.stream().anyMatch(InetAddress::isAnyLocalAddress)) {
        throw new RosException(
            "ROS_IP or ROS_HOSTNAME must be an address that others can reach, got '" + host + "'");
      }
      if (!found.isEmpty()) {
        return found;
      }
    } catch (IOException e) {
      throw new RosException(unknown(host), e);
    }
    throw new RosException(unknown(host));
  }

  private static String unknown(String host) {
    return "'%s' has no IPv4 address here; set ROS_IP or ROS_HOSTNAME to an address of this machine"
        .formatted(host);
  }

  private static HostAddress besideMaster(String masterUri, Network network) {
    try {
      String host = URI.create(masterUri).getHost();
      for (InetAddress master : network.resolve(host == null ? "" : host)) {
        if (master.isLoopbackAddress() || network.isOwn(master)) {
          return new HostAddress("127.0.0.1", List.of(address(127, 0, 0, 1)));
        }
        Optional<InetAddress> local = network.towards(master);
        if (local.isPresent() && local.get() instanceof Inet4Address) {
          return new HostAddress(local.get().getHostAddress(), List.of(local.get()));
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      // no such host yet: the machine's own name is as good a guess as there is
      return anywhere(network);
    }
    return anywhere(network);
  }

  private static HostAddress anywhere(Network network) {
    return new HostAddress(network.ownName(), List.of(address(0, 0, 0, 0)));
  }

  /** Whether only this machine reaches it. */
  public boolean loopbackOnly() {
    return bind.stream().allMatch(InetAddress::isLoopbackAddress);
  }

  /** The machine that this runs on. */
  private record Machine() implements Network {
    @Override
    public List<InetAddress> resolve(String host) throws IOException {
      return Arrays.asList(InetAddress.getAllByName(host));
    }

    @Override
    public boolean isOwn(InetAddress address) throws IOException {
      return NetworkInterface.getByInetAddress(address) != null;
    }

    @Override
    public Optional<InetAddress> towards(InetAddress remote) {
      try (DatagramSocket socket = new DatagramSocket()) {
        // connecting a datagram socket sends nothing; it only chooses the route
        socket.connect(new InetSocketAddress(remote, 9));
        InetAddress local = socket.getLocalAddress();
        return local.isAnyLocalAddress() || local.isLoopbackAddress()
            ? Optional.empty()
            : Optional.of(local);
      } catch (IOException | RuntimeException e) {
        return Optional.empty();
      }
    }

    @Override
    public String ownName() {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (IOException e) {
        return "127.0.0.1";
      }
    }
  }

  private static InetAddress address(int a, int b, int c, int d) {
    try {
      return InetAddress.getByAddress(new byte[] {(byte) a, (byte) b, (byte) c, (byte) d});
    } catch (IOException e) {
      throw new IllegalStateException("four bytes are an address", e);
    }
  }
}
