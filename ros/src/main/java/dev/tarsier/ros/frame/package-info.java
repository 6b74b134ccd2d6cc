/**
 * ROS image messages into frames: {@code Image or CompressedImage body ─(MessageToFrame, one copy)→
 * Frame}. The node's subscription and replay use the same.
 */
package dev.tarsier.ros.frame;
