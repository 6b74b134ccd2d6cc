/**
 * How good outputs are: a {@link dev.tarsier.runtime.accuracy.Measure} for each kind of head, and
 * one list of {@link dev.tarsier.runtime.accuracy.Metrics} with name, unit, direction and protocol
 * that validation, replay, gates, cards and tables share.
 */
package dev.tarsier.runtime.accuracy;
