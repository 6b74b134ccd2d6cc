/**
 * The main job on embedded defaults, for newcomers and tests: {@code rendered bag ─(TCP topics, own
 * master)→ perception node ─(topics, MQTT to an own broker)→ scores}. No ROS, broker, GPU or data
 * is needed, and nothing here goes on a robot.
 */
package dev.tarsier.trainer.demo;
