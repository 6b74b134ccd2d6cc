/**
 * Camera frames as leases over pooled direct buffers, handed on through one slot where the newest
 * wins.
 *
 * <p>Life of a frame: {@code FramePool.acquire → prepare + fill + describe → FrameSlot.offer → take
 * → close}. Whoever holds the frame closes it, once; offering it gives it away.
 */
package dev.tarsier.runtime.frame;
