package dev.tarsier.ros.graph;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Optional;

/**
 * The address under which other nodes reach this one.
 *
 * @param advertised host name or IPv4 address, as given to the master
 * @param bind where servers listen: loopback only, if that is what is advertised
 */
public record HostAddress(String advertised, InetAddress bind) {
  /**
   * Takes what the user gave (ROS_HOSTNAME, ROS_IP, {@code __hostname}, {@code __ip}), else the
   * address this machine has towards the master, else, where the master is on this machine, this
   * machine's name.
   *
   * @param given what the user gave
   * @param masterUri such as {@code http://robot:11311}
   */
  public static HostAddress find(Optional<String> given, String masterUri) {
    String host = given.or(() -> towards(masterUri)).orElseGet(HostAddress::ownName);
    return new HostAddress(host, isLoopback(host) ? loopback() : anyAddress());
  }

  private static Optional<String> towards(String masterUri) {
    try (DatagramSocket socket = new DatagramSocket()) {
      // connecting a datagram socket sends nothing; it only chooses the route
      socket.connect(
          new InetSocketAddress(InetAddress.getByName(URI.create(masterUri).getHost()), 9));
      InetAddress local = socket.getLocalAddress();
      return local.isLoopbackAddress() || local.isAnyLocalAddress()
          ? Optional.empty()
          : Optional.of(local.getHostAddress());
    } catch (IOException | RuntimeException e) {
      // no route or no such host yet: the machine's own name is as good a guess as there is
      return Optional.empty();
    }
  }

  private static String ownName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (IOException e) {
      return "127.0.0.1";
    }
  }

  private static boolean isLoopback(String host) {
    return host.equals("localhost") || host.startsWith("127.");
  }

  private static InetAddress loopback() {
    return address(127, 0, 0, 1);
  }

  private static InetAddress anyAddress() {
    return address(0, 0, 0, 0);
  }

  private static InetAddress address(int a, int b, int c, int d) {
    try {
      return InetAddress.getByAddress(new byte[] {(byte) a, (byte) b, (byte) c, (byte) d});
    } catch (IOException e) {
      throw new IllegalStateException("four bytes are an address", e);
    }
  }
}
