package dev.tarsier.ros.testing;

import java.util.Arrays;
import java.util.Random;

/** Seeded changes of valid inputs. {@code -Dfuzz.rounds=N} tries more of them than the default. */
public final class Fuzz {
  private static final int DEFAULT_ROUNDS = 300;

  private Fuzz() {}

  /** How many inputs a fuzzer tries. */
  public static int rounds() {
    return Integer.getInteger("fuzz.rounds", DEFAULT_ROUNDS);
  }

  /**
   * Changes some bytes, cuts, repeats or inserts.
   *
   * @param seed of this input; names it in a failure
   * @param valid Not modified.
   */
  public static byte[] change(long seed, byte[] valid) {
    Random random = new Random(seed);
    byte[] bytes = valid.clone();
    for (int changes = 1 + random.nextInt(8); changes > 0 && bytes.length > 0; changes--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> bytes = Arrays.copyOf(bytes, at);
        case 3 -> bytes = spliced(bytes, at, bytes, random.nextInt(bytes.length));
        default -> {
          byte[] extreme = {-1, -1, -1, (byte) (random.nextBoolean() ? 127 : -1)};
          System.arraycopy(extreme, 0, bytes, at, Math.min(4, bytes.length - at));
        }
      }
    }
    return bytes;
  }

  private static byte[] spliced(byte[] head, int headLength, byte[] tail, int from) {
    byte[] both = Arrays.copyOf(head, headLength + tail.length - from);
    System.arraycopy(tail, from, both, headLength, tail.length - from);
    return both;
  }
}
