/**
 * ROS bags of format 2.0: reading and writing, chunk by chunk, with bounded memory.
 *
 * <pre>
 *   file.bag ─(BagReader.open: header, index)→ connections, topics, counts
 *            ─(BagCursor)→ one chunk, decompressed into a pooled buffer ─→ (connection, receive time, body)
 *   (topic, receive time, message) ─(BagWriter)→ chunk ─→ file.bag ─(close)→ index
 * </pre>
 *
 * <h2>Hints and traps</h2>
 *
 * <ul>
 *   <li>A body is a view of a pooled buffer: it is valid until the cursor's next step, or until the
 *       handler returns. Keep a copy of what you want to keep.
 *   <li>The receive time is when the recorder got the message, not the stamp in its header.
 *   <li>Order is by receive time over the whole bag, unless {@link
 *       dev.tarsier.ros.bag.BagOrder#RECORDED} is asked for.
 *   <li>A bag that was cut off or damaged gives every message that is whole; then the cursor throws
 *       {@link dev.tarsier.ros.bag.BagDamageException}, which says where the damage lies. A bag
 *       whose recorder was killed has no index; it is read by scanning, and that alone is no
 *       damage.
 *   <li>Definition texts are handed through and never parsed: a bag whose definitions are broken
 *       reads like any other.
 * </ul>
 */
package dev.tarsier.ros.bag;
