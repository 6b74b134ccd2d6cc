package dev.tarsier.trainer.dataset;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 over a sequence of texts and byte strings; each is framed by its length. */
public final class ContentHash {
  private final MessageDigest digest;

  /** An empty hash. */
  public ContentHash() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

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
    return HexFormat.of().formatHex(digest.digest());
  }

  /** The plain SHA-256 of bytes, as {@code sha256sum} prints it. */
  public static String of(byte[] bytes) {
    ContentHash hash = new ContentHash();
    hash.digest.update(bytes);
    return hash.hex();
  }
}
