/**
 * The data path put together: {@code Frame ─(FrameSlot)→ ImageToTensor → InferenceSession → Scene →
 * SceneSink}, either one call at a time ({@link dev.tarsier.runtime.pipeline.Perceiver}) or on a
 * thread of its own, where the newest frame wins ({@link
 * dev.tarsier.runtime.pipeline.PerceptionPipeline}). A {@link dev.tarsier.runtime.pipeline.Scene}
 * is what was perceived in one frame: a plane for each head, with where it came from. {@link
 * dev.tarsier.runtime.pipeline.StageHistograms} say where time goes.
 */
package dev.tarsier.runtime.pipeline;
