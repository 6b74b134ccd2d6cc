/**
 * The files of a run, whatever it makes: folders with their locks, logs, a store of stages, hashes.
 *
 * <pre>
 *   inputs of a stage ─(Canonical)→ key ─(StageStore)→ StageFolder: KIND-KEY/{run.lock, stage.json, …}
 * </pre>
 *
 * <p>Hints and traps:
 *
 * <ul>
 *   <li>A lock belongs to the process: it goes away with it, however it ends.
 *   <li>A file is replaced whole. A log grows by lines, and its torn last line is not read.
 *   <li>Equal values have equal hashes, whatever the order of their keys. Only what differs from
 *       the defaults is hashed, so a new setting changes no key.
 * </ul>
 */
package dev.tarsier.trainer.run;
