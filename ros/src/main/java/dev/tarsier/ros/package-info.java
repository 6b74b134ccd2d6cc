/**
 * ROS at the edges of the data path, without ROS's own libraries. What is ROS 1 lies below {@code
 * ros1}; the node and replay see the ports.
 *
 * <pre>
 *   camera ─TCPROS→ (ros1) ─CameraImage→ (port) ─Frame→ runtime's pipeline ─Scene→ (node) ─PixelMap→ (ros1) ─TCPROS→ topics
 *   bag    ─(bag)─→ (ros1) ─CameraImage→ (port) ─Frame→ runtime's Perceiver ─Scene→ (replay) → report
 *                      └─(truth): depth and labels that the bag has ─────────────────┘
 * </pre>
 *
 * <h2>Hints and traps</h2>
 *
 * <ul>
 *   <li>A message body handed to a {@code RawHandler} or by a bag is valid until the handler
 *       returns, but for what {@code CameraImage.fill} has moved into a frame.
 *   <li>{@code Publisher.publish} serialises before it returns: the message may be used again.
 *   <li>Depth is 32FC1 in metres with NaN, or 16UC1 in millimetres with 0, for unknown (REP 118).
 *   <li>Outputs keep the input's stamp and frame; their camera_info is scaled to their size.
 * </ul>
 */
package dev.tarsier.ros;
