package dev.tarsier.ros.ros1.message;

import dev.tarsier.ros.port.MessageFormatException;
import java.nio.ByteBuffer;
import java.time.Instant;

/**
 * A ROS time: seconds and nanoseconds since 1970, UTC, or of a simulation's clock.
 *
 * @param secs seconds, an unsigned 32-bit number (beyond 2038 negative as an int)
 * @param nsecs 0..999 999 999
 */
public record RosTime(int secs, int nsecs) implements Comparable<RosTime> {
  /** No time: what a message has that was never stamped. */
  public static final RosTime ZERO = new RosTime(0, 0);

  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  /** Checks the nanoseconds. */
  public RosTime {
    if (nsecs < 0 || nsecs >= NANOS_PER_SECOND) {
      throw new IllegalArgumentException("nsecs must be 0..999999999, got " + nsecs);
    }
  }

  /**
   * @param nanos since the epoch; must be 0 to the year 2106
   */
  public static RosTime ofNanos(long nanos) {
    if (nanos < 0 || nanos / NANOS_PER_SECOND > 0xffff_ffffL) {
      throw new IllegalArgumentException(
          "nanoseconds since the epoch must be 0 to 2^32 seconds, got " + nanos);
    }
    return new RosTime((int) (nanos / NANOS_PER_SECOND), (int) (nanos % NANOS_PER_SECOND));
  }

  /** The wall clock, now. */
  public static RosTime now() {
    Instant now = Instant.now();
    return new RosTime((int) now.getEpochSecond(), now.getNano());
  }

  /** Nanoseconds since the epoch. */
  public long toNanos() {
    return Integer.toUnsignedLong(secs) * NANOS_PER_SECOND + nsecs;
  }

  /** Whether this is {@link #ZERO}. */
  public boolean isZero() {
    return secs == 0 && nsecs == 0;
  }

  @Override
  public int compareTo(RosTime other) {
    return Long.compare(toNanos(), other.toNanos());
  }

  /** Seconds with nine decimals. */
  @Override
  public String toString() {
    return "%s.%09d".formatted(Integer.toUnsignedString(secs), nsecs);
  }

  /** Eight bytes; nanoseconds of a second and more are carried over, as rospy does. */
  static RosTime read(ByteBuffer in) {
    return ofNanos(nanosFrom(in.getInt(), in.getInt()));
  }

  static long nanosFrom(int secs, int nsecs) {
    long nanos = Integer.toUnsignedLong(secs) * NANOS_PER_SECOND + Integer.toUnsignedLong(nsecs);
    if (nanos / NANOS_PER_SECOND > 0xffff_ffffL) {
      throw new MessageFormatException("a time is beyond what 32 bits of seconds can hold");
    }
    return nanos;
  }

  void write(ByteBuffer out) {
    out.putInt(secs).putInt(nsecs);
  }
}
