package dev.tarsier.runtime.telemetry;

/**
 * What telemetry tells. Called on telemetry's threads, by two at once where version 1 is told too;
 * must not wait for perception.
 */
public interface TelemetrySource {
  /** What is computed and with what; asked at each connection. */
  Factsheet factsheet();

  /** How it goes; asked once a period. */
  Metrics metrics();
}
