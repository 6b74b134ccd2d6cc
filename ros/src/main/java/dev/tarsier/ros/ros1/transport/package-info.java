/**
 * Topics: {@link dev.tarsier.ros.ros1.transport.RosGraph} is what the rest of the product sees of
 * ROS, and {@link dev.tarsier.ros.ros1.transport.RosNode} is our ROS 1 client behind it.
 *
 * <pre>
 * publish(T) ─(once, into a pooled direct buffer)→ socket of each subscriber; what it does not take
 *   at once waits in the subscriber's queue ─(the connection's thread)→ socket
 * socket ─(its thread, one direct buffer, which may be exchanged)→ RawHandler or Consumer
 * </pre>
 *
 * <p>Hints and traps:
 *
 * <ul>
 *   <li>A message is serialised before {@code publish} returns; the object may be reused at once.
 *   <li>A subscriber that reads slowly loses its oldest messages; no one else notices.
 *   <li>The bytes given to a {@link dev.tarsier.ros.ros1.transport.RawHandler} are valid until it
 *       returns, unless it exchanges them.
 *   <li>Handlers of one subscription never run concurrently; those of two may.
 * </ul>
 */
package dev.tarsier.ros.ros1.transport;
