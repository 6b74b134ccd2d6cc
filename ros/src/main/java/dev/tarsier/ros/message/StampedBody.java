package dev.tarsier.ros.message;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Walks over a body that begins with a header, by absolute positions, and checks each step against
 * the body's limit. One owner thread; reused for each message.
 */
final class StampedBody {
  private final String type;
  private final InternedText frame = new InternedText();
  private ByteBuffer body = ByteBuffer.allocate(0);
  private int at;

  int sequence;
  long stampNanos;
  String frameId = "";

  StampedBody(String type) {
    this.type = type;
  }

  void start(ByteBuffer next) {
    body = next.order(ByteOrder.LITTLE_ENDIAN);
    at = next.position();
    sequence = int32("header.seq");
    int secs = int32("header.stamp");
    int nsecs = int32("header.stamp");
    try {
      stampNanos = RosTime.nanosFrom(secs, nsecs);
    } catch (MessageFormatException e) {
      throw wrong("header.stamp: " + e.getMessage());
    }
    frameId = text(frame, "header.frame_id");
  }

  int int32(String field) {
    need(Integer.BYTES, field);
    int value = body.getInt(at);
    at += Integer.BYTES;
    return value;
  }

  boolean flag(String field) {
    need(1, field);
    return body.get(at++) != 0;
  }

  int positive(String field) {
    int value = int32(field);
    if (value <= 0) {
      throw wrong(
          "%s must be 1 to 2^31 - 1, got %s".formatted(field, Integer.toUnsignedString(value)));
    }
    return value;
  }

  String text(InternedText interned, String field) {
    int length = skip(field);
    return interned.get(body, at - length, length);
  }

  /** Passes over an array of bytes and returns its length. */
  int skip(String field) {
    int length = int32(field);
    if (length < 0 || length > body.limit() - at) {
      throw wrong(
          "%s: its length says %s, but only %d bytes are left"
              .formatted(field, Integer.toUnsignedString(length), body.limit() - at));
    }
    at += length;
    return length;
  }

  void end() {
    if (at != body.limit()) {
      throw wrong("%d bytes are left behind the last field".formatted(body.limit() - at));
    }
  }

  int position() {
    return at;
  }

  ByteBuffer body() {
    return body;
  }

  MessageFormatException wrong(String what) {
    return new MessageFormatException(type + ": " + what);
  }

  private void need(int bytes, String field) {
    if (body.limit() - at < bytes) {
      throw wrong(
          "a body of %d bytes ends inside %s".formatted(body.limit() - body.position(), field));
    }
  }
}
