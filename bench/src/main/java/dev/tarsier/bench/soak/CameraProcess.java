package dev.tarsier.bench.soak;

import dev.tarsier.ros.cli.LogVolume;
import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.MessageType;
import dev.tarsier.ros.ros1.message.RosMessage;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.ros.ros1.transport.Publisher;
import dev.tarsier.ros.ros1.transport.PublisherOptions;
import dev.tarsier.ros.ros1.transport.RosNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * A camera as a process of its own, so that it can be killed as cameras' drivers are. It is told
 * what to do by lines on its standard input, and says on its standard output that it is up and the
 * stamp of each image, before it sends it.
 *
 * <p>Arguments: the master's URI, the file of {@link Frames}, images a second, the first look and
 * the focal length over the width.
 */
final class CameraProcess {
  static final String IMAGE_TOPIC = "/soak/image";
  static final String INFO_TOPIC = "/soak/camera_info";
  static final String UP = "up ";
  static final String SENT = "s ";
  static final String LOOK = "look ";
  static final String FOCAL = "focal ";
  static final String BREAK = "break";
  static final String PAUSE = "pause";
  static final String LEAVE = "leave";

  /** What a broken driver or a bad link makes of an image. */
  private enum Fault {
    TOO_LITTLE_DATA,
    UNKNOWN_ENCODING,
    OTHER_CONTENT,
    ROWS_TOO_SHORT,
    EMPTY,
    NO_MESSAGE
  }

  /**
   * Bytes that call themselves an image.
   *
   * @param body of the message, from 0 to its limit
   */
  private record Raw(ByteBuffer body) implements RosMessage {
    static final MessageType<Raw> TYPE =
        MessageType.of(Image.TYPE.name(), Image.TYPE.definition(), Raw::new);

    @Override
    public MessageType<?> type() {
      return TYPE;
    }

    @Override
    public int serializedLength() {
      return body.limit();
    }

    @Override
    public void writeTo(ByteBuffer out) {
      out.put(body.duplicate().rewind());
    }
  }

  /** How many images are broken at a time. */
  static int faults() {
    return Fault.values().length;
  }

  private final RosNode node;
  private final Publisher<Raw> images;
  private final Publisher<CameraInfo> infos;
  private final List<List<ByteBuffer>> frames;
  private final PrintStream out;
  private final Random random = new Random(1);
  private ByteBuffer body = ByteBuffer.allocateDirect(0);
  private int sequence;

  // written by the thread that reads commands
  private volatile int look;
  private volatile double focal;
  private volatile boolean paused;
  private volatile boolean breaks;
  private volatile boolean leaves;

  private CameraProcess(String master, Path file, int look, double focal) throws Exception {
    this.frames = Frames.map(file);
    this.look = look;
    this.focal = focal;
    this.out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    this.node = RosNode.start(RosArguments.of("soak_camera", master, "127.0.0.1"));
    this.infos = node.advertise(INFO_TOPIC, CameraInfo.TYPE, PublisherOptions.LATCHED);
    // As drivers have it: what the node has not taken when the next image comes is lost.
    this.images = node.advertise(IMAGE_TOPIC, Raw.TYPE, PublisherOptions.NEWEST);
  }

  public static void main(String[] arguments) throws Exception {
    LogVolume.onlyErrors();
    CameraProcess camera =
        new CameraProcess(
            arguments[0],
            Path.of(arguments[1]),
            Integer.parseInt(arguments[3]),
            Double.parseDouble(arguments[4]));
    Thread listens = new Thread(camera::obey, "commands");
    listens.setDaemon(true);
    listens.start();
    camera.shoot(TimeUnit.SECONDS.toNanos(1) / Integer.parseInt(arguments[2]));
  }

  private void obey() {
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith(LOOK)) {
          look = Integer.parseInt(line.substring(LOOK.length()));
        } else if (line.startsWith(FOCAL)) {
          focal = Double.parseDouble(line.substring(FOCAL.length()));
        } else if (line.equals(BREAK)) {
          breaks = true;
        } else if (line.equals(PAUSE)) {
          paused = true;
        } else if (line.equals(LEAVE)) {
          leaves = true;
        }
      }
    } catch (IOException e) {
      // as if the soak had ended
    }
    leaves = true; // nobody is there any more who would end it
  }

  private void shoot(long periodNanos) throws InterruptedException {
    out.println(UP + RosTime.now().toNanos());
    out.flush();
    int calibratedLook = -1;
    double calibratedFocal = 0;
    long next = System.nanoTime();
    for (int i = 0; !leaves; i++) {
      next = Math.max(next + periodNanos, System.nanoTime());
      TimeUnit.NANOSECONDS.sleep(next - System.nanoTime());
      int now = look;
      if (now != calibratedLook || focal != calibratedFocal) {
        calibratedLook = now;
        calibratedFocal = focal;
        infos.publish(info(Look.ALL.get(now), calibratedFocal));
      }
      if (breaks) {
        breaks = false;
        for (Fault fault : Fault.values()) {
          send(Look.ALL.get(now), frames.get(now).get(0), fault);
          // each is to arrive, and not to be replaced by the next
          TimeUnit.NANOSECONDS.sleep(periodNanos);
        }
      }
      if (!paused) {
        List<ByteBuffer> its = frames.get(now);
        send(Look.ALL.get(now), its.get(i % its.size()), null);
      }
    }
    node.close();
  }

  private CameraInfo info(Look look, double focal) {
    double pixels = focal * look.width();
    return CameraInfo.pinhole(
        new Header(sequence, RosTime.now(), "soak_camera"),
        look.width(),
        look.height(),
        pixels,
        pixels,
        look.width() / 2.0,
        look.height() / 2.0);
  }

  private void send(Look look, ByteBuffer pixels, Fault fault) {
    RosTime stamp = RosTime.now();
    ByteBuffer data = pixels.duplicate().rewind();
    int width = look.width();
    int step = look.step();
    String encoding = look.encoding();
    if (fault == Fault.TOO_LITTLE_DATA) {
      data.limit(data.limit() / 2);
    } else if (fault == Fault.UNKNOWN_ENCODING) {
      encoding = "soak8";
    } else if (fault == Fault.OTHER_CONTENT) {
      encoding = "16UC1";
    } else if (fault == Fault.ROWS_TOO_SHORT) {
      step = width / 2;
    } else if (fault == Fault.EMPTY) {
      width = 0;
      data.limit(0);
    }
    Image image =
        new Image(
            new Header(sequence++, stamp, "soak_camera"),
            look.height(),
            width,
            encoding,
            false,
            step,
            data);
    int length = image.serializedLength();
    if (body.capacity() < length) {
      body = ByteBuffer.allocateDirect(length);
    }
    body.clear().limit(length);
    image.writeTo(body);
    body.rewind();
    if (fault == Fault.NO_MESSAGE) {
      byte[] noise = new byte[200];
      random.nextBytes(noise);
      body.clear().limit(noise.length);
      body.put(noise).rewind();
    }
    if (fault == null) {
      out.println(SENT + stamp.toNanos());
      out.flush();
    }
    images.publish(new Raw(body));
  }
}
