package dev.tarsier.ros.doctor;

import java.util.List;

/** Looks at a part of the machine. Implementations have a public constructor without arguments. */
public interface Check {
  /** Where its findings stand among others; low first. */
  int order();

  /**
   * Looks. May throw anything: the doctor makes a finding of it.
   *
   * @param surroundings where to look. Not modified.
   */
  List<Finding> examine(Surroundings surroundings) throws Exception;
}
