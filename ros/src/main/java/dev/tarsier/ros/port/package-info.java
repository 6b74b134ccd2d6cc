/**
 * What the node and replay see of ROS, whichever it is: images of a camera, its calibration, and
 * somebody who takes what was perceived. No bytes of messages, no MD5 sums. What is below {@code
 * ros1} fulfils it; ROS 2 would by another implementation of {@link dev.tarsier.ros.port.RosPort}.
 *
 * <p>A camera's images become frames by {@code CameraImage ─(ImageToFrame, one copy)→ Frame};
 * {@link dev.tarsier.ros.port.Calibration} is what a calibration says of them. Node and replay use
 * the same.
 */
package dev.tarsier.ros.port;
