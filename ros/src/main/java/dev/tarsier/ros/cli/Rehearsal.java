package dev.tarsier.ros.cli;

import dev.tarsier.ros.node.ModelFolder;
import dev.tarsier.ros.node.PerceptionNode;
import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.master.InProcessMaster;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.DiagnosticArray;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.ros.ros1.transport.Publisher;
import dev.tarsier.ros.ros1.transport.PublisherOptions;
import dev.tarsier.ros.ros1.transport.RosNode;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.task.Head;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node from its start to its first diagnostics, beside a master and a camera in the same
 * process, on this machine's loopback only. The launchers run it once with {@code
 * -XX:ArchiveClassesAtExit}, so that Java finds in one file what a start loads.
 */
final class Rehearsal implements Callable<Integer> {
  private static final int WIDTH = 320;
  private static final int HEIGHT = 240;
  private static final long LIMIT_SECONDS = 300;
  private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);

  @Override
  public Integer call() throws Exception {
    Bundle bundle = Bundle.load(ModelFolder.find(ModelFolder.SHIPPED, List.of(ModelFolder.home())));
    try (InProcessMaster master = new InProcessMaster(0);
        RosNode camera = RosNode.start(RosArguments.of("camera", master.uri(), "127.0.0.1"));
        RosNode user = RosNode.start(RosArguments.of("user", master.uri(), "127.0.0.1"))) {
      // Its shutdown hooks belong to what is rehearsed; the process ends with it.
      Thread node = new Thread(() -> runNode(master.uri()), "rehearsal");
      node.setDaemon(true);
      node.start();
      List<Head> heads = bundle.manifest().heads().stream().filter(h -> h.kind().isMap()).toList();
      CountDownLatch seen = new CountDownLatch(heads.size() + 1);
      for (Head head : heads) {
        user.subscribe(
            "/" + PerceptionNode.DEFAULT_NAME + "/" + head.id(),
            Image.TYPE,
            (body, arrivalNanos) -> seen.countDown());
      }
      user.subscribe(
          "/diagnostics", DiagnosticArray.TYPE, (body, arrivalNanos) -> seen.countDown());
      return show(camera, seen, node) ? RobotCommands.OK : RobotCommands.CANNOT_RUN;
    }
  }

  private static void runNode(String master) {
    try {
      // Telemetry's classes too: nobody listens at that port.
      new NodeCommand(
              List.of(
                  "image:=/camera/image",
                  "__master:=" + master,
                  "__ip:=127.0.0.1",
                  "_threads:=1", // not measured, nor remembered
                  "_mqtt:=tcp://127.0.0.1:9"))
          .call();
    } catch (Exception | LinkageError e) {
      LOG.error("the rehearsal failed", e);
    }
  }

  /** Publishes images until everything has been seen, the node has ended, or it takes too long. */
  private static boolean show(RosNode camera, CountDownLatch seen, Thread node)
      throws InterruptedException {
    Publisher<CameraInfo> infos =
        camera.advertise("/camera/camera_info", CameraInfo.TYPE, PublisherOptions.LATCHED);
    Publisher<Image> images =
        camera.advertise("/camera/image", Image.TYPE, PublisherOptions.NEWEST);
    ByteBuffer pixels = ByteBuffer.allocateDirect(3 * WIDTH * HEIGHT);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    for (int i = 0; System.nanoTime() < end && node.isAlive(); i++) {
      Header header = new Header(i, RosTime.now(), "camera");
      infos.publish(CameraInfo.pinhole(header, WIDTH, HEIGHT, 290, 290, 160, 120));
      pixels.put(0, (byte) i); // a picture that stands still is a fault
      images.publish(new Image(header, HEIGHT, WIDTH, "bgr8", false, 3 * WIDTH, pixels));
      if (seen.await(100, TimeUnit.MILLISECONDS)) {
        return true;
      }
    }
    return false;
  }
}
