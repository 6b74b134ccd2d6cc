/**
 * Networks, described once and used twice: trained here, written as ONNX by the export package.
 *
 * <pre>
 *   Ports ─(Architecture)─▶ LayerGraph ─(GraphModule, DJL)─▶ outputs by task [N,C,h,w]
 *                               │             ▲
 *                               │             └─(WeightLoader)─ safetensors, published names
 *                               └─(export.OnnxExporter)─▶ ONNX
 * </pre>
 *
 * <p>{@link dev.tarsier.trainer.network.Ports} say what a network sees and says; an {@link
 * dev.tarsier.trainer.network.Architecture} puts it together: {@link
 * dev.tarsier.trainer.network.Edge} for small computers, {@link
 * dev.tarsier.trainer.network.MtiNet}, {@link dev.tarsier.trainer.network.SegNet}, {@link
 * dev.tarsier.trainer.network.Mtan} and {@link dev.tarsier.trainer.network.Xtasc} from papers,
 * {@link dev.tarsier.trainer.network.LeNet} for what an image shows as a whole. Each is a student
 * (image in), a two-branch teacher (image and something else in, features added) or an early fusion
 * of the same (further channels of the first layer), with one head or more. A new one is one file
 * and one line in {@code META-INF/services}.
 *
 * <p>What is settled before PyTorch computes, whoever loads it, is here too: DJL finds {@link
 * dev.tarsier.trainer.network.SoundPyTorch} as a service when its first class is touched, which is
 * before PyTorch's libraries are, so the launcher, tests and a program that uses this module as a
 * library all compute with the same instructions. {@link dev.tarsier.trainer.network.Device} is
 * what it computes on.
 *
 * <h2>Hints and traps</h2>
 *
 * <ul>
 *   <li>Images enter as float32 {@code [N,3,H,W]}, RGB, 0..255: normalisation is a layer.
 *   <li>Auxiliary outputs (deep supervision: {@code TASK.0} …) are given by {@code forward(…,
 *       true)} only; inference and exported models do not compute them.
 *   <li>Names are torchvision's, HRNet's those of its authors and timm, so a published encoder
 *       loads by name; a tensor that is missing or left over is an error.
 *   <li>What a forward pass returns belongs to the manager of the image it was given; parameters
 *       belong to the module. Run each step in its own manager and close it.
 *   <li>A gradient array ({@code parameter.getGradient()}) is a new handle on every call: close it.
 *   <li>Resizing only enlarges, for DJL's interpolation smooths when it shrinks. It is bilinear
 *       with half-pixel centres (torch's {@code align_corners=False}) but in MTAN and XTasC-Net.
 *   <li>A layer may use the weights of an earlier one ({@code LayerGraph.Builder.again}): a node's
 *       tensors are called after {@code Node.weights}.
 * </ul>
 */
package dev.tarsier.trainer.network;
