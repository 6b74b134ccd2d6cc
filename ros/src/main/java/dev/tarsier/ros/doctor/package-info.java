/**
 * What this machine has and lacks: {@code Surroundings ─(Checks)→ Findings ─→ table or JSON}. Each
 * finding that is not OK says what it is for and how to get it. Modules above this one add checks
 * of their own as services of {@link dev.tarsier.ros.doctor.Check}.
 */
package dev.tarsier.ros.doctor;
