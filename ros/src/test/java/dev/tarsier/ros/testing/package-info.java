/** Test support: waiting, and programs of a real ROS. */
package dev.tarsier.ros.testing;
