/**
 * Files of depth, whatever wrote them, as metres.
 *
 * <pre>
 *   PNG, TIFF, NPY, NPZ, EXR ─(StoredDepth: by content)→ values as stored
 *     ─(DepthRules: unit or disparity, unknown values)→ DepthMap: float32 [h,w] metres, NaN unknown
 *   DepthMaps of a set ─(DepthLooks)→ what looks odd: holes alone, another scale
 * </pre>
 *
 * <p>{@link dev.tarsier.trainer.dataset.depth.DepthFiles} is the way in.
 */
package dev.tarsier.trainer.dataset.depth;
