/** Where time goes: stages, histograms of their durations, and the clocks they are taken with. */
package dev.tarsier.runtime.metrics;
