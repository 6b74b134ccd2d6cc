package dev.tarsier.ros.ros1.graph;

import dev.tarsier.ros.port.RosException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens at one port of one or more addresses, with a thread for each, and hands connections on.
 * Where the process has no descriptor or thread left it waits longer and longer, says so once a
 * minute, and goes on.
 */
public final class Acceptor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Acceptor.class);
  private static final int BACKLOG = 128;
  private static final int PORT_ATTEMPTS = 20;
  private static final long FIRST_PAUSE_MILLIS = 20;
  private static final long LAST_PAUSE_MILLIS = 1_000;

  private final String name;
  private final List<ServerSocketChannel> servers;
  private final Consumer<SocketChannel> taker;
  private final Complaints complaints = new Complaints();
  private volatile boolean closed;

  /** Where connections come from; {@link ServerSocketChannel#accept} but in tests. */
  @FunctionalInterface
  interface Source {
    SocketChannel accept() throws IOException;
  }

  /** Waits. */
  @FunctionalInterface
  interface Pause {
    void millis(long millis) throws InterruptedException;
  }

  /**
   * Binds; takes nothing before {@link #start}.
   *
   * @param name of the server, for the log
   * @param addresses of this machine, IPv4
   * @param port 0 takes a free one, the same for all addresses
   * @param taker owns each connection from then on; must not block. Where it throws, the connection
   *     is closed.
   * @throws IOException where an address is not this machine's, or the port is taken
   */
  public Acceptor(String name, List<InetAddress> addresses, int port, Consumer<SocketChannel> taker)
      throws IOException {
    this.name = name;
    this.taker = taker;
    this.servers = bindAll(addresses, port);
  }

  private static List<ServerSocketChannel> bindAll(List<InetAddress> addresses, int port)
      throws IOException {
    for (int attempt = 1; ; attempt++) {
      List<ServerSocketChannel> bound = new ArrayList<>();
      try {
        int common = port;
        for (InetAddress address : addresses) {
          ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.INET);
          bound.add(server);
          server.bind(new InetSocketAddress(address, common), BACKLOG);
          common = server.socket().getLocalPort();
        }
        return List.copyOf(bound);
      } catch (IOException e) {
        bound.forEach(QuietClose::close);
        // the port that was free at one address may be taken at the next
        if (port != 0 || bound.size() < 2 || attempt == PORT_ATTEMPTS) {
          throw new IOException(
              addresses.get(bound.isEmpty() ? 0 : bound.size() - 1) + ": " + e.getMessage(), e);
        }
      }
    }
  }

  /** The port, the same at each address. */
  public int port() {
    return servers.get(0).socket().getLocalPort();
  }

  /** Takes connections from here on. */
  public void start(SupervisedThreads threads) {
    for (ServerSocketChannel server : servers) {
      threads.keep("accept", () -> accept(server::accept, TimeUnit.MILLISECONDS::sleep));
    }
  }

  /** Accepts until closed. */
  void accept(Source source, Pause pause) {
    long millis = FIRST_PAUSE_MILLIS;
    try {
      while (!closed) {
        SocketChannel channel = null;
        try {
          channel = source.accept();
          if (closed) { // one that came while the socket was being closed
            QuietClose.close(channel);
            return;
          }
          taker.accept(channel);
          millis = FIRST_PAUSE_MILLIS;
        } catch (IOException | RosException e) {
          if (channel != null) {
            QuietClose.close(channel);
          }
          if (closed) {
            return;
          }
          complaints
              .line("", name + " cannot take connections: " + e.getMessage())
              .ifPresent(line -> LOG.warn("{}; it tries again each second at most", line));
          pause.millis(millis);
          millis = Math.min(2 * millis, LAST_PAUSE_MILLIS);
        } catch (Throwable e) { // not lost: the thread's keeper tells of it and starts it again
          if (channel != null) {
            QuietClose.close(channel);
          }
          throw e;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Takes no more connections; those taken stay. */
  @Override
  public void close() {
    closed = true;
    servers.forEach(QuietClose::close);
  }
}
