/**
 * ROS 1 messages: what they are called, their MD5, and how they lie in bytes.
 *
 * <pre>
 *   body (ByteBuffer) ─(MessageType.read)→ record ─(writeTo)→ body
 *   body (ByteBuffer) ─(ImageView.over)→ width, height, step, stamp, where the pixels lie; nothing copied
 * </pre>
 *
 * <h2>Hints and traps</h2>
 *
 * <ul>
 *   <li>A body is what a TCPROS message or a bag record holds after its length. Reading sets the
 *       buffer's order to little endian and its position behind the message.
 *   <li>{@link dev.tarsier.ros.ros1.message.Image#data()} is a view of the buffer that was read: it
 *       is valid only as long as that buffer is.
 *   <li>Whatever is wrong with a body is a {@link dev.tarsier.ros.port.MessageFormatException}; no
 *       length in a body makes anything be allocated that the body does not really hold.
 *   <li>{@code uint32} fields are Java ints; times before 2106 are kept exactly by {@link
 *       dev.tarsier.ros.ros1.message.RosTime}.
 * </ul>
 */
package dev.tarsier.ros.ros1.message;
