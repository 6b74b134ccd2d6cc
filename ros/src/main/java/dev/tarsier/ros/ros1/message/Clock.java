package dev.tarsier.ros.ros1.message;

import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * {@code rosgraph_msgs/Clock}: simulated time.
 *
 * @param clock now
 */
public record Clock(RosTime clock) implements RosMessage {
  /** Name, MD5 and definition. */
  public static final MessageType<Clock> TYPE =
      MessageType.of(
          "rosgraph_msgs/Clock",
          "# Simulated time\ntime clock\n",
          in -> new Clock(RosTime.read(in)));

  /** Checks that nothing is missing. */
  public Clock {
    Objects.requireNonNull(clock, "clock");
  }

  @Override
  public MessageType<Clock> type() {
    return TYPE;
  }

  @Override
  public int serializedLength() {
    return 8;
  }

  @Override
  public void writeTo(ByteBuffer out) {
    clock.write(Wire.little(out));
  }
}
