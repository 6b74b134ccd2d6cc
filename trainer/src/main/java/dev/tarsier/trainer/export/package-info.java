/**
 * From a trained network to a bundle a robot can run, or a teacher to a model file.
 *
 * <pre>
 *   GraphModule ─(OnnxExporter)─▶ ONNX ─┬─(BundleExporter: DJL vs ONNX Runtime on real frames)
 *                                       │     └─▶ bundle folder, or nothing at all
 *                                       └─(TeacherExporter: the same, for more inputs than the image)
 *                                             └─▶ model file, or nothing at all
 * </pre>
 *
 * <p>The ONNX graph takes {@code image} uint8 [1,H,W,3] RGB and gives {@code classes} uint8 [1,H,W]
 * (class ids; the largest logit is chosen at the size of the network's output, before enlarging)
 * and {@code depth} float32 [1,H,W] (metres). Shapes are static; normalisation is inside; batch
 * normalisation is folded into the convolutions; outputs that only train are left out.
 */
package dev.tarsier.trainer.export;
