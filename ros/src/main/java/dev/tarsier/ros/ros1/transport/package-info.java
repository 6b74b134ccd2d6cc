/**
 * Topics: {@link dev.tarsier.ros.ros1.transport.RosGraph} is what the rest of the product sees of
 * ROS, and {@link dev.tarsier.ros.ros1.transport.RosNode} is our ROS 1 client behind it.
 *
 * <pre>
 * publish(T) ─(once, into a pooled direct buffer)→ queue of each subscriber ─(its thread)→ socket
 * socket ─(its thread, one direct buffer)→ RawHandler or Consumer
 * </pre>
 *
 * <p>Hints and traps:
 *
 * <ul>
 *   <li>A message is serialised before {@code publish} returns; the object may be reused at once.
 *   <li>A subscriber that reads slowly loses its oldest messages; no one else notices.
 *   <li>A body given to a {@link dev.tarsier.ros.ros1.transport.RawHandler} is valid until it
 *       returns.
 *   <li>Handlers of one subscription never run concurrently; those of two may.
 * </ul>
 */
package dev.tarsier.ros.ros1.transport;
