/**
 * ROS image messages into frames: {@code Image or CompressedImage body ─(MessageToFrame, one copy)→
 * Frame}, and what a camera_info says of them ({@code Calibration}). Node and replay use the same.
 */
package dev.tarsier.ros.frame;
