/**
 * From a camera's bytes to the network's input: {@code Frame ─(ImageToTensor)→ uint8[1,H,W,3]},
 * RGB, stretched to the network's size. The trainer prepares its images with the same functions
 * ({@link dev.tarsier.runtime.tensor.RgbImage}), so that both see the same tensor for the same
 * image.
 */
package dev.tarsier.runtime.tensor;
