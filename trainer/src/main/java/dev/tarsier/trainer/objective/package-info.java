/**
 * What a step minimises: a list of objectives, each of which gives named losses, and a balancer
 * that decides how much each of them counts.
 *
 * <pre>
 *   Batch, outputs ─(Objective …)→ NamedLosses ─(Balancer)→ gradients of all parameters
 * </pre>
 *
 * <p>A new objective is one file here: an {@link dev.tarsier.trainer.objective.Objective} and the
 * {@link dev.tarsier.trainer.objective.Auxiliary} that makes it of a recipe's section. Every named
 * loss is logged and drawn by its name. A new balancer is one file and one line in {@code
 * META-INF/services}.
 */
package dev.tarsier.trainer.objective;
