/** How well a network or a bundle sees, on a data set, by named protocols. */
package dev.tarsier.trainer.evaluation;
