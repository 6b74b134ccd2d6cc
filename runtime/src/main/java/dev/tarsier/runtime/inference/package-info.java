/**
 * The network: uint8 [1,H,W,3] in, class ids and metric depth out, on the best provider there is;
 * before it is used it is compared with its bundle's golden frames ({@link
 * dev.tarsier.runtime.inference.SelfTest}).
 *
 * <pre>
 *   bundle ─→ InferenceSession ─→ InferenceEngine.load ─→ LoadedNetwork (pinned tensors, run)
 *                                  └ OnnxRuntime, the only one; nobody else touches its classes
 * </pre>
 *
 * <p>Another engine implements {@link dev.tarsier.runtime.inference.InferenceEngine} and {@link
 * dev.tarsier.runtime.inference.LoadedNetwork} and is given to {@link
 * dev.tarsier.runtime.inference.InferenceSession#open(dev.tarsier.runtime.model.Bundle,
 * dev.tarsier.runtime.inference.SessionOptions, dev.tarsier.runtime.inference.InferenceEngine)}.
 *
 * <p>Traps: ONNX Runtime falls back to the CPU in silence and its TensorRT engine cache does not
 * know the weights; here every fallback has its reason ({@link
 * dev.tarsier.runtime.inference.ProviderFallback}) and the cache folder is named after the model's
 * hash. ONNX Runtime 1.29 crashes the process while it loads when the command line is longer than 4
 * KB, as a class path in {@code -cp} easily is: start Java with the class path in the environment
 * variable {@code CLASSPATH}, as the launchers do.
 */
package dev.tarsier.runtime.inference;
