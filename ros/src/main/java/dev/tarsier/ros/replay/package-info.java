/**
 * A bag, judged: every frame through the model, the outputs against what the bag itself knows.
 *
 * <pre>
 *                  ┌─ image ──────→ Frame ─(Perceiver)→ Scene ─(OutputRecorder)→ output hash, --record
 * bag ─(Replay)────┼─ depth, labels ─(TruthTopic)─┐      │
 *                  └─ camera_info ─(CameraTrack)  └──(TruthQueue: nearest stamp)
 *                                                         │ image with the truth of each head
 *                  ┌──────────────────────────────────────┤
 *     (Evaluator: a HeadEvaluator for each head)   (WorstFrames)
 *                  └─(ReplaySummary)→ ReplayReport ─→ report.json, report.html, gates
 * </pre>
 *
 * <p>Reading, perceiving and recording run on the caller's thread; what hangs below the {@code
 * TruthQueue} runs beside it, on that of {@link dev.tarsier.ros.replay.Judging}, in the same order.
 *
 * <p>Hints and traps:
 *
 * <ul>
 *   <li>Nothing is played: frames are never dropped for lack of time, so the same bag, bundle and
 *       CPU provider give the same output hash.
 *   <li>Truth and prediction have different sizes. Each pixel of the truth is scored against the
 *       nearest pixel of the prediction, never the other way round.
 *   <li>A bag's camera is not the training camera: metric depth is off by a scale that the network
 *       cannot know. The scale and the median-aligned errors stand beside the plain ones for that
 *       reason.
 *   <li>Truth is matched by header stamp, not by receive time.
 * </ul>
 */
package dev.tarsier.ros.replay;
