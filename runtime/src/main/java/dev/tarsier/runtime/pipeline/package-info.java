/**
 * The data path put together: {@code Frame ─(FrameSlot)→ ImageToTensor → InferenceSession → Scene →
 * SceneSink}, either one call at a time ({@link dev.tarsier.runtime.pipeline.Perceiver}) or on a
 * thread of its own, where the newest frame wins ({@link
 * dev.tarsier.runtime.pipeline.PerceptionPipeline}).
 */
package dev.tarsier.runtime.pipeline;
