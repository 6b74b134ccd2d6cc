package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.ros.port.RosClock;
import dev.tarsier.ros.ros1.graph.Complaints;
import dev.tarsier.ros.ros1.message.Clock;
import dev.tarsier.ros.ros1.message.MessageBody;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The time that {@code /clock} tells. */
final class SimulatedClock implements RosClock {
  private static final Logger LOG = LoggerFactory.getLogger(SimulatedClock.class);

  private final Complaints complaints = new Complaints();
  private volatile long nowNanos;

  /** Takes a {@link Clock}; read in place, since it may come a thousand times a second. */
  void onMessage(MessageBody message, long arrivalNanos) {
    ByteBuffer body = message.bytes();
    if (body.remaining() != Long.BYTES) {
      throw new MessageFormatException(
          Clock.TYPE.name() + " must have 8 bytes, got " + body.remaining());
    }
    set(Integer.toUnsignedLong(body.getInt(0)) * 1_000_000_000L + body.getInt(4));
  }

  void set(long nanos) {
    long before = nowNanos;
    nowNanos = nanos;
    if (nanos < before) {
      // two clocks that disagree jump a thousand times a second
      complaints
          .line("/clock", "simulated time went back, as when a bag is played again")
          .ifPresent(
              line ->
                  LOG.warn(
                      "{}: by {} s to {} s",
                      line,
                      (before - nanos) / 1_000_000_000.0,
                      nanos / 1_000_000_000.0));
    }
  }

  @Override
  public boolean simulated() {
    return true;
  }

  @Override
  public long nowNanos() {
    return nowNanos;
  }
}
