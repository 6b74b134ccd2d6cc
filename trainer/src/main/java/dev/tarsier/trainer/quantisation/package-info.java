/**
 * From a bundle's float network to one in 8-bit integers, for processors.
 *
 * <pre>
 *   float ONNX ─(Calibration: run on training frames)─▶ ActivationHistogram ─▶ Range of each tensor
 *        └──────────────────(Quantiser)──────────────────▶ ONNX with QuantizeLinear/DequantizeLinear
 *                                                                 │
 *   float bundle ─┬─(AccuracyGate: both on validation data)───────┘
 *                 └─(BundleQuantiser)─▶ the bundle with the int8 network, its own golden outputs and
 *                                       what was lost; or refused, and the bundle as it was
 * </pre>
 *
 * <h2>Hints and traps</h2>
 *
 * <ul>
 *   <li>A dense convolution's weights have 7 bits, not 8: processors with AVX2 but without VNNI add
 *       two products of 8 bits in 16, which overflow, and each kind of processor would then be
 *       another network (docs/decisions/0057-int8-on-the-processor.md).
 *   <li>ONNX Runtime computes a convolution in integers only where all of its inputs come from a
 *       DequantizeLinear and its only user is a QuantizeLinear.
 *   <li>Logits stay float: in 8 bits many are equal, and the lowest id would win.
 * </ul>
 */
package dev.tarsier.trainer.quantisation;
