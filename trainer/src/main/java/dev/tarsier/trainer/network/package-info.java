/**
 * Networks, described once and used twice: trained here, written as ONNX by the export package.
 *
 * <pre>
 *   Edge.student(options) ─▶ LayerGraph ─(GraphModule, DJL)─▶ logits [N,C,h,w], depth [N,1,h,w]
 *                               │             ▲
 *                               │             └─(WeightLoader)─ safetensors, torchvision's names
 *                               └─(export.OnnxExporter)─▶ ONNX
 * </pre>
 *
 * <h2>Hints and traps</h2>
 *
 * <ul>
 *   <li>Images enter as float32 {@code [N,3,H,W]}, RGB, 0..255: normalisation is a layer.
 *   <li>Names are torchvision's, so a published encoder loads by name; a tensor that is missing or
 *       left over is an error.
 *   <li>What a forward pass returns belongs to the manager of the image it was given; parameters
 *       belong to the module. Run each step in its own manager and close it.
 *   <li>A gradient array ({@code parameter.getGradient()}) is a new handle on every call: close it.
 *   <li>Resizing is bilinear with half-pixel centres everywhere (torch's {@code
 *       align_corners=False}), and only enlarges: DJL's interpolation smooths when it shrinks.
 * </ul>
 */
package dev.tarsier.trainer.network;
