package dev.tarsier.ros.ros1.message;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;

/**
 * {@code tf2_msgs/TFMessage}, which is laid out as the older {@code tf/tfMessage} is.
 *
 * @param transforms each from a child frame to its parent
 */
public record TransformMessage(List<Stamped> transforms) implements RosMessage {
  private static final String STAMPED =
      """
      # Where the child frame is, seen from the header's frame
      Header header
      string child_frame_id
      Transform transform
      """;

  private static final String TRANSFORM =
      """
      Vector3 translation
      Quaternion rotation
      """;

  private static final String VECTOR =
      """
      float64 x
      float64 y
      float64 z
      """;

  private static final String QUATERNION =
      """
      float64 x
      float64 y
      float64 z
      float64 w
      """;

  private static final String DEFINITION =
      Definitions.full(
          "geometry_msgs/TransformStamped[] transforms\n",
          "geometry_msgs/TransformStamped",
          STAMPED,
          "std_msgs/Header",
          Definitions.HEADER,
          "geometry_msgs/Transform",
          TRANSFORM,
          "geometry_msgs/Vector3",
          VECTOR,
          "geometry_msgs/Quaternion",
          QUATERNION);

  /** Name, MD5 and definition. */
  public static final MessageType<TransformMessage> TYPE =
      MessageType.of("tf2_msgs/TFMessage", DEFINITION, TransformMessage::readFrom);

  /** The type that nodes before tf2 sent. */
  public static final MessageType<TransformMessage> OLD_TYPE =
      MessageType.of("tf/tfMessage", DEFINITION, TransformMessage::readFrom);

  /** Seven numbers. */
  private static final int NUMBERS = 7 * Double.BYTES;

  /** A header and a name that are empty, and the numbers. */
  private static final int MINIMUM_BYTES = 20 + NUMBERS;

  /**
   * One of the transforms. A point of the child frame is turned, then shifted.
   *
   * @param header stamp and parent frame
   * @param childFrameId the other frame
   * @param x of the translation, metres
   * @param y of the translation
   * @param z of the translation
   * @param qx of the rotation, a unit quaternion
   * @param qy of the rotation
   * @param qz of the rotation
   * @param qw of the rotation, its real part
   */
  public record Stamped(
      Header header,
      String childFrameId,
      double x,
      double y,
      double z,
      double qx,
      double qy,
      double qz,
      double qw) {
    /** Checks that nothing is missing. */
    public Stamped {
      Objects.requireNonNull(header, "header");
      Objects.requireNonNull(childFrameId, "childFrameId");
    }

    private static Stamped readFrom(ByteBuffer in) {
      return new Stamped(
          Header.readFrom(in),
          Wire.readString(in, "child_frame_id"),
          in.getDouble(),
          in.getDouble(),
          in.getDouble(),
          in.getDouble(),
          in.getDouble(),
          in.getDouble(),
          in.getDouble());
    }

    private void writeTo(ByteBuffer out) {
      header.writeTo(out);
      Wire.writeString(out, childFrameId);
      Wire.writeDoubles(out, new double[] {x, y, z, qx, qy, qz, qw});
    }
  }

  /** Copies the list. */
  public TransformMessage {
    transforms = List.copyOf(transforms);
  }

  private static TransformMessage readFrom(ByteBuffer in) {
    return new TransformMessage(Wire.readList(in, MINIMUM_BYTES, "transforms", Stamped::readFrom));
  }

  @Override
  public MessageType<TransformMessage> type() {
    return TYPE;
  }

  @Override
  public int serializedLength() {
    int sum = Integer.BYTES;
    for (Stamped each : transforms) {
      sum += each.header().serializedLength() + Wire.lengthOf(each.childFrameId()) + NUMBERS;
    }
    return sum;
  }

  @Override
  public void writeTo(ByteBuffer out) {
    Wire.little(out).putInt(transforms.size());
    transforms.forEach(each -> each.writeTo(out));
  }
}
