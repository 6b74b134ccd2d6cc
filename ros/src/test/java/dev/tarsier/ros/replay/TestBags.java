package dev.tarsier.ros.replay;

import dev.tarsier.ros.bag.BagCompression;
import dev.tarsier.ros.bag.BagWriter;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.RosMessage;
import dev.tarsier.ros.ros1.message.RosTime;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * Bags whose scores with the bundle {@code brightness-v1} are known by hand: an image of (153, 102,
 * 51) is class 0 at 4 metres.
 */
public final class TestBags implements AutoCloseable {
  /** Its topic. */
  public static final String IMAGE = "/camera/rgb/image_color";

  /** Its topic. */
  public static final String DEPTH = "/camera/depth/image";

  /** Its topic. */
  public static final String LABELS = "/camera/labels";

  /** Its topic. */
  public static final String INFO = "/camera/rgb/camera_info";

  /** When the recording begins, nanoseconds. */
  public static final long START = 1_600_000_000_000_000_000L;

  /** Nanoseconds. */
  public static final long MILLI = 1_000_000L;

  private final BagWriter writer;

  /** A bag that is not there yet. */
  public TestBags(Path file) throws IOException {
    writer = new BagWriter(file, BagCompression.NONE, 4096);
  }

  /** An image 32x24, class 0, 4 m. */
  public TestBags image(long millis) throws IOException {
    return write(IMAGE, millis, image(millis, 32, 24, "rgb8", 3 * 32, new byte[] {-103, 102, 51}));
  }

  /** Depth 32x24, 16UC1. */
  public TestBags depth(long millis, int millimetres) throws IOException {
    byte[] pixel = {(byte) millimetres, (byte) (millimetres >> 8)};
    return write(DEPTH, millis, image(millis, 32, 24, "16UC1", 2 * 32, pixel));
  }

  /** Labels 32x24. */
  public TestBags labels(long millis, int id) throws IOException {
    return write(LABELS, millis, image(millis, 32, 24, "mono8", 32, new byte[] {(byte) id}));
  }

  /** A pinhole camera of 32x24. */
  public TestBags cameraInfo(long millis, double fx) throws IOException {
    return write(INFO, millis, CameraInfo.pinhole(header(millis), 32, 24, fx, fx, 16, 12));
  }

  /** Any message. */
  public TestBags write(String topic, long receiveMillis, RosMessage message) throws IOException {
    writer.write(topic, START + receiveMillis * MILLI, message);
    return this;
  }

  /** To write by. */
  public BagWriter writer() {
    return writer;
  }

  /** A header of a frame. */
  public static Header header(long millis) {
    return new Header(0, RosTime.ofNanos(START + millis * MILLI), "optical");
  }

  /** An image filled with a repeated pixel. */
  public static Image image(
      long stampMillis, int width, int height, String encoding, int step, byte[] pixel) {
    ByteBuffer data = ByteBuffer.allocate(step * height).order(ByteOrder.LITTLE_ENDIAN);
    while (data.remaining() >= pixel.length) {
      data.put(pixel);
    }
    return new Image(header(stampMillis), height, width, encoding, false, step, data.flip());
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
