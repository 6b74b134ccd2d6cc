package dev.tarsier.ros.truth;

import dev.tarsier.ros.bag.BagConnection;
import dev.tarsier.ros.bag.BagTopic;
import dev.tarsier.ros.bag.Recording;
import dev.tarsier.ros.port.Calibration;
import dev.tarsier.ros.port.CameraImage;
import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.ros.ros1.adapter.ImageBodies;
import dev.tarsier.ros.ros1.message.MessageType;
import dev.tarsier.runtime.frame.PixelEncoding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * An image topic as its first messages show it. A message's type does not tell colour from depth,
 * so its encoding, its name and its values do.
 *
 * @param topic its name
 * @param type {@code sensor_msgs/Image} or {@code CompressedImage}
 * @param messages how many
 * @param content what it holds
 * @param encoding of the first message; the format of a compressed one; empty without a readable
 *     message
 * @param frameId of the first message
 * @param width of the first message; 0 where it is not known
 * @param height of the first message; 0 where it is not known
 * @param stamps whether stamps tell messages apart
 * @param median of the known values; NaN for what is no plane of 16 bits or floats
 * @param largest of the known values
 * @param counted whether the values are counts of 16 bits
 * @param ids how many pixels have each value of 8 bits; null for what is no plane of 8 bits
 * @param trouble why none of the first messages could be read or decoded; empty where one could, or
 *     was not tried
 */
public record ImageStream(
    String topic,
    String type,
    long messages,
    Content content,
    String encoding,
    String frameId,
    int width,
    int height,
    Stamps stamps,
    double median,
    double largest,
    boolean counted,
    long[] ids,
    String trouble) {
  /** Messages that are looked at, and that may be unreadable before the topic counts as such. */
  private static final int FIRST_MESSAGES = 10;

  private static final int SAMPLES = 3;

  private static final Set<String> DEEP = Set.of("16UC1", "mono16", "32FC1");
  private static final Set<String> SHALLOW = Set.of("mono8", "8UC1");

  /** What a topic holds, by the encoding of its first message. */
  public enum Content {
    /** Colour, or one channel of brightness. */
    COLOR,
    /** The same as a JPEG or PNG file. */
    COLOR_COMPRESSED,
    /** One channel of 16 bits or of floats: depth, infrared, heat. */
    DEEP,
    /** One channel of 8 bits: brightness, class ids. */
    SHALLOW,
    /** Nothing that the product reads. */
    OTHER;

    /** Of {@link #DEEP} and {@link #SHALLOW}: the option for such a topic, and its usual name. */
    public String role() {
      return this == DEEP ? "depth" : "labels";
    }
  }

  /** Whether stamps pair messages. */
  public enum Stamps {
    /** They do. */
    TELL,
    /** All are zero. */
    ZERO,
    /** All are the same. */
    EQUAL,
    /** All are the same, and so are the times of recording. */
    NOTHING_TELLS
  }

  /**
   * Looks at each image topic of a recording.
   *
   * @return by name
   */
  public static List<ImageStream> of(Recording recording) throws IOException {
    List<ImageStream> found = new ArrayList<>();
    for (BagTopic topic : recording.topicsOfType(ImageBodies.types())) {
      found.add(of(recording, topic));
    }
    return found;
  }

  /** Looks at the first messages of a topic. Damage here only means "not known". */
  public static ImageStream of(Recording recording, BagTopic topic) throws IOException {
    Probe probe = new Probe(topic);
    try (Recording.Cursor cursor =
        recording.cursor(connection -> is(connection, topic.name(), probe.bodies.type()))) {
      for (int i = 0; i < FIRST_MESSAGES && cursor.next(); i++) {
        probe.look(cursor.receiveNanos(), cursor.body());
      }
    }
    return probe.result();
  }

  /** Whether a connection belongs to a topic and holds what we read. */
  public static boolean is(BagConnection connection, String topic, MessageType<?> type) {
    return topic != null && connection.topic().equals(topic) && connection.holds(type);
  }

  /** Whether its messages are {@code sensor_msgs/CompressedImage}. */
  public boolean compressed() {
    return ImageBodies.compressed(type);
  }

  /** Whether it shows what a rectified image shows, by its name. */
  public boolean rectified() {
    return Calibration.isRectified(topic);
  }

  /** Whether the name says that it is a picture of classes, such as the node gives for people. */
  public boolean showsClasses() {
    return topic.contains("segmentation");
  }

  /** The words of the topic's name. */
  List<String> words() {
    return List.of(
        topic.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT).split("[^a-z]+"));
  }

  /** In a sentence: encoding, size and frame. */
  public String described() {
    return "%s, %s%s"
        .formatted(
            shownEncoding(),
            width > 0 ? "%dx%d, ".formatted(width, height) : "",
            frameId.isEmpty() ? "without a frame" : "frame " + frameId);
  }

  /** Of a compressed image the bytes decide; some drivers leave its format empty. */
  private String shownEncoding() {
    if (!encoding.isEmpty()) {
      return encoding;
    }
    if (!trouble.isEmpty()) {
      return "unreadable: " + trouble;
    }
    return compressed() ? "compressed, format not stated" : "unreadable";
  }

  @Override
  public String toString() {
    return "%s (%s, %s, %d message%s)"
        .formatted(topic, type, shownEncoding(), messages, messages == 1 ? "" : "s");
  }

  /** Gathers what the messages show. */
  private static final class Probe {
    private final BagTopic topic;
    private final ImageBodies bodies;
    private CameraImage image;
    private Content content = Content.OTHER;
    private String encoding = "";
    private String frameId = "";
    private int width;
    private int height;
    private boolean counted;
    private long[] ids;
    private float[] values = new float[0];
    private int samples;
    private int looked;
    private long firstStamp;
    private long firstReceive;
    private boolean stampsDiffer;
    private boolean receivesDiffer;
    private boolean stamped;
    private String trouble = "";

    Probe(BagTopic topic) {
      this.topic = topic;
      this.bodies = new ImageBodies(ImageBodies.compressed(topic.type()));
    }

    void look(long receiveNanos, ByteBuffer body) {
      try {
        image = bodies.over(body);
      } catch (MessageFormatException e) {
        trouble = trouble.isEmpty() ? e.getMessage() : trouble;
        return; // counted and named when it is read in earnest
      }
      long stamp = image.stampNanos();
      if (looked++ == 0) {
        firstStamp = stamp;
        firstReceive = receiveNanos;
        frameId = image.frameId();
        encoding = image.encoding();
        if (image.compressed()) {
          describeFile();
        } else {
          describeRaw();
        }
      }
      stamped |= stamp != 0;
      stampsDiffer |= stamp != firstStamp;
      receivesDiffer |= receiveNanos != firstReceive;
      if (samples < SAMPLES) {
        sample();
      }
    }

    private void describeRaw() {
      width = image.width();
      height = image.height();
      if (DEEP.contains(encoding)) {
        content = Content.DEEP;
      } else if (SHALLOW.contains(encoding)) {
        content = Content.SHALLOW;
      } else {
        content = PixelEncoding.ofRos(encoding).isPresent() ? Content.COLOR : Content.OTHER;
      }
    }

    private void describeFile() {
      ByteBuffer data = image.data();
      if (CompressedDepth.is(encoding) || GreyPng.bitsOf(data) == 16) {
        content = Content.DEEP;
      } else if (GreyPng.is(data)) {
        ByteBuffer big = data.slice().order(ByteOrder.BIG_ENDIAN);
        width = Math.max(0, big.getInt(16));
        height = Math.max(0, big.getInt(20));
        content = Content.COLOR_COMPRESSED;
      } else if (jpegSize(data) || PixelEncoding.ofCompressedFormat(encoding).isPresent()) {
        content = Content.COLOR_COMPRESSED;
      }
    }

    /** Finds the size of a JPEG file in its frame header. */
    private boolean jpegSize(ByteBuffer data) {
      ByteBuffer in = data.slice().order(ByteOrder.BIG_ENDIAN);
      if (in.limit() < 4 || in.getShort(0) != (short) 0xffd8) {
        return false;
      }
      int at = 2;
      while (in.limit() - at >= 9 && in.get(at) == (byte) 0xff) {
        int marker = in.get(at + 1) & 0xff;
        if (marker >= 0xc0
            && marker <= 0xcf
            && marker != 0xc4
            && marker != 0xc8
            && marker != 0xcc) {
          height = Short.toUnsignedInt(in.getShort(at + 5));
          width = Short.toUnsignedInt(in.getShort(at + 7));
          break;
        }
        at += 2 + Math.max(2, Short.toUnsignedInt(in.getShort(at + 2)));
      }
      return true;
    }

    private void sample() {
      try {
        if (content == Content.DEEP) {
          DepthPlane plane =
              image.compressed()
                  ? CompressedDepth.decode(image.encoding(), image.data())
                  : DepthPlane.of(image);
          width = width == 0 ? plane.width() : width;
          height = height == 0 ? plane.height() : height;
          counted = plane.counted();
          keep(plane.values());
          samples++;
        } else if (content == Content.SHALLOW) {
          ids = ids == null ? new long[256] : ids;
          for (byte id : Truth.labels(image, 0).ids()) {
            ids[id & 0xff]++;
          }
          samples++;
        }
      } catch (MessageFormatException e) {
        // counted and named when it is read in earnest
        trouble = trouble.isEmpty() ? e.getMessage() : trouble;
      }
    }

    /** The known values, of large images each nth. */
    private void keep(float[] plane) {
      int step = 1 + plane.length / 100_000;
      float[] more = java.util.Arrays.copyOf(values, values.length + plane.length / step + 1);
      int count = values.length;
      for (int i = 0; i < plane.length; i += step) {
        if (!Float.isNaN(plane[i])) {
          more[count++] = plane[i];
        }
      }
      values = java.util.Arrays.copyOf(more, count);
    }

    /** The message's type stands beside it anyway. */
    private String bare(String sentence) {
      String type = topic.type() + ": ";
      return sentence.startsWith(type) ? sentence.substring(type.length()) : sentence;
    }

    ImageStream result() {
      java.util.Arrays.sort(values);
      boolean any = values.length > 0;
      Stamps stamps = Stamps.TELL;
      if (looked > 0 && !stamped) {
        stamps = Stamps.ZERO;
      } else if (looked > 1 && !stampsDiffer) {
        stamps = Stamps.EQUAL;
      }
      if (stamps != Stamps.TELL && looked > 1 && !receivesDiffer) {
        stamps = Stamps.NOTHING_TELLS;
      }
      return new ImageStream(
          topic.name(),
          topic.type(),
          topic.messages(),
          content,
          encoding,
          frameId,
          width,
          height,
          stamps,
          any ? values[values.length / 2] : Double.NaN,
          any ? values[values.length - 1] : Double.NaN,
          counted,
          ids,
          looked == 0 || (samples == 0 && (content == Content.DEEP || content == Content.SHALLOW))
              ? bare(trouble)
              : "");
    }
  }
}
