package dev.tarsier.runtime.tensor;

import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.RejectedFrameException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;

/**
 * Walks over the chunks of a PNG (ISO/IEC 15948) before it is decoded: each has a checksum, and the
 * last is the end, so damage is always found. Stateless.
 */
public final class PngCheck {
  private static final long SIGNATURE = 0x89504E470D0A1A0AL;
  private static final int IHDR = 0x49484452;
  private static final int PLTE = 0x504C5445;
  private static final int IDAT = 0x49444154;
  private static final int IEND = 0x49454E44;

  /** Length, type and checksum. */
  private static final int FRAMING = 12;

  private PngCheck() {}

  /** Whether a file begins as a PNG does. */
  public static boolean isPng(ByteBuffer file) {
    return file.limit() >= Long.BYTES && bigEndian(file).getLong(0) == SIGNATURE;
  }

  private static ByteBuffer bigEndian(ByteBuffer file) {
    return file.duplicate().order(ByteOrder.BIG_ENDIAN);
  }

  /**
   * Checks a file.
   *
   * @param file which {@link #isPng}, from 0 to its limit. Not modified.
   * @throws RejectedFrameException when it is damaged; its message says where
   */
  public static void run(ByteBuffer file) throws RejectedFrameException {
    ByteBuffer chunks = bigEndian(file);
    int length = file.limit();
    CRC32 crc = new CRC32();
    boolean image = false;
    boolean palette = false;
    int at = Long.BYTES;
    while (true) {
      if (length - at < FRAMING) {
        throw truncated(length);
      }
      long size = Integer.toUnsignedLong(chunks.getInt(at));
      int type = chunks.getInt(at + 4);
      if (size > length - at - FRAMING) {
        throw truncated(length);
      }
      int body = at + 8;
      int end = body + (int) size;
      crc.reset();
      crc.update(chunks.limit(end).position(at + 4));
      chunks.limit(length);
      if ((int) crc.getValue() != chunks.getInt(end)) {
        throw corrupt("a wrong checksum at byte " + at);
      }
      if ((at == Long.BYTES) != (type == IHDR) || (type == IHDR && size != 13)) {
        throw corrupt("a wrong header");
      }
      palette |= type == PLTE;
      if (type == IDAT && !image) {
        image = true;
        if (chunks.get(Long.BYTES + 8 + 9) == 3 && !palette) {
          throw corrupt("no palette");
        }
      }
      if (type == IEND) {
        break; // what follows is padding
      }
      at = end + 4;
    }
    if (!image) {
      throw corrupt("no image data");
    }
  }

  private static RejectedFrameException truncated(int length) {
    return corrupt("it is truncated, %d bytes end without an end chunk".formatted(length));
  }

  private static RejectedFrameException corrupt(String why) {
    return new RejectedFrameException(DropReason.CORRUPT_IMAGE, "PNG is damaged: " + why);
  }
}
