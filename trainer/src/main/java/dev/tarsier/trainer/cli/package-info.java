/** The commands of a workstation: all of a robot's, and those that train, render and show. */
package dev.tarsier.trainer.cli;
