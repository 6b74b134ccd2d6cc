package dev.tarsier.ros.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.port.RosClock;
import dev.tarsier.ros.ros1.adapter.Ros1Port;
import dev.tarsier.ros.ros1.message.DiagnosticArray;
import dev.tarsier.ros.ros1.message.DiagnosticStatus;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.ros.ros1.transport.Publisher;
import dev.tarsier.ros.ros1.transport.PublisherOptions;
import dev.tarsier.ros.ros1.transport.RawHandler;
import dev.tarsier.ros.ros1.transport.RosGraph;
import dev.tarsier.ros.testing.Await;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A thread of the node that fails is an error in /diagnostics, and what it did goes on. */
class ThreadFaultsTest extends RobotAndCamera {
  private static final String TELEMETRY_THREAD = "tarsier-telemetry";
  private static final byte[] CONNACK = {0x20, 2, 0, 0};

  private final BlockingQueue<DiagnosticStatus> diagnostics = new LinkedBlockingQueue<>();

  @BeforeEach
  void listen() {
    camera.subscribe(
        "/diagnostics", DiagnosticArray.TYPE, array -> diagnostics.addAll(array.status()));
  }

  /** The robot's graph with something of it exchanged. */
  private RosGraph graph(Exchange exchange) {
    return (RosGraph)
        Proxy.newProxyInstance(
            RosGraph.class.getClassLoader(),
            new Class<?>[] {RosGraph.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("clock")) {
                return exchange.clock(robot.clock());
              }
              if (method.getName().equals("subscribe")
                  && arguments[2] instanceof RawHandler handler
                  && arguments[0].equals(CAMERA)) {
                arguments[2] = exchange.images(handler);
              }
              try {
                return method.invoke(robot, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private interface Exchange {
    default RosClock clock(RosClock whole) {
      return whole;
    }

    default RawHandler images(RawHandler whole) {
      return whole;
    }
  }

  private PerceptionNode node(RosGraph graph, Map<String, Object> over) throws Exception {
    return PerceptionNode.start(
        new Ros1Port(graph), NodeOptions.read(robot.parameters(), over), bundle);
  }

  private void awaitError(String... parts) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (true) {
      DiagnosticStatus status =
          diagnostics.poll(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      assertThat(status).as("diagnostics with " + List.of(parts)).isNotNull();
      if (List.of(parts).stream().allMatch(status.message()::contains)) {
        assertThat(status.level()).isEqualTo(DiagnosticStatus.ERROR);
        return;
      }
    }
  }

  private static Image image(int seconds) {
    ByteBuffer data = ByteBuffer.allocate(3 * 64 * 48);
    data.putInt(0, seconds);
    return new Image(
        new Header(0, new RosTime(seconds, 0), "optical"), 48, 64, "rgb8", false, 3 * 64, data);
  }

  @Test
  void aReceivingThreadThatEndsByAnErrorIsToldAndItsLinkIsMadeAnew() throws Exception {
    AtomicBoolean fails = new AtomicBoolean(true);
    Exchange outOfMemory =
        new Exchange() {
          @Override
          public RawHandler images(RawHandler whole) {
            return (body, arrivalNanos) -> {
              if (fails.getAndSet(false)) {
                throw new OutOfMemoryError("Cannot reserve 5 bytes of direct buffer memory");
              }
              whole.onMessage(body, arrivalNanos);
            };
          }
        };
    try (PerceptionNode node = node(graph(outOfMemory), Map.of("lazy", false))) {
      Publisher<Image> images = camera.advertise(CAMERA, Image.TYPE, PublisherOptions.queue(10));
      Await.until("the node", () -> images.subscribers() == 1);
      images.publish(image(1));
      awaitError("thread 'receive-" + CAMERA + "' ended with", "direct buffer memory");
      AtomicInteger seconds = new AtomicInteger(1);
      Await.until(
          "an image over a new link is perceived",
          () -> {
            images.publish(image(seconds.incrementAndGet()));
            return node.snapshot().framesOut() > 0;
          });
    }
  }

  @Test
  void aTelemetryThreadThatFailsIsToldAndGoesOn() throws Exception {
    AtomicBoolean fails = new AtomicBoolean(true);
    Exchange failing =
        new Exchange() {
          @Override
          public RosClock clock(RosClock whole) {
            return new RosClock() {
              @Override
              public boolean simulated() {
                return whole.simulated();
              }

              @Override
              public long nowNanos() {
                if (fails.get() && Thread.currentThread().getName().equals(TELEMETRY_THREAD)) {
                  throw new LinkageError("a class of the factsheet is gone");
                }
                return whole.nowNanos();
              }
            };
          }
        };
    try (ServerSocket broker = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      broker.setSoTimeout(60_000);
      Map<String, Object> telemetry =
          Map.of(
              "broker",
              "tcp://127.0.0.1:" + broker.getLocalPort(),
              "robot",
              "r",
              "retry_max_millis",
              100);
      try (PerceptionNode node = node(graph(failing), Map.of("telemetry", telemetry))) {
        try (Socket first = accept(broker)) {
          awaitError("telemetry: telling failed", "a class of the factsheet is gone");
          assertThat(first.isBound()).isTrue();
        }
        assertThat(node.snapshot().framesIn()).isZero();
        fails.set(false);
        // either of the two that tell, in version 1 and in version 2
        try (Socket next = accept(broker)) {
          InputStream in = next.getInputStream();
          StringBuilder told = new StringBuilder();
          while (told.indexOf("tarsier.factsheet/") < 0) {
            int one = in.read();
            assertThat(one).as("more of " + told).isNotNegative();
            told.append((char) one);
          }
        }
      }
    }
  }

  private static Socket accept(ServerSocket broker) throws IOException {
    Socket socket = broker.accept();
    socket.setSoTimeout(60_000);
    InputStream in = socket.getInputStream();
    assertThat(in.read()).as("a CONNECT packet").isEqualTo(0x10);
    int length = in.read();
    if (length > 127) {
      length = (length & 127) | in.read() << 7;
    }
    in.skipNBytes(length);
    socket.getOutputStream().write(CONNACK);
    return socket;
  }
}
