/**
 * A ROS master inside the process, for the demo and for tests: {@link
 * dev.tarsier.ros.ros1.master.InProcessMaster} names nodes to each other and holds parameters, as
 * {@code roscore} does. Debian's rostopic, rosnode and rosparam work against it. It runs no {@code
 * /rosout} aggregator.
 */
package dev.tarsier.ros.ros1.master;
