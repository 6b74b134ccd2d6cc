/**
 * What a step minimises: a list of objectives, each of which gives named losses, and a balancer
 * that makes one loss of them.
 *
 * <pre>
 *   Batch, outputs ─(Objective …)→ NamedLosses ─(Balancer)→ the loss that is differentiated
 * </pre>
 *
 * <p>A new objective is one file here and one line in {@link
 * dev.tarsier.trainer.objective.Losses#objectives}. Every named loss is logged and drawn by its
 * name.
 */
package dev.tarsier.trainer.objective;
