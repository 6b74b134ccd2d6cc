/** The data path: frames in, classes and metric depth out. */
package dev.tarsier.runtime;
