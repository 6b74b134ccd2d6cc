/**
 * The native libraries that the product loads: where they lie, and the environment that they read.
 *
 * <p>Hints and traps:
 *
 * <ul>
 *   <li>Libraries read the process's environment when they load. What they shall find there is set
 *       before, with {@link dev.tarsier.runtime.natives.ProcessEnvironment}.
 *   <li>What is unpacked lies in a folder that only this user can write: {@link
 *       dev.tarsier.runtime.natives.NativeLibraries}. A folder that the user names for a library
 *       ({@code -Donnxruntime.native.path}, {@code ENGINE_CACHE_DIR}) is used as it is.
 *   <li>Java's own {@code System.getenv} is a copy made at the start: it does not show what was set
 *       later, and child processes do not inherit it.
 * </ul>
 */
package dev.tarsier.runtime.natives;
