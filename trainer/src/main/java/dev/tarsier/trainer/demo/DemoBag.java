package dev.tarsier.trainer.demo;

import dev.tarsier.ros.bag.BagCompression;
import dev.tarsier.ros.bag.BagWriter;
import dev.tarsier.ros.message.CameraInfo;
import dev.tarsier.ros.message.Header;
import dev.tarsier.ros.message.Image;
import dev.tarsier.ros.message.RosTime;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.render.PinholeCamera;
import dev.tarsier.trainer.render.RenderOptions;
import dev.tarsier.trainer.render.RenderedFrame;
import dev.tarsier.trainer.render.SceneSequence;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.function.IntConsumer;

/**
 * The bag that the demo plays: rendered once, kept under a name that says all that it depends on.
 */
final class DemoBag {
  static final String IMAGE = "/camera/rgb/image_color";
  static final String CAMERA_INFO = "/camera/rgb/camera_info";
  static final String DEPTH = "/camera/depth/image";
  static final String LABELS = "/camera/labels";

  private static final String FRAME_ID = "camera_rgb_optical_frame";

  private DemoBag() {}

  /**
   * Renders the bag unless it is there.
   *
   * @param progress takes the number of rendered frames
   */
  static Path at(DemoRequest request, IntConsumer progress) throws IOException {
    String name =
        "rendered-v%d-seed%d-%dx%d-%sfps-%d.bag"
            .formatted(
                SceneSequence.RENDERER_VERSION,
                request.seed(),
                request.width(),
                request.height(),
                Double.toString(request.framesPerSecond()),
                request.frames());
    Path bag = request.cache().resolve(name);
    if (Files.isRegularFile(bag)) {
      return bag;
    }
    Files.createDirectories(request.cache());
    Path part = Files.createTempFile(request.cache(), name, ".part");
    try {
      render(request, part, progress);
      Files.move(part, bag, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
    return bag;
  }

  private static void render(DemoRequest request, Path file, IntConsumer progress)
      throws IOException {
    RenderOptions options =
        RenderOptions.video(request.width(), request.height())
            .withFramesPerSecond(request.framesPerSecond())
            .withThreads(Runtime.getRuntime().availableProcessors());
    SceneSequence sequence = new SceneSequence(request.seed(), options);
    try (BagWriter bag = new BagWriter(file, BagCompression.NONE)) {
      for (int i = 0; i < request.frames(); i++) {
        write(sequence.frame(i), i, bag);
        progress.accept(i + 1);
      }
    }
  }

  private static void write(RenderedFrame frame, int sequence, BagWriter bag) throws IOException {
    Sample sample = frame.sample();
    int width = sample.width();
    int height = sample.height();
    long stamp = frame.stampNanos();
    Header header = new Header(sequence, RosTime.ofNanos(stamp), FRAME_ID);
    PinholeCamera camera = frame.camera();
    bag.write(
        CAMERA_INFO,
        stamp,
        CameraInfo.pinhole(
            header, width, height, camera.fx(), camera.fy(), camera.cx(), camera.cy()));
    bag.write(
        IMAGE,
        stamp,
        new Image(header, height, width, "rgb8", false, 3 * width, ByteBuffer.wrap(sample.rgb())));
    ByteBuffer depth =
        ByteBuffer.allocate(Float.BYTES * width * height).order(ByteOrder.LITTLE_ENDIAN);
    depth.asFloatBuffer().put(sample.depthMetres());
    bag.write(
        DEPTH, stamp, new Image(header, height, width, "32FC1", false, Float.BYTES * width, depth));
    bag.write(
        LABELS,
        stamp,
        new Image(header, height, width, "mono8", false, width, ByteBuffer.wrap(sample.labels())));
  }
}
