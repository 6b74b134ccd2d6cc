package dev.tarsier.trainer.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;

/**
 * An MQTT broker in this process, on the loopback interface only, that keeps nothing on disk and
 * asks nobody for a password. For the demo and for tests; a fleet uses a real broker.
 *
 * <p>Safe from any thread.
 */
public final class InProcessBroker implements AutoCloseable {
  private final EmbeddedActiveMQ broker;
  private final int port;

  private InProcessBroker(EmbeddedActiveMQ broker, int port) {
    this.broker = broker;
    this.port = port;
  }

  /**
   * Starts one on a free port.
   *
   * @param folder for paths that the broker insists on knowing; nothing is written there
   */
  public static InProcessBroker start(Path folder) {
    int port = freePort();
    EmbeddedActiveMQ broker = new EmbeddedActiveMQ();
    try {
      broker.setConfiguration(configuration(folder, port));
      broker.start();
    } catch (Exception e) {
      throw new IllegalStateException(
          "the in-process MQTT broker did not start on port " + port, e);
    }
    return new InProcessBroker(broker, port);
  }

  /** Its address for clients, such as {@code tcp://127.0.0.1:40123}. */
  public String uri() {
    return "tcp://127.0.0.1:" + port;
  }

  @Override
  public void close() {
    try {
      broker.stop();
    } catch (Exception e) {
      throw new IllegalStateException("the in-process MQTT broker did not stop", e);
    }
  }

  private static Configuration configuration(Path folder, int port) throws Exception {
    Configuration configuration =
        new ConfigurationImpl()
            .setPersistenceEnabled(false)
            .setSecurityEnabled(false)
            .setJMXManagementEnabled(false)
            .setGracefulShutdownEnabled(false)
            .setScheduledThreadPoolMaxSize(1)
            .setThreadPoolMaxSize(4)
            .addAcceptorConfiguration("mqtt", "tcp://127.0.0.1:" + port + "?protocols=MQTT");
    configuration.setName("tarsier-demo");
    configuration.setBrokerInstance(folder.toFile());
    configuration.setCriticalAnalyzer(false);
    return configuration;
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("no free port on the loopback interface", e);
    }
  }
}
