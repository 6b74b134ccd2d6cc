package dev.tarsier.trainer.render;

import dev.tarsier.ros.bag.BagCompression;
import dev.tarsier.ros.bag.BagWriter;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.trainer.dataset.RgbdSample;
import dev.tarsier.trainer.dataset.Sample;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * A ROS bag of rendered frames, as an RGB-D camera's driver would record it, with labels besides.
 * Depth is {@code 32FC1} metres (NaN unknown) or {@code 16UC1} millimetres (0 unknown). The bag is
 * written under a name that ends in {@code .active} and gets its own name in {@link #finish}, so a
 * bag with the final name is a whole one. One thread.
 */
public final class RenderedBag implements AutoCloseable {
  /** {@code rgb8}. */
  public static final String RGB_TOPIC = "/camera/rgb/image_color";

  /** Intrinsics with each image. */
  public static final String CAMERA_INFO_TOPIC = "/camera/rgb/camera_info";

  /** Registered to the colour image. */
  public static final String DEPTH_TOPIC = "/camera/depth/image";

  /** {@code mono8}: class ids, 255 = ignored. */
  public static final String LABELS_TOPIC = "/camera/labels";

  /** How depth is stored. */
  public enum DepthEncoding {
    /** 32FC1, exact. */
    METRES_32F,
    /** 16UC1, as sensors give it. */
    MILLIMETRES_16U
  }

  private static final String FRAME_ID = "camera_rgb_optical_frame";

  private final Path file;
  private final Path active;
  private final DepthEncoding depth;
  private final BagWriter writer;
  private int frames;
  private boolean finished;

  /**
   * Begins a bag.
   *
   * @throws IOException if the file cannot be created
   */
  public RenderedBag(Path file, DepthEncoding depth, BagCompression compression)
      throws IOException {
    this.file = file;
    this.depth = depth;
    this.active = file.resolveSibling(file.getFileName() + ".active");
    this.writer = new BagWriter(active, compression);
  }

  /**
   * Adds the messages of one frame.
   *
   * @param frame Not modified.
   * @throws IOException if the file cannot be written
   */
  public void add(RenderedFrame frame) throws IOException {
    Sample sample = frame.sample();
    int width = sample.width();
    int height = sample.height();
    long stamp = frame.stampNanos();
    Header header = new Header(frames++, RosTime.ofNanos(stamp), FRAME_ID);
    PinholeCamera c = frame.camera();
    writer.write(
        CAMERA_INFO_TOPIC,
        stamp,
        CameraInfo.pinhole(header, width, height, c.fx(), c.fy(), c.cx(), c.cy()));
    writer.write(
        RGB_TOPIC,
        stamp,
        new Image(header, height, width, "rgb8", false, 3 * width, ByteBuffer.wrap(sample.rgb())));
    writer.write(DEPTH_TOPIC, stamp, depthImage(header, sample));
    writer.write(
        LABELS_TOPIC,
        stamp,
        new Image(
            header,
            height,
            width,
            "mono8",
            false,
            width,
            ByteBuffer.wrap(RgbdSample.labels(sample))));
  }

  /**
   * Writes the index and gives the file its name.
   *
   * @throws IOException if that fails
   */
  public void finish() throws IOException {
    writer.close();
    WholeFile.move(active, file);
    finished = true;
  }

  /** Drops the bag unless it was finished: a half would fill the disk that it may have filled. */
  @Override
  public void close() throws IOException {
    if (!finished) {
      finished = true;
      writer.discard();
    }
  }

  private Image depthImage(Header header, Sample sample) {
    float[] metres = RgbdSample.depth(sample);
    boolean exact = depth == DepthEncoding.METRES_32F;
    ByteBuffer data =
        ByteBuffer.allocate(metres.length * (exact ? 4 : 2)).order(ByteOrder.LITTLE_ENDIAN);
    for (float z : metres) {
      if (exact) {
        data.putFloat(z);
      } else {
        boolean known = z > 0 && z < 65.5f;
        data.putShort((short) (known ? Math.round(1000 * z) : 0));
      }
    }
    data.flip();
    return new Image(
        header,
        sample.height(),
        sample.width(),
        exact ? "32FC1" : "16UC1",
        false,
        sample.width() * (exact ? 4 : 2),
        data);
  }
}
