/** Benchmarks: each measures its bound or its peer in the same run and prints the ratio. */
package dev.tarsier.bench;
