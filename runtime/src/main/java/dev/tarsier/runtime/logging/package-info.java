/**
 * Log lines on their way out: made visible, limited, and never waited for.
 *
 * <pre>
 * event ─({@link dev.tarsier.runtime.logging.LogLimit})→ line ─({@link dev.tarsier.runtime.logging.VisibleText})→ queue ─(one thread)→ stderr
 * </pre>
 *
 * <p>Hints and traps:
 *
 * <ul>
 *   <li>Text in a log line may come from a peer, a file or a topic: it is data, and may try to be
 *       more. Whatever prints such text elsewhere uses {@link
 *       dev.tarsier.runtime.logging.VisibleText} too.
 *   <li>Whoever logs never waits for the console: a terminal that is stopped, or a pipe that nobody
 *       reads, costs lines, and their number is said afterwards.
 * </ul>
 */
package dev.tarsier.runtime.logging;
