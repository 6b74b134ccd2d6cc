package dev.tarsier.runtime.tensor;

import java.util.Arrays;

/**
 * A Huffman table of a JPEG (ITU-T T.81, annex C and F.2.2.3), for finding the ends of symbols
 * without their values. Made anew only when the table changes. Owned by one thread.
 */
final class HuffmanTable {
  /** Bits of a window that one look-up decides. */
  static final int WINDOW = 11;

  /** Of {@link #window}: the block ends behind these symbols. */
  static final int END = 1 << 12;

  /** AC coefficients of 8-bit images have at most ten bits (T.81, table F.2). */
  private static final int MOST_AC_BITS = 10;

  private static final int LONGEST_CODE = 16;

  private byte[] specification = {};

  /** First code that is too large for a length, aligned to 16 bits. */
  private final int[] limit = new int[LONGEST_CODE + 2];

  /** Index of a length's first symbol less its first code. */
  private final int[] offset = new int[LONGEST_CODE + 1];

  private byte[] symbols = {};

  /** For each window its first symbol as {@link #symbol} gives it, 0 for a longer code. */
  private final char[] firsts = new char[1 << WINDOW];

  private final char[] windows = new char[1 << WINDOW];
  private boolean defined;
  private boolean ac;

  /** Forgets the table; what was made of it is kept for the same one. */
  void undefine() {
    defined = false;
  }

  /** Whether the file has such a table. */
  boolean defined() {
    return defined;
  }

  /**
   * Takes a table.
   *
   * @param bytes from {@code at}: sixteen numbers of codes by length, then the symbols. Not
   *     modified.
   * @param length of both together
   * @param forAc whether its symbols are of AC coefficients
   * @return whether these are codes at all
   */
  boolean define(byte[] bytes, int at, int length, boolean forAc) {
    boolean same =
        ac == forAc
            && Arrays.equals(specification, 0, specification.length, bytes, at, at + length);
    if (!same) {
      specification = Arrays.copyOfRange(bytes, at, at + length);
      ac = forAc;
      if (!makeCodes()) {
        specification = new byte[0];
        return false;
      }
      for (int window = 0; window < firsts.length; window++) {
        int found = search(window << (LONGEST_CODE - WINDOW));
        firsts[window] = (char) (found >= 0 && found >> 8 <= WINDOW ? found : 0);
      }
      if (ac) {
        makeWindows();
      }
    }
    defined = true;
    return true;
  }

  private boolean makeCodes() {
    symbols = Arrays.copyOfRange(specification, LONGEST_CODE, specification.length);
    int code = 0;
    int index = 0;
    for (int bits = 1; bits <= LONGEST_CODE; bits++) {
      int count = Byte.toUnsignedInt(specification[bits - 1]);
      offset[bits] = index - code;
      code += count;
      index += count;
      if (code > 1 << bits) {
        return false;
      }
      limit[bits] = code << (LONGEST_CODE - bits);
      code <<= 1;
    }
    limit[LONGEST_CODE + 1] = Integer.MAX_VALUE;
    return true;
  }

  /** As many whole symbols as each window holds. */
  private void makeWindows() {
    for (int window = 0; window < windows.length; window++) {
      int used = 0;
      int coefficients = 0;
      int end = 0;
      while (end == 0) {
        int rest = (window << (LONGEST_CODE - WINDOW + used)) & 0xFFFF;
        int found = search(rest);
        if (found < 0) {
          break;
        }
        int bits = found >> 8;
        int size = found & 15;
        int run = (found >> 4) & 15;
        boolean endOfBlock = (found & 0xFF) == 0;
        if (used + bits + size > WINDOW || !isAc(found & 0xFF)) {
          break;
        }
        used += bits + size;
        if (endOfBlock) {
          end = END;
        } else {
          coefficients += run + 1;
        }
      }
      windows[window] = (char) (end | (coefficients << 4) | used);
    }
  }

  /** Whether a baseline JPEG can have this symbol: end of block, sixteen zeros, or run and size. */
  static boolean isAc(int symbol) {
    int size = symbol & 15;
    return size == 0 ? symbol == 0 || symbol == 0xF0 : size <= MOST_AC_BITS;
  }

  /**
   * The symbols in a window.
   *
   * @param window the next {@link #WINDOW} bits
   * @return bits 0 to 3: how many bits the whole symbols with their values take, 0 when not even
   *     the first fits; bits 4 to 11: how many coefficients they are; {@link #END}
   */
  int window(int window) {
    return windows[window];
  }

  /**
   * The first symbol.
   *
   * @param next the next 16 bits
   * @return the symbol, and the bits of its code above bit 8; -1 when there is no such code
   */
  int symbol(int next) {
    int first = firsts[next >> (LONGEST_CODE - WINDOW)];
    return first > 0 ? first : search(next);
  }

  private int search(int next) {
    int bits = 1;
    while (next >= limit[bits]) {
      bits++;
    }
    if (bits > LONGEST_CODE) {
      return -1;
    }
    int symbol = symbols[(next >> (LONGEST_CODE - bits)) + offset[bits]];
    return (bits << 8) | Byte.toUnsignedInt((byte) symbol);
  }
}
