/** Frames with labels, depth, or both, from folders, bags and the scene renderer. */
package dev.tarsier.trainer.dataset;
