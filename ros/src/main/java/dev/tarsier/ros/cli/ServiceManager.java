package dev.tarsier.ros.cli;

import com.sun.jna.LastErrorException;
import dev.tarsier.ros.node.Ticker;
import dev.tarsier.runtime.natives.CLibrary;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells systemd that the process is up and that it still lives, by datagrams to the socket that
 * {@code NOTIFY_SOCKET} names (sd_notify(3)). Java 17 has no datagrams of that kind, so the C
 * library is called. Without that variable nothing is done and nothing is loaded.
 */
final class ServiceManager implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ServiceManager.class);
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 02000000;
  private static final int PATH_BYTES = 108;

  private final byte[] address;
  private final ScheduledExecutorService pulse;

  /** Null where no watchdog asks. */
  private ScheduledFuture<?> beat;

  private ServiceManager(byte[] address) {
    this.address = address;
    this.pulse = Ticker.named("tarsier-watchdog");
  }

  /**
   * Says that the process is up, and from then on, as often as the watchdog asks for it, that it
   * lives.
   *
   * @param alive whether it still does its work; where it does not, nothing is said, and systemd
   *     starts the service anew
   */
  static ServiceManager start(BooleanSupplier alive) {
    String socket = System.getenv("NOTIFY_SOCKET");
    if (socket == null || socket.length() < 2 || socket.length() >= PATH_BYTES) {
      return new ServiceManager(null);
    }
    ServiceManager manager = new ServiceManager(address(socket));
    manager.tell("READY=1\nSTATUS=waits for the ROS master");
    long micros = micros(System.getenv("WATCHDOG_USEC"));
    if (micros > 0) {
      manager.beat =
          manager.pulse.scheduleAtFixedRate(
              () -> {
                if (alive.getAsBoolean()) {
                  manager.tell("WATCHDOG=1");
                }
              },
              0,
              micros / 3,
              TimeUnit.MICROSECONDS);
    }
    return manager;
  }

  /** An abstract socket's name starts with a zero byte, which is written as {@code @}. */
  private static byte[] address(String socket) {
    byte[] path = socket.getBytes(StandardCharsets.UTF_8);
    ByteBuffer address =
        ByteBuffer.allocate(Short.BYTES + path.length + (path[0] == '@' ? 0 : 1))
            .order(ByteOrder.nativeOrder());
    address.putShort((short) AF_UNIX).put(path[0] == '@' ? 0 : path[0]);
    address.put(path, 1, path.length - 1);
    return address.array();
  }

  private static long micros(String text) {
    try {
      return text == null ? 0 : Long.parseLong(text.trim());
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private void tell(String state) {
    if (address == null) {
      return;
    }
    try {
      CLibrary c = CLibrary.load();
      byte[] message = state.getBytes(StandardCharsets.UTF_8);
      int socket = c.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      try {
        c.sendto(socket, message, message.length, 0, address, address.length);
      } finally {
        c.close(socket);
      }
    } catch (LastErrorException | LinkageError | IOException e) {
      LOG.warn("systemd cannot be told {}: {}", state, e.getMessage());
    }
  }

  /** What {@code systemctl status} shows. */
  void status(String words) {
    tell("STATUS=" + words);
  }

  /** Says that the process is ending. */
  @Override
  public void close() {
    if (beat != null) {
      beat.cancel(false);
    }
    pulse.shutdownNow();
    tell("STOPPING=1");
  }
}
