/**
 * The node {@code /tarsier_perception}.
 *
 * <pre>
 * image ─(connection's thread: ImageToFrame)→ Frame → slot ─(perception thread)→ Scene
 *                                                                │
 * camera_info ──────────────→ ScenePublisher (SceneMaps) ←───────┘
 *                                       ├→ a topic for each head (~depth, …), ~camera_info
 *                       1 Hz: snapshot ─┴→ /diagnostics, telemetry
 * </pre>
 *
 * <p>All topics, ROS and MQTT, with type and rate: {@link dev.tarsier.ros.node.Topic}.
 *
 * <p>Hints and traps:
 *
 * <ul>
 *   <li>An output that nobody subscribes to is neither rendered nor serialised.
 *   <li>Outputs keep the stamp and the frame of the image they were computed from.
 *   <li>A node's working directory is {@code $ROS_HOME}: nothing is resolved against it. A model's
 *       relative path is looked for below Tarsier's own folder.
 * </ul>
 */
package dev.tarsier.ros.node;
