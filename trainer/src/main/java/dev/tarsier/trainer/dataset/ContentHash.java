package dev.tarsier.trainer.dataset;

import dev.tarsier.runtime.model.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** SHA-256 over a sequence of texts and byte strings; each is framed by its length. */
public final class ContentHash {
  private final MessageDigest digest = Sha256.digest();

  /** Adds bytes. */
  public ContentHash add(byte[] bytes) {
    int n = bytes.length;
    digest.update(new byte[] {(byte) (n >>> 24), (byte) (n >>> 16), (byte) (n >>> 8), (byte) n});
    digest.update(bytes);
    return this;
  }

  /** Adds a text in UTF-8. */
  public ContentHash add(String text) {
    return add(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The hash as 64 hexadecimal digits; this object starts again from nothing. */
  public String hex() {
    return Sha256.hex(digest.digest());
  }
}
