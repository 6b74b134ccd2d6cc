/**
 * Frames out of a recording, as files to label and to train on.
 *
 * <pre>
 *   bag ─(FrameIndex: stamps, depth by nearest stamp)→ RecordedFrames ─(every so often)→ candidates
 *     ─(Doubts: what the network disagrees with itself on; Spread: far from each other)→ the N to label
 *     ─(FrameFolder: one at a time)→ rgb/STAMP.png|jpg, depth/STAMP.png, camera.yaml, splits/*.txt
 * </pre>
 *
 * <p>{@link dev.tarsier.ros.frames.FrameExport} is the way in. A recording is read once for its
 * stamps, and then each frame that was chosen where it lies, so that memory does not grow with it.
 */
package dev.tarsier.ros.frames;
