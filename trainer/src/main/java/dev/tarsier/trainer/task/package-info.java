/**
 * What networks learn, one file for each task: what the robot gets of it, how its targets are read
 * and varied with the image, and its losses.
 *
 * <p>Losses are one file each, with the formula's source. A pixel without a label or without depth
 * takes no part: the mean is over the pixels of the whole batch that count, and a batch in which
 * none counts gives 0 with a gradient of 0.
 */
package dev.tarsier.trainer.task;
