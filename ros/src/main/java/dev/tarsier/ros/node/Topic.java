package dev.tarsier.ros.node;

import dev.tarsier.runtime.task.Head;

/**
 * The one list of all topics, ROS and MQTT; {@code docs/topics.md} is checked against it. A name
 * with {@code ~} stands below the node's name.
 */
public enum Topic {
  /** Images, raw. */
  IMAGE(
      Kind.SUBSCRIBED,
      "image",
      "sensor_msgs/Image",
      "camera's",
      "Colour images; remap it to the camera's topic. Encodings: rgb, bgr, rgba, bgra and"
          + " mono of 8 and 16 bits, yuv422, yuv422_yuy2, nv12, nv21, nv24, bayer_*."),
  /** Images, compressed. */
  IMAGE_COMPRESSED(
      Kind.SUBSCRIBED,
      "image/compressed",
      "sensor_msgs/CompressedImage",
      "camera's",
      "Instead of `image`, with `~compressed`: JPEG or PNG."),
  /** Calibration. */
  CAMERA_INFO(
      Kind.SUBSCRIBED,
      "camera_info",
      "sensor_msgs/CameraInfo",
      "camera's",
      "Calibration of the camera. Taken from beside the image's topic unless `~camera_info` names"
          + " another."),
  /** What was perceived. */
  OUTPUT(
      Kind.PUBLISHED,
      "~<output>",
      "sensor_msgs/Image",
      "each frame",
      "One for each output of the bundle that has a value for each pixel; the shipped bundle has"
          + " `~segmentation` and `~depth`. Classes are mono8: ids as `~classes` names them, 255 is"
          + " no class. Distances are 32FC1: metres along the optical axis. What is nearer and"
          + " farther without a unit is 32FC1 too, under a name of its own such as `~inverse_depth`"
          + " (larger is nearer) or `~relative_depth` (larger is farther): its scale and shift change"
          + " from image to image, and no distance can be read from it. Directions are 32FC3: x, y, z"
          + " of the camera's optical frame. NaN is unknown (REP 118)."),
  /** What was perceived of the image as a whole. */
  OUTPUT_CLASS(
      Kind.PUBLISHED,
      "~<output>",
      "std_msgs/String",
      "each frame",
      "One for each output that says one class of the whole image, such as `~room_class`. JSON"
          + " (`tarsier.image_class/1`): `stamp_nanos` and `frame_id` of the image, and `classes`, the"
          + " five most probable ones with `id`, `name` and `probability`, the answer first."),
  /** Class colours. */
  OUTPUT_COLOR(
      Kind.PUBLISHED,
      "~<output>_color",
      "sensor_msgs/Image",
      "each frame",
      "rgb8: an output of classes in their colours, such as `~segmentation_color`. Rendered only"
          + " while somebody subscribes."),
  /** Calibration of the outputs. */
  OUTPUT_CAMERA_INFO(
      Kind.PUBLISHED,
      "~camera_info",
      "sensor_msgs/CameraInfo",
      "each frame",
      "The input's calibration, scaled to the size of the outputs. It stands beside all images,"
          + " where image_transport looks for it; they have the same size. Absent until a camera_info"
          + " has come in that can be one of the image."),
  /** What the ids mean. */
  CLASSES(
      Kind.PUBLISHED,
      "~classes",
      "std_msgs/String",
      "latched",
      "JSON: bundle, model hash, and id, name and colour of each class."),
  /** Health. */
  DIAGNOSTICS(
      Kind.PUBLISHED,
      "/diagnostics",
      "diagnostic_msgs/DiagnosticArray",
      "1 Hz",
      "Health with its reasons, provider and fallbacks, rates, latencies, drops by reason."),
  /** Telemetry: online or not. */
  MQTT_STATUS(
      Kind.MQTT,
      "tarsier/<robot>/<node>/status",
      "tarsier.status/2",
      "at each change, retained, QoS 1",
      "Online or offline; offline is also the last will."),
  /** Telemetry: what runs. */
  MQTT_FACTSHEET(
      Kind.MQTT,
      "tarsier/<robot>/<node>/factsheet",
      "tarsier.factsheet/2",
      "at each connection, retained, QoS 1",
      "Bundle, classes, provider and versions."),
  /** Telemetry: how it goes. */
  MQTT_METRICS(
      Kind.MQTT,
      "tarsier/<robot>/<node>/metrics",
      "tarsier.metrics/2",
      "1 Hz, QoS 0",
      "Rates, latencies, drops, health.");

  /** Where a topic lives, seen from the node. */
  public enum Kind {
    /** ROS, into the node. */
    SUBSCRIBED,
    /** ROS, out of the node. */
    PUBLISHED,
    /** MQTT, out of the node. */
    MQTT
  }

  private final Kind kind;
  private final String topicName;
  private final String type;
  private final String rate;
  private final String meaning;

  Topic(Kind kind, String topicName, String type, String rate, String meaning) {
    this.kind = kind;
    this.topicName = topicName;
    this.type = type;
    this.rate = rate;
    this.meaning = meaning;
  }

  /** Where what a head says is published. */
  static String output(Head head) {
    return "~" + head.id();
  }

  /** Where a head's map is published in colours. */
  static String outputColor(Head head) {
    return "~" + head.id() + "_color";
  }

  /** Where it lives. */
  public Kind kind() {
    return kind;
  }

  /** Its name, before the node resolves it. */
  public String topicName() {
    return topicName;
  }

  /** ROS message type, or the schema of the JSON. */
  public String type() {
    return type;
  }

  /** How often. */
  public String rate() {
    return rate;
  }

  /** What is in it. */
  public String meaning() {
    return meaning;
  }

  /** The tables of {@code docs/topics.md}. */
  static String markdown() {
    StringBuilder text = new StringBuilder();
    for (Kind kind : Kind.values()) {
      text.append(
          switch (kind) {
            case SUBSCRIBED -> "## The node subscribes to\n";
            case PUBLISHED -> "\n## The node publishes\n";
            case MQTT -> "\n## MQTT\n";
          });
      text.append("| topic | type | rate | what |\n|---|---|---|---|\n");
      for (Topic topic : values()) {
        if (topic.kind == kind) {
          text.append(
              "| `%s` | %s | %s | %s |\n"
                  .formatted(topic.topicName, topic.type, topic.rate, topic.meaning));
        }
      }
    }
    return text.toString();
  }
}
