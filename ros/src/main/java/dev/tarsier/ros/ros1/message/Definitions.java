package dev.tarsier.ros.ros1.message;

/** Definition texts. Our own words; names, types and order of the fields are ROS's. */
final class Definitions {
  private Definitions() {}

  static final String HEADER =
      """
      # What every stamped message begins with
      uint32 seq        # counts up with each message of a publisher
      time stamp        # when the data was acquired
      string frame_id   # the coordinate frame the data is in
      """;

  static final String REGION_OF_INTEREST =
      """
      # A window of an image, in pixels of the full resolution; all 0 is the whole image
      uint32 x_offset
      uint32 y_offset
      uint32 height
      uint32 width
      bool do_rectify   # whether a rectified window is to be computed from this raw one
      """;

  static final String KEY_VALUE =
      """
      string key
      string value
      """;

  static final String DIAGNOSTIC_STATUS =
      """
      # The state of one component of the robot
      byte OK=0
      byte WARN=1
      byte ERROR=2
      byte STALE=3
      byte level           # one of the above
      string name          # the component
      string message       # its state in words
      string hardware_id   # which piece of hardware
      KeyValue[] values    # details
      """;

  /** Puts nested types behind a definition, each after the line of 80 '='. */
  static String full(String own, String... namesAndTexts) {
    StringBuilder text = new StringBuilder(own);
    for (int i = 0; i < namesAndTexts.length; i += 2) {
      text.append('\n').append(MessageDefinition.SEPARATOR).append('\n');
      text.append("MSG: ").append(namesAndTexts[i]).append('\n');
      text.append(namesAndTexts[i + 1]);
    }
    return text.toString();
  }
}
