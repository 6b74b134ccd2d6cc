package dev.tarsier.runtime.natives;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What the head of a shared library says: an ELF file of 64 bits. The system's loader maps what a
 * file that was cut off does not have, and the process dies of it.
 *
 * @param machine the processor's number; 62 is x86-64, 183 is arm64
 * @param end where its table of sections ends, which stands last
 * @param size of the file in bytes
 */
public record SharedLibrary(int machine, long end, long size) {
  private static final int ELF = 0x7F454C46;
  private static final int HEADER = 64;
  private static final int CLASS_AT = 4;
  private static final int CLASS_64 = 2;
  private static final int MACHINE_AT = 18;
  private static final int SECTIONS_AT = 40;
  private static final int SECTION_SIZE_AT = 58;
  private static final int SECTION_COUNT_AT = 60;

  /**
   * Reads a file's head.
   *
   * @return none where it is no shared library of a 64-bit Linux
   * @throws IOException if it cannot be read
   */
  public static Optional<SharedLibrary> read(Path file) throws IOException {
    byte[] header;
    try (InputStream in = Files.newInputStream(file)) {
      header = in.readNBytes(HEADER);
    }
    ByteBuffer fields = ByteBuffer.wrap(header);
    if (header.length < HEADER || fields.getInt(0) != ELF || header[CLASS_AT] != CLASS_64) {
      return Optional.empty();
    }
    fields.order(ByteOrder.LITTLE_ENDIAN);
    return Optional.of(
        new SharedLibrary(
            fields.getShort(MACHINE_AT),
            fields.getLong(SECTIONS_AT)
                + (long) fields.getShort(SECTION_SIZE_AT) * fields.getShort(SECTION_COUNT_AT),
            Files.size(file)));
  }

  /** Whether its end is missing. */
  public boolean isCutOff() {
    return end > size;
  }
}
