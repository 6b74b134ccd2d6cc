package dev.tarsier.ros.ros1.message;

import dev.tarsier.ros.port.CameraModel;
import java.nio.ByteBuffer;
import java.util.List;

/** One message and more of each type; messages.py makes the same in rospy, in the same order. */
final class SampleMessages {
  private SampleMessages() {}

  static final Header HEADER =
      new Header(7, new RosTime(1_600_000_000, 123_456_789), "camera_optical");

  static List<RosMessage> all() {
    Header late = new Header(-1, new RosTime(-1, 999_999_999), "");
    byte[] pixels = new byte[18];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) i;
    }
    KeyValue value = new KeyValue("fps", "29.97");
    DiagnosticStatus status =
        new DiagnosticStatus(
            DiagnosticStatus.ERROR,
            "tarsier: camera",
            "st\u00f6rt \u2014 \ud83d\udcf7",
            "usb:3",
            List.of(value, new KeyValue("", "")));
    return List.of(
        HEADER,
        late,
        new StringMessage("gr\u00fc\u00dfe"),
        new Image(HEADER, 2, 3, "rgb8", false, 9, ByteBuffer.wrap(pixels)),
        new Image(late, 1, 2, "32FC1", true, 8, ByteBuffer.allocate(8)),
        new CompressedImage(
            HEADER,
            "rgb8; jpeg compressed bgr8",
            ByteBuffer.wrap(new byte[] {(byte) 0xff, (byte) 0xd8, (byte) 0xff, (byte) 0xd9})),
        new CameraInfo(
            HEADER,
            new CameraModel(
                480,
                640,
                "plumb_bob",
                new double[] {0.1, -0.2, 0, 1e-5, 3.5},
                new double[] {585, 0, 320, 0, 585, 240, 0, 0, 1},
                new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1},
                new double[] {585, 0, 320, -43.5, 0, 585, 240, 0, 0, 0, 1, 0},
                2,
                4,
                new CameraModel.Roi(1, 2, 3, 4)),
            true),
        value,
        status,
        new DiagnosticArray(
            HEADER,
            List.of(status, new DiagnosticStatus(DiagnosticStatus.OK, "", "", "", List.of()))),
        new Clock(new RosTime(5, 6)),
        new Log(
            HEADER,
            Log.WARN,
            "/node",
            "a message",
            "File.java",
            "run",
            (int) 4_000_000_000L,
            List.of("/a", "/b")));
  }
}
