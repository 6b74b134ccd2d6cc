package dev.tarsier.ros.ros1.message;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The text of a field that is the same in every message of a topic: kept as a String, so that a
 * frame allocates none. One owner thread.
 */
final class InternedText {
  private byte[] bytes = {};
  private String text = "";

  /**
   * @param body Not modified.
   * @param offset where the text begins; the caller has checked that it lies within the body
   */
  String get(ByteBuffer body, int offset, int length) {
    if (!same(body, offset, length)) {
      bytes = new byte[length];
      body.get(offset, bytes);
      text = new String(bytes, StandardCharsets.UTF_8);
    }
    return text;
  }

  private boolean same(ByteBuffer body, int offset, int length) {
    if (length != bytes.length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (body.get(offset + i) != bytes[i]) {
        return false;
      }
    }
    return true;
  }
}
