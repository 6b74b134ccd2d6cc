/** The commands of a robot. */
package dev.tarsier.ros.cli;
