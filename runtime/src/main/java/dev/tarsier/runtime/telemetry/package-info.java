/**
 * What a robot says about itself over MQTT: {@code snapshot ─(TelemetryPublisher, own thread)→
 * tarsier/<robot>/{status,factsheet,metrics}}, JSON whose schemas are in {@code docs/telemetry/}.
 *
 * <p>Traps: {@code status} holds the last will, so "offline" with reason "lost" carries the time of
 * the connection, not of the loss. Metrics that could not be sent are counted and forgotten, never
 * queued: a robot that was offline for a day sends the present, not the day.
 */
package dev.tarsier.runtime.telemetry;
