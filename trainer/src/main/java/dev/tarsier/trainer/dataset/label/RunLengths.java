package dev.tarsier.trainer.dataset.label;

import dev.tarsier.trainer.dataset.DataException;
import java.util.Arrays;

/** Masks that are written as lengths of runs. Stateless. */
final class RunLengths {
  /** What a run of COCO's compressed form may need: 31 bits, five at a time. */
  private static final int LONGEST = 7;

  private RunLengths() {}

  /**
   * Runs of pixels that are not covered and that are, in turn, one pixel after the other.
   *
   * @param runs Not modified.
   * @param pixels how many there are
   * @throws DataException if the runs are of another number of pixels
   */
  static boolean[] covered(long[] runs, int pixels) {
    boolean[] covered = new boolean[pixels];
    long at = 0;
    for (int i = 0; i < runs.length; i++) {
      if (runs[i] < 0 || runs[i] > pixels - at) {
        throw new DataException(
            "run %d of a mask is %d long, after %d of %d pixels".formatted(i, runs[i], at, pixels));
      }
      if (i % 2 == 1) {
        Arrays.fill(covered, (int) at, (int) (at + runs[i]), true);
      }
      at += runs[i];
    }
    if (at != pixels) {
      throw new DataException("the runs of a mask are of %d pixels, not %d".formatted(at, pixels));
    }
    return covered;
  }

  /** A mask that is written column by column, as COCO's are, row by row. */
  static boolean[] turned(boolean[] columns, int width, int height) {
    boolean[] rows = new boolean[columns.length];
    for (int x = 0; x < width; x++) {
      for (int y = 0; y < height; y++) {
        rows[y * width + x] = columns[x * height + y];
      }
    }
    return rows;
  }

  /**
   * The runs of COCO's compressed form (the COCO API's {@code maskApi}): five bits a character from
   * '0' on, the lowest first, the sixth bit for "more follows"; from the fourth run on the
   * difference to the run before the last.
   *
   * @throws DataException if it is damaged
   */
  static long[] compressed(String counts) {
    long[] runs = new long[counts.length()];
    int count = 0;
    int at = 0;
    while (at < counts.length()) {
      long value = 0;
      int piece = 0;
      boolean more = true;
      while (more) {
        int bits = at < counts.length() ? counts.charAt(at) - '0' : -1;
        if (bits < 0 || bits > 63 || piece == LONGEST) {
          throw new DataException("a compressed mask is damaged at character " + at);
        }
        value |= (long) (bits & 31) << (5 * piece);
        more = (bits & 32) != 0;
        at++;
        piece++;
        if (!more && (bits & 16) != 0) {
          value |= -1L << (5 * piece);
        }
      }
      runs[count] = count > 2 ? value + runs[count - 2] : value;
      count++;
    }
    return Arrays.copyOf(runs, count);
  }

  /**
   * The bytes that Label Studio's brush stores: RGBA, packed by thi.ng's {@code rle-pack}. A number
   * of words (32 bits) and their length less one (5), four lengths of run lengths less one (4
   * each); then runs: whether it repeats one word (1), which length its own length has (2), that
   * length less one, and the word or words. The first bit of a byte is its highest.
   *
   * @param packed bytes. Not modified.
   * @param expected how many words there must be
   * @throws DataException if it is damaged or of another number
   */
  static byte[] brush(byte[] packed, int expected) {
    Bits bits = new Bits(packed);
    long count = bits.read(32);
    int wordBits = bits.read(5) + 1;
    if (count != expected || wordBits != 8) {
      throw new DataException(
          "a brush's mask has %d words of %d bits, not %d of 8"
              .formatted(count & 0xffffffffL, wordBits, expected));
    }
    int[] lengths = new int[4];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = bits.read(4) + 1;
    }
    byte[] words = new byte[expected];
    int at = 0;
    while (at < expected) {
      boolean repeats = bits.read(1) == 1;
      int end = at + 1 + bits.read(lengths[bits.read(2)]);
      if (end > expected) {
        throw new DataException(
            "a brush's mask is damaged: a run ends at word %d of %d".formatted(end, expected));
      }
      if (repeats) {
        Arrays.fill(words, at, end, (byte) bits.read(wordBits));
        at = end;
      } else {
        while (at < end) {
          words[at++] = (byte) bits.read(wordBits);
        }
      }
    }
    return words;
  }

  private static final class Bits {
    private final byte[] bytes;
    private long at;

    Bits(byte[] bytes) {
      this.bytes = bytes;
    }

    int read(int count) {
      if (at + count > 8L * bytes.length) {
        throw new DataException(
            "a brush's mask ends after %d bytes, in the middle".formatted(bytes.length));
      }
      int value = 0;
      for (int i = 0; i < count; i++, at++) {
        int bit = (bytes[(int) (at >> 3)] >> (7 - (int) (at & 7))) & 1;
        value = (value << 1) | bit;
      }
      return value;
    }
  }
}
