package dev.tarsier.ros.bag;

/** Something in a bag is not as the format has it; becomes a {@link BagDamage} with its offset. */
final class DamagedRecord extends Exception {
  private static final long serialVersionUID = 1L;

  private final int ahead;

  DamagedRecord(String what) {
    this(what, 0);
  }

  /**
   * @param ahead how far behind the record's beginning the damage lies
   */
  DamagedRecord(String what, int ahead) {
    super(what, null, false, false);
    this.ahead = ahead;
  }

  BagDamage at(long offset) {
    return new BagDamage(offset + ahead, getMessage());
  }
}
