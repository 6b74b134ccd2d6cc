/**
 * From data to a bundle.
 *
 * <pre>
 *   (dataset, render) ─Sample→ augmented Batch ─(training)→ checkpoint ─(export)→ bundle
 *                                   ↑                          ↑
 *                      losses, masked per sample      (network) one LayerGraph, run by DJL
 *                                                              and written as ONNX
 * </pre>
 *
 * <h2>Hints and traps</h2>
 *
 * <ul>
 *   <li>A tensor belongs to the manager of its first operand: start from the step's, or it leaks.
 *   <li>PyTorch's number of threads and its instructions are read once, at the engine's start; the
 *       latter are chosen by {@code network.SoundPyTorch}.
 *   <li>A missing label is masked, never guessed: averages are over the pixels that count.
 *   <li>Depth is divided by the magnification of a scale-crop; it is metric.
 * </ul>
 */
package dev.tarsier.trainer;
