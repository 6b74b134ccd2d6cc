package dev.tarsier.ros.doctor;

/** What a check found. */
public enum Verdict {
  /** It is there and works. */
  OK,
  /** It is not there, and the default path on the CPU does not need it. */
  MISSING,
  /** It is needed for the default path on the CPU, and is not there or does not work. */
  BROKEN
}
