/**
 * Losses, one file each, with the formula's source. A pixel without a label or without depth takes
 * no part: the mean is over the pixels of the whole batch that count, and a batch in which none
 * counts gives 0 with a gradient of 0.
 */
package dev.tarsier.trainer.loss;
