package dev.tarsier.runtime.task;

import java.nio.ByteBuffer;

/** Which class ids a head names, and how many pixels have another. Immutable. */
public final class NamedClasses {
  private static final long EACH_BYTE = 0x0101010101010101L;
  private static final long LOW_BITS = 0x7F7F7F7F7F7F7F7FL;
  private static final long HIGH_BITS = 0x8080808080808080L;

  private final boolean[] named = new boolean[256];

  /** Added to the low seven bits of a byte, makes the high one where the id is beyond the run. */
  private final long beyond;

  /** The ids of the head's classes. */
  public NamedClasses(ClassMap kind) {
    for (ClassLabel each : kind.classes()) {
      named[each.id()] = true;
    }
    int run = 0; // ids 0 to run - 1 are named
    while (run < 128 && named[run]) {
      run++;
    }
    beyond = (0x80 - run) * EACH_BYTE;
  }

  /** Whether there is such a class. */
  public boolean contains(int id) {
    return named[id];
  }

  /**
   * Counts pixels whose id is no class. Eight at a time: ids that begin at 0 without a gap, as
   * networks give them, cost one look for eight pixels.
   *
   * @param classIds uint8, from 0 to its capacity. Not modified.
   */
  public int countOthers(ByteBuffer classIds) {
    int pixels = classIds.capacity();
    int others = 0;
    int i = 0;
    for (; i + Long.BYTES <= pixels; i += Long.BYTES) {
      long eight = classIds.getLong(i);
      if ((((eight & LOW_BITS) + beyond | eight) & HIGH_BITS) != 0) {
        others += count(classIds, i, i + Long.BYTES);
      }
    }
    return others + count(classIds, i, pixels);
  }

  private int count(ByteBuffer classIds, int from, int to) {
    int others = 0;
    for (int i = from; i < to; i++) {
      if (!named[Byte.toUnsignedInt(classIds.get(i))]) {
        others++;
      }
    }
    return others;
  }
}
