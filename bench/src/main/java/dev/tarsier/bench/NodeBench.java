package dev.tarsier.bench;

import com.sun.management.ThreadMXBean;
import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.node.NodeOptions;
import dev.tarsier.ros.node.PerceptionNode;
import dev.tarsier.ros.ros1.adapter.Ros1Port;
import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.master.InProcessMaster;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.ImageView;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.ros.ros1.transport.Publisher;
import dev.tarsier.ros.ros1.transport.PublisherOptions;
import dev.tarsier.ros.ros1.transport.RosNode;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.pipeline.LatencySummary;
import dev.tarsier.runtime.pipeline.Stage;
import dev.tarsier.runtime.task.Head;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * What the whole node adds to a bare pinned {@code session.run}: images of 640x480 at 30 Hz go over
 * TCP from one node into the perception node and its outputs over TCP to a third, all in one
 * process through an in-process master. The bare runs take turns with the frames, so that what else
 * the machine does falls on both alike.
 *
 * <p>Added = (arrival of an image to the end of publishing its outputs) − (bare run), medians; the
 * node's stages include the warm-up. Heap per frame counts the node's threads: receiving,
 * perception, publishing, and what comes once a second.
 */
@Command(
    name = "node",
    description =
        "What the whole node adds to a bare pinned session.run, images over TCP at 30 Hz.",
    mixinStandardHelpOptions = true)
final class NodeBench implements Callable<Integer> {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 480;
  private static final int WARM_UP = 100;

  /** A camera's rate: what the node allocates once a second is spread over that many frames. */
  private static final long PERIOD_NANOS = 1_000_000_000L / 30;

  @Mixin private NetworkArguments network;

  /** Made by picocli. */
  NodeBench() {}

  /** Runs it and prints what it found. */
  @Override
  public Integer call() throws Exception {
    run(network.bundle(), network.frames(), network.threads(), System.out);
    return RobotCommands.OK;
  }

  private static void run(Bundle bundle, int frames, int threads, PrintStream out)
      throws Exception {
    out.printf(
        Locale.ROOT,
        "bundle %s (%s), input %dx%d, images %dx%d bgr8, %d frames, %d threads on %d processors,"
            + " Java %s, load %.1f%n",
        bundle.manifest().name(),
        bundle.modelSha256().substring(0, 12),
        bundle.manifest().input().width(),
        bundle.manifest().input().height(),
        WIDTH,
        HEIGHT,
        frames,
        threads,
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("java.version"),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    try (InProcessMaster master = new InProcessMaster(0);
        RosNode camera = RosNode.start(RosArguments.of("camera", master.uri(), "127.0.0.1"));
        RosNode robot =
            RosNode.start(RosArguments.of(PerceptionNode.DEFAULT_NAME, master.uri(), "127.0.0.1"));
        RosNode user = RosNode.start(RosArguments.of("user", master.uri(), "127.0.0.1"))) {
      robot.parameters().set("~provider", "cpu");
      robot.parameters().set("~threads", threads);
      NodeOptions options = NodeOptions.read(robot.parameters(), Map.of("frozen_frames", 0));
      try (PerceptionNode node = PerceptionNode.start(new Ros1Port(robot), options, bundle);
          BareSession bare = new BareSession(bundle, threads)) {
        List<Head> heads =
            bundle.manifest().heads().stream().filter(head -> head.kind().isMap()).toList();
        measure(camera, user, node, heads, bare, frames, out);
      }
    }
  }

  private static void measure(
      RosNode camera,
      RosNode user,
      PerceptionNode node,
      List<Head> heads,
      BareSession bare,
      int frames,
      PrintStream out)
      throws Exception {
    // The subscriber counts without allocating: what is measured is the node.
    ImageView view = new ImageView();
    Semaphore done = new Semaphore(0);
    String last = heads.get(heads.size() - 1).id(); // they are published in this order
    for (Head head : heads) {
      user.subscribe(
          "/tarsier_perception/" + head.id(),
          Image.TYPE,
          (body, arrivalNanos) -> {
            if (head.id().equals(last)) {
              view.over(body.bytes());
              done.release();
            }
          });
    }
    user.subscribe("/tarsier_perception/camera_info", CameraInfo.TYPE, (body, arrivalNanos) -> {});
    Publisher<CameraInfo> infos =
        camera.advertise("/camera_info", CameraInfo.TYPE, PublisherOptions.LATCHED);
    infos.publish(
        CameraInfo.pinhole(
            new Header(0, RosTime.ZERO, "camera"), WIDTH, HEIGHT, 585, 585, 320, 240));
    Publisher<Image> images = camera.advertise("/image", Image.TYPE, PublisherOptions.NEWEST);
    while (images.subscribers() == 0) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
    ByteBuffer pixels =
        ByteBuffer.allocateDirect(3 * WIDTH * HEIGHT).order(ByteOrder.LITTLE_ENDIAN);
    byte[] noise = new byte[pixels.capacity()];
    new Random(1).nextBytes(noise);
    pixels.put(noise).flip();
    Histogram bareNanos = new Histogram(3);
    Histogram tripNanos = new Histogram(3);
    Map<Long, Long> heap = Map.of();
    long next = System.nanoTime();
    for (int i = -WARM_UP; i < frames; i++) {
      next = Math.max(next + PERIOD_NANOS, System.nanoTime());
      LockSupport.parkNanos(next - System.nanoTime());
      if (i == 0) {
        node.snapshot(); // ends a window
        heap = heapOfOthers();
      }
      long start = System.nanoTime();
      bare.run();
      if (i >= 0) {
        bareNanos.recordValue(System.nanoTime() - start);
      }
      done.drainPermits();
      long sent = System.nanoTime();
      images.publish(
          new Image(
              new Header(i, RosTime.now(), "camera"),
              HEIGHT,
              WIDTH,
              "bgr8",
              false,
              3 * WIDTH,
              pixels));
      if (!done.tryAcquire(i < 0 ? 500 : 5000, TimeUnit.MILLISECONDS) && i >= 0) {
        throw new IllegalStateException(
            "no output for frame " + i + ": " + node.snapshot().drops());
      }
      if (i >= 0) {
        tripNanos.recordValue(System.nanoTime() - sent);
      }
    }
    Map<Long, Long> heapAfter = heapOfOthers();
    TimeUnit.MILLISECONDS.sleep(1100);
    node.snapshot();
    Map<Stage, LatencySummary> stages = node.snapshot().total();
    double bareP50 = bareNanos.getValueAtPercentile(50) / 1e6;
    double age = stages.get(Stage.AGE).p50Millis();
    out.printf(Locale.ROOT, "bare session.run        p50 %7.2f ms%n", bareP50);
    for (Stage stage :
        new Stage[] {
          Stage.WAIT, Stage.DECODE, Stage.INFER, Stage.SCENE, Stage.PUBLISH, Stage.AGE
        }) {
      LatencySummary summary = stages.get(stage);
      out.printf(
          Locale.ROOT,
          "node, %-16s  p50 %7.2f ms   p99 %7.2f ms%n",
          stage.id(),
          summary.p50Millis(),
          summary.p99Millis());
    }
    out.printf(Locale.ROOT, "the node adds           p50 %7.2f ms (goal: 2)%n", age - bareP50);
    out.printf(
        Locale.ROOT,
        "camera to user, by TCP  p50 %7.2f ms%n",
        tripNanos.getValueAtPercentile(50) / 1e6);
    printHeap(heap, heapAfter, frames, out);
  }

  /** Bytes that each live thread but this one has allocated so far, by thread id. */
  private static Map<Long, Long> heapOfOthers() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Map<Long, Long> bytes = new HashMap<>();
    for (long id : threads.getAllThreadIds()) {
      if (id != Thread.currentThread().getId()) {
        bytes.put(id, Math.max(0, threads.getThreadAllocatedBytes(id)));
      }
    }
    return bytes;
  }

  private static void printHeap(
      Map<Long, Long> before, Map<Long, Long> after, int frames, PrintStream out) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long node = 0;
    long rest = 0;
    for (Map.Entry<Long, Long> each : after.entrySet()) {
      long bytes = each.getValue() - before.getOrDefault(each.getKey(), 0L);
      ThreadInfo info = threads.getThreadInfo(each.getKey());
      boolean ofTheNode =
          info != null
              && (info.getThreadName().startsWith("/" + PerceptionNode.DEFAULT_NAME)
                  || info.getThreadName().startsWith("tarsier"));
      if (ofTheNode) {
        node += bytes;
      } else {
        rest += bytes;
      }
      if (ofTheNode && bytes / frames >= 16) {
        out.printf("  %6d B  %s%n", bytes / frames, info.getThreadName());
      }
    }
    out.printf("heap per frame          %d B (goal: 512)%n", node / frames);
    out.printf("  beside it, in the same process: master, camera, user %d B%n", rest / frames);
  }
}
