/**
 * The native libraries that the product loads: where they lie, and the environment that they read.
 *
 * <p>Hints and traps:
 *
 * <ul>
 *   <li>Libraries read the process's environment when they load. What they shall find there is set
 *       before, with {@link dev.tarsier.runtime.natives.ProcessEnvironment}.
 *   <li>Java's own {@code System.getenv} is a copy made at the start: it does not show what was set
 *       later, and child processes do not inherit it.
 * </ul>
 */
package dev.tarsier.runtime.natives;
