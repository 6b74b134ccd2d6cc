package dev.tarsier.ros.bag;

/**
 * One place where a bag is not whole.
 *
 * @param offset byte of the file where the damaged record begins or the file ends
 * @param what what is wrong there
 */
public record BagDamage(long offset, String what) {
  @Override
  public String toString() {
    return "byte " + offset + ": " + what;
  }
}
