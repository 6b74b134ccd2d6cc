package dev.tarsier.runtime.inference;

import dev.tarsier.runtime.model.Sha256;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A program that computes networks, such as ONNX Runtime. Another one, such as TensorRT by itself
 * or a fake in a test, is put in its place by giving it to {@link InferenceSession#open}. Any
 * thread may call.
 */
public interface InferenceEngine {
  /** Its name, as people know it. */
  String name();

  /** Its version. */
  String version();

  /**
   * Why a provider cannot work here whatever the network, such as one that is not in this build;
   * empty where it may work.
   *
   * @param provider which
   */
  default Optional<String> lacks(Provider provider) {
    return Optional.empty();
  }

  /**
   * Makes a network ready to run.
   *
   * @param model whose bytes are not modified
   * @param step what is to compute it, in which precision
   * @param options how; the providers in it are looked at for a plug-in's library only
   * @param built where what {@linkplain SessionOptions#builds is built} lies, or is to be put while
   *     this call lasts; null for other steps
   * @return owned by the caller
   * @throws InferenceException when it cannot; the message is the reason, in one line
   */
  LoadedNetwork load(Model model, ProviderStep step, SessionOptions options, Path built)
      throws InferenceException;

  /**
   * Makes a network ready to run in single precision, by a provider that builds nothing.
   *
   * @param model whose bytes are not modified
   * @param provider what is to compute it
   * @param options how; the providers in it are not looked at
   * @return owned by the caller
   * @throws InferenceException when it cannot; the message is the reason, in one line
   */
  default LoadedNetwork load(Model model, Provider provider, SessionOptions options)
      throws InferenceException {
    return load(model, new ProviderStep(provider, Precision.FP32), options, null);
  }

  /** Tensors of all its networks that this process has made and not freed yet. */
  long liveTensors();

  /** The engine of the product. */
  static InferenceEngine usual() {
    return OnnxRuntime.ENGINE;
  }

  /**
   * A network as a file has it.
   *
   * @param bytes of the file, ONNX; direct, from 0 to its limit
   * @param sha256 of the bytes, lower-case hexadecimal; what is cached is named after it
   */
  record Model(ByteBuffer bytes, String sha256) {
    /** A network that is in no file. */
    public static Model of(byte[] bytes) {
      ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
      return new Model(direct, Sha256.of(bytes));
    }
  }
}
