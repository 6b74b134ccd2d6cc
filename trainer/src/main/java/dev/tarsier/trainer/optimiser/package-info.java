/**
 * How weights move: Adam, AdamW and the schedule of their learning rates.
 *
 * <pre>
 *   gradients ─(Adam)→ weights        learning rate · Schedule.factor(step)
 * </pre>
 *
 * <p>Hints and traps: DJL's own optimisers cannot save their moments, so these do; a run that goes
 * on from a checkpoint takes the same steps to the bit.
 */
package dev.tarsier.trainer.optimiser;
