/**
 * Immutable configuration records, and the strict YAML reading behind them and behind recipes.
 *
 * <p>{@code file.yaml ─(StrictYaml: unknown key → error with its nearest neighbour)→ record}. A
 * record checks its values in its compact constructor, is loaded once and never changes.
 */
package dev.tarsier.runtime.config;
