package dev.tarsier.ros.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.master.InProcessMaster;
import dev.tarsier.ros.ros1.message.DiagnosticArray;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.ImageView;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.ros.ros1.transport.Publisher;
import dev.tarsier.ros.ros1.transport.PublisherOptions;
import dev.tarsier.ros.ros1.transport.RosNode;
import dev.tarsier.ros.testing.Await;
import dev.tarsier.ros.testing.RosTools;
import dev.tarsier.runtime.testing.TestBundles;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that stands still for seconds while its camera goes on: the link fills. */
class StoppedNodeIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final long SECOND = 1_000_000_000L;
  private static final int PAUSE_FRAMES = 80;

  /**
   * So large that reading what has waited takes longer than perceiving one: of small images all are
   * replaced by newer ones before anybody looks, and none could be published too late.
   */
  private static final int WIDTH = 640;

  private static final int HEIGHT = 480;

  @TempDir Path folder;

  private static long now() {
    return System.currentTimeMillis() * 1_000_000;
  }

  private static long dropped(Map<String, String> diagnostics) {
    return diagnostics.entrySet().stream()
        .filter(value -> value.getKey().startsWith("dropped."))
        .mapToLong(value -> Long.parseLong(value.getValue()))
        .sum();
  }

  private static void signal(long pid, String name) throws Exception {
    assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor())
        .isZero();
  }

  @Test
  void publishesNothingThatWaitedInTheLinkLongerThanTheMaximumAge() throws Exception {
    Path model = TestBundles.brightness(folder.resolve("brightness-v1"));
    int port = RosTools.freePort();
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    try (InProcessMaster master = new InProcessMaster(port);
        RosTools ros = new RosTools(port);
        RosNode camera = RosNode.start(RosArguments.of("camera", master.uri(), "127.0.0.1"))) {
      Queue<Long> stamps = new ConcurrentLinkedQueue<>();
      ImageView view = new ImageView();
      camera.subscribe(
          "/tarsier_perception/depth",
          Image.TYPE,
          (body, arrivalNanos) -> stamps.add(view.over(body.bytes()).stampNanos()));
      AtomicReference<Map<String, String>> values = new AtomicReference<>(Map.of());
      camera.subscribe(
          "/diagnostics",
          DiagnosticArray.TYPE,
          (body, arrivalNanos) -> {
            Map<String, String> read = new HashMap<>();
            DiagnosticArray.TYPE
                .read(body.bytes())
                .status()
                .forEach(status -> status.values().forEach(v -> read.put(v.key(), v.value())));
            values.set(read);
          });
      Publisher<Image> images =
          camera.advertise("/camera/image", Image.TYPE, PublisherOptions.queue(200));
      AtomicInteger sent = new AtomicInteger();
      ScheduledFuture<?> publishing =
          clock.scheduleAtFixedRate(
              () -> {
                byte[] pixels = new byte[3 * WIDTH * HEIGHT];
                pixels[0] = (byte) sent.incrementAndGet(); // the camera is not frozen
                images.publish(
                    new Image(
                        new Header(0, RosTime.ofNanos(now()), "optical"),
                        HEIGHT,
                        WIDTH,
                        "rgb8",
                        false,
                        3 * WIDTH,
                        ByteBuffer.wrap(pixels)));
              },
              0,
              50,
              TimeUnit.MILLISECONDS);
      RosTools.Running node =
          ros.start(
              "env",
              "CLASSPATH=" + System.getProperty("java.class.path"),
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              RobotCommands.class.getName(),
              "node",
              "--provider=cpu",
              "--model=" + model,
              "image:=/camera/image");
      Await.until("scenes", PATIENCE, () -> stamps.size() > 5);

      signal(node.process().pid(), "STOP");
      long stopped = now() + SECOND / 10;
      int before = sent.get();
      Await.until("a pause", PATIENCE, () -> sent.get() > before + PAUSE_FRAMES);
      long resumed = now();
      signal(node.process().pid(), "CONT");
      Await.until(
          "fresh scenes", PATIENCE, () -> stamps.stream().filter(s -> s > resumed).count() > 3);

      assertThat(publishing.isDone()).as("the camera stopped").isFalse();
      assertThat(resumed - stopped).isGreaterThan(3 * SECOND);
      assertThat(stamps).noneMatch(stamp -> stamp > stopped && stamp < resumed - SECOND);
      // Too old, or replaced by newer ones before anybody looked: which, is the scheduler's choice.
      Await.until("drops", PATIENCE, () -> dropped(values.get()) >= PAUSE_FRAMES / 2);
      assertThat(values.get()).containsEntry("age_from", "stamp");
    } finally {
      clock.shutdownNow();
    }
  }
}
