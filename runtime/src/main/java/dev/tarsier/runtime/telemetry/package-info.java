/**
 * What a node says about itself over MQTT: {@code snapshot ─(TelemetryVoice, own thread)→
 * MqttConnection: Paho behind a guard ─(BrokerSocket: TLS, WebSocket)→
 * tarsier/<robot>/<node>/{status,factsheet,metrics}}, JSON whose schemas are in {@code
 * docs/telemetry/}.
 *
 * <p>Traps: {@code status} holds the last will, so "offline" with reason "lost" carries the time of
 * the connection, not of the loss. Metrics that could not be sent are counted and forgotten, never
 * queued: a robot that was offline for a day sends the present, not the day. A field that a record
 * gains is in version 2's messages alone; version 1 is closed.
 */
package dev.tarsier.runtime.telemetry;
