/**
 * What networks learn, one file for each task: what the robot gets of it, how its targets are read
 * and varied with the image, and its losses.
 */
package dev.tarsier.trainer.task;
