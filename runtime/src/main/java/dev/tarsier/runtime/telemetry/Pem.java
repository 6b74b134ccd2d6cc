package dev.tarsier.runtime.telemetry;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * PEM files. Private keys are taken as PKCS#8 ({@code PRIVATE KEY}) and in the older forms {@code
 * RSA PRIVATE KEY} (PKCS#1) and {@code EC PRIVATE KEY} (SEC 1, RFC 5915), which Java does not read
 * by itself: each is put into the PKCS#8 envelope (RFC 5208).
 */
final class Pem {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);
  private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA");
  private static final int SEQUENCE = 0x30;
  private static final int OCTETS = 0x04;

  /** {@code INTEGER 0}, the version of PKCS#8. */
  private static final byte[] VERSION = {2, 1, 0};

  /** {@code OBJECT IDENTIFIER rsaEncryption, NULL}. */
  private static final byte[] RSA = {
    6, 9, 42, (byte) 0x86, 72, (byte) 0x86, (byte) 0xF7, 13, 1, 1, 1, 5, 0
  };

  /** {@code OBJECT IDENTIFIER ecPublicKey}; the curve follows. */
  private static final byte[] EC = {6, 7, 42, (byte) 0x86, 72, (byte) 0xCE, 61, 2, 1};

  private Pem() {}

  /**
   * One part of a file.
   *
   * @param label such as {@code CERTIFICATE}
   * @param der what it holds. Not modified.
   */
  record Block(String label, byte[] der) {}

  /**
   * The parts of a file, in order; what stands between them is passed over.
   *
   * @throws GeneralSecurityException when one is not base64
   */
  static List<Block> blocks(byte[] file) throws GeneralSecurityException {
    List<Block> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(new String(file, StandardCharsets.ISO_8859_1));
    while (matcher.find()) {
      String label = matcher.group(1);
      String body = matcher.group(2);
      if (body.contains("Proc-Type:")) {
        throw needsPassword();
      }
      try {
        blocks.add(new Block(label, Base64.getMimeDecoder().decode(body)));
      } catch (IllegalArgumentException e) {
        throw new GeneralSecurityException("its " + label + " is not base64", e);
      }
    }
    return blocks;
  }

  /**
   * The first private key of a file.
   *
   * @throws GeneralSecurityException when there is none, or it needs a password
   */
  static PrivateKey privateKey(byte[] file) throws GeneralSecurityException {
    for (Block block : blocks(file)) {
      byte[] der = block.der();
      if (block.label().equals("PRIVATE KEY")) {
        return key(der);
      } else if (block.label().equals("RSA PRIVATE KEY")) {
        return key(envelope(RSA, der));
      } else if (block.label().equals("EC PRIVATE KEY")) {
        return key(envelope(concat(EC, curve(der)), der));
      } else if (block.label().equals("ENCRYPTED PRIVATE KEY")) {
        throw needsPassword();
      }
    }
    throw new GeneralSecurityException("there is none in it");
  }

  private static GeneralSecurityException needsPassword() {
    return new GeneralSecurityException(
        "it needs a password; write it without one: openssl pkey -in KEY -out KEY.plain, and chmod"
            + " 600 KEY.plain");
  }

  private static PrivateKey key(byte[] pkcs8) throws GeneralSecurityException {
    GeneralSecurityException last = null;
    for (String algorithm : ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      } catch (InvalidKeySpecException e) {
        last = e;
      }
    }
    throw new GeneralSecurityException(
        "it is damaged, or of another kind than " + String.join(", ", ALGORITHMS), last);
  }

  private static byte[] envelope(byte[] algorithm, byte[] key) {
    return der(SEQUENCE, concat(VERSION, der(SEQUENCE, algorithm), der(OCTETS, key)));
  }

  /** The curve's identifier in an {@code ECPrivateKey}: the content of its element [0]. */
  private static byte[] curve(byte[] ecPrivateKey) throws GeneralSecurityException {
    try {
      int at = content(ecPrivateKey, 0);
      at = end(ecPrivateKey, at); // version
      at = end(ecPrivateKey, at); // the key itself
      if ((ecPrivateKey[at] & 0xFF) != 0xA0) {
        throw new GeneralSecurityException("it does not name its curve");
      }
      int from = content(ecPrivateKey, at);
      byte[] curve = new byte[end(ecPrivateKey, at) - from];
      System.arraycopy(ecPrivateKey, from, curve, 0, curve.length);
      return curve;
    } catch (IndexOutOfBoundsException | NegativeArraySizeException e) {
      throw new GeneralSecurityException("it is damaged", e);
    }
  }

  /** Where the content of the element at a place begins. */
  private static int content(byte[] der, int at) {
    int first = der[at + 1] & 0xFF;
    return at + 2 + (first < 0x80 ? 0 : first & 0x7F);
  }

  /** Where the element at a place ends. */
  private static int end(byte[] der, int at) {
    int from = content(der, at);
    int first = der[at + 1] & 0xFF;
    int length = first;
    if (first >= 0x80) {
      length = 0;
      for (int i = at + 2; i < from; i++) {
        length = length << 8 | (der[i] & 0xFF);
      }
    }
    return from + length;
  }

  private static byte[] der(int tag, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    int bytes = (Integer.SIZE - Integer.numberOfLeadingZeros(content.length) + 7) / 8;
    if (content.length < 0x80) {
      out.write(content.length);
    } else {
      out.write(0x80 | bytes);
      for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
        out.write(content.length >> shift);
      }
    }
    out.writeBytes(content);
    return out.toByteArray();
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
