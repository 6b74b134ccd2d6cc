/** How good the outputs are: one definition for each metric, named in every report. */
package dev.tarsier.runtime.accuracy;
