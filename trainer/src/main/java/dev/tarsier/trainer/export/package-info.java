/**
 * From a trained network to a bundle a robot can run.
 *
 * <pre>
 *   GraphModule ─(OnnxExporter)─▶ model.onnx ─┬─(BundleExporter: DJL vs ONNX Runtime on real frames)
 *                                             └─▶ bundle folder, or nothing at all
 * </pre>
 *
 * <p>The ONNX graph takes {@code image} uint8 [1,H,W,3] RGB and gives {@code classes} uint8 [1,H,W]
 * (class ids; the largest logit is chosen before enlarging) and {@code depth} float32 [1,H,W]
 * (metres). Shapes are static; normalisation is inside; batch normalisation is folded into the
 * convolutions.
 */
package dev.tarsier.trainer.export;
