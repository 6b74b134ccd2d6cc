/**
 * ROS 1 without its libraries: messages as bytes, the master's graph, TCPROS. Nothing above it but
 * the adapters knows of MD5 sums, slave APIs or the order of bytes.
 *
 * <pre>
 *   (message) ←─ (graph: XML-RPC, names, parameters) ←─ (transport: TCPROS, RosNode)
 *                                                  ←─ (master: one in this process)
 * </pre>
 */
package dev.tarsier.ros.ros1;
