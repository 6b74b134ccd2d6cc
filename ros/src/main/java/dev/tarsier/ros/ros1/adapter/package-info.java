/**
 * ROS 1 as the node and replay see it: {@link dev.tarsier.ros.port} over the messages and the
 * graph.
 */
package dev.tarsier.ros.ros1.adapter;
