/**
 * A node's place in the ROS graph: its names, the XML-RPC calls between it and the master,
 * parameters and time. Knows no topic data; that is {@link dev.tarsier.ros.ros1.transport}.
 *
 * <p>Hints and traps:
 *
 * <ul>
 *   <li>A master is a cache of addresses, no more: it may be absent at start, restarted later, and
 *       it keeps the addresses of nodes that died.
 *   <li>XML-RPC comes from the network: documents are capped in size and depth, and a DTD is
 *       refused.
 * </ul>
 */
package dev.tarsier.ros.ros1.graph;
