package dev.tarsier.ros.doctor;

import dev.tarsier.runtime.inference.NvidiaMachine;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;

/** Runs all checks. A check that fails in an unforeseen way becomes a finding, not an end. */
public final class Doctor {
  private final List<Check> checks;

  /**
   * @param checks in any order
   */
  public Doctor(List<Check> checks) {
    this.checks = checks.stream().sorted(Comparator.comparingInt(Check::order)).toList();
  }

  /** The checks of this module and those that other modules on the class path add. */
  public static Doctor withAllChecks() {
    List<Check> all =
        new ArrayList<>(
            List.of(
                new MachineCheck(),
                new InferenceCheck(),
                new GpuCheck(NvidiaMachine.here()),
                new RosCheck(),
                new BrokerCheck()));
    ServiceLoader.load(Check.class).forEach(all::add);
    return new Doctor(all);
  }

  /**
   * Looks at everything.
   *
   * @param surroundings where to look. Not modified.
   * @return in the order of the checks
   */
  public List<Finding> examine(Surroundings surroundings) {
    List<Finding> findings = new ArrayList<>();
    for (Check check : checks) {
      try {
        findings.addAll(check.examine(surroundings));
      } catch (Exception | LinkageError e) {
        findings.add(
            Finding.broken(
                "Doctor",
                check.getClass().getSimpleName(),
                "could not look: " + (e.getMessage() == null ? e : e.getMessage()),
                "the rest of this report",
                "report this with the output of 'tarsier doctor --json'"));
      }
    }
    return findings;
  }

  /** Whether the default path on the CPU works. */
  public static boolean isReady(List<Finding> findings) {
    return findings.stream().noneMatch(each -> each.verdict() == Verdict.BROKEN);
  }
}
