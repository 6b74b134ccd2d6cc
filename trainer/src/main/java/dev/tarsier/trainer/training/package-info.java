/**
 * The training loop and what keeps it safe: checkpoints, validation, run folder.
 *
 * <pre>
 *   Mixture ─(BatchLoader, own threads)→ Batch ─(GraphModule)→ outputs ─(loss)→ gradients ─(Adam)→ weights
 *                                                    every epoch: Evaluation → best checkpoint
 *                                                    every N steps: Checkpoint, written whole or not at all
 * </pre>
 *
 * <p>Hints and traps: a run's state is a list of {@link dev.tarsier.trainer.network.State}s
 * (weights and running statistics, Adam's moments, what a balancer or an objective keeps) and the
 * number of steps done; everything random follows from the seed and that number, so a run continued
 * from a checkpoint gives the same bits as one that never stopped. Gradients belong to the thread
 * that ran the forward pass; the loop uses one thread for all of it.
 */
package dev.tarsier.trainer.training;
