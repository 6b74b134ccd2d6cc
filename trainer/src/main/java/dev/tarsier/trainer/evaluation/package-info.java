/**
 * How well a network sees, on a data set, by named protocols: {@code Sample ─(NetworkFeed)→ float32
 * [N,C,H,W] ─(GraphModule)→ outputs ─(OutputPlanes: the exported model's size and form)→ Plane
 * ─(Scores)→ metrics}. One thread.
 */
package dev.tarsier.trainer.evaluation;
