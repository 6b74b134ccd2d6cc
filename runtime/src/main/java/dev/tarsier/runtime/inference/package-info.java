/**
 * The network: uint8 [1,H,W,3] in, class ids and metric depth out, on the best provider there is.
 *
 * <p>Traps: ONNX Runtime falls back to the CPU in silence and its TensorRT engine cache does not
 * know the weights; here every fallback has its reason ({@link
 * dev.tarsier.runtime.inference.ProviderFallback}) and the cache folder is named after the model's
 * hash.
 */
package dev.tarsier.runtime.inference;
