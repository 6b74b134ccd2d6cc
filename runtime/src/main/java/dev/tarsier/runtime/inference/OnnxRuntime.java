package dev.tarsier.runtime.inference;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import ai.onnxruntime.providers.OrtTensorRTProviderOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** ONNX Runtime, on the processor, by CUDA, or by its TensorRT provider. */
final class OnnxRuntime implements InferenceEngine {
  static final OnnxRuntime ENGINE = new OnnxRuntime();

  private static final Logger LOG = LoggerFactory.getLogger(OnnxRuntime.class);

  private OnnxRuntime() {}

  @Override
  public String name() {
    return "ONNX Runtime";
  }

  @Override
  public String version() {
    return EngineStart.environment().getVersion();
  }

  @Override
  public LoadedNetwork load(Model model, Provider provider, SessionOptions options)
      throws InferenceException {
    EngineStart.environment(); // before all other classes of ONNX Runtime, which load it too
    try {
      return new Network(create(model, provider, options));
    } catch (OrtException e) {
      throw new InferenceException(reason(provider, e), e);
    }
  }

  private static OrtSession create(Model model, Provider provider, SessionOptions options)
      throws OrtException, InferenceException {
    try (OrtSession.SessionOptions ort = new OrtSession.SessionOptions()) {
      ort.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      ort.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
      ort.setIntraOpNumThreads(options.threads());
      ort.setInterOpNumThreads(1);
      ort.setCPUArenaAllocator(true);
      ort.setMemoryPatternOptimization(true);
      ort.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
      // Idle workers that spin would take processor time from the rest of the robot.
      ort.addConfigEntry("session.intra_op.allow_spinning", "0");
      if (provider == Provider.TENSORRT) {
        try (OrtTensorRTProviderOptions trt = new OrtTensorRTProviderOptions(0)) {
          String folder = engineFolder(model, options).toString();
          trt.add("trt_engine_cache_enable", "1");
          trt.add("trt_engine_cache_path", folder);
          trt.add("trt_timing_cache_enable", "1");
          trt.add("trt_timing_cache_path", folder);
          trt.add("trt_fp16_enable", options.halfPrecision() ? "1" : "0");
          ort.addTensorrt(trt);
        }
      }
      if (provider != Provider.CPU) {
        // TensorRT hands the operators that it lacks to CUDA.
        try (OrtCUDAProviderOptions cuda = new OrtCUDAProviderOptions(0)) {
          ort.addCUDA(cuda);
        }
      }
      return EngineStart.environment().createSession(model.bytes().duplicate(), ort);
    }
  }

  /**
   * Where TensorRT keeps the engines of one model: named after all that an engine depends on, since
   * its own cache key does not cover the weights.
   */
  static Path engineFolder(Model model, SessionOptions options) throws InferenceException {
    Path folder =
        options
            .engineCache()
            .resolve(model.sha256())
            .resolve(
                "tensorrt-ort%s-%s"
                    .formatted(ENGINE.version(), options.halfPrecision() ? "fp16" : "fp32"));
    try {
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw new InferenceException("engine cache " + folder + " cannot be made: " + e, e);
    }
  }

  private static String reason(Provider provider, OrtException e) {
    if (e.getCode() == OrtException.OrtErrorCode.ORT_EP_FAIL
        && !OrtEnvironment.getAvailableProviders().stream()
            .anyMatch(available -> available.name().replace("_", "").equals(provider.name()))) {
      return "not in this build of ONNX Runtime (build with -Pgpu; on Jetson see docs/jetson.md)";
    }
    return oneLine(e);
  }

  private static String oneLine(Throwable e) {
    return String.valueOf(e.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ");
  }

  /** A session with its pinned tensors. A run allocates a few hundred bytes. */
  private static final class Network implements LoadedNetwork {
    private final OrtSession session;
    private final Map<String, TensorSpec> inputSpecs;
    private final Map<String, TensorSpec> outputSpecs;
    private final Map<String, ByteBuffer> memory = new LinkedHashMap<>();
    private final Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    private final Map<String, OnnxTensor> outputs = new LinkedHashMap<>();

    Network(OrtSession session) throws OrtException {
      this.session = session;
      inputSpecs = specs(session.getInputInfo());
      outputSpecs = specs(session.getOutputInfo());
    }

    private static Map<String, TensorSpec> specs(Map<String, NodeInfo> nodes) {
      Map<String, TensorSpec> specs = new LinkedHashMap<>();
      nodes.forEach(
          (name, node) ->
              specs.put(
                  name,
                  node.getInfo() instanceof TensorInfo tensor
                      ? new TensorSpec(
                          tensor.type.name(), Arrays.stream(tensor.getShape()).boxed().toList())
                      : new TensorSpec("no tensor", List.of())));
      return specs;
    }

    @Override
    public Map<String, TensorSpec> inputs() {
      return inputSpecs;
    }

    @Override
    public Map<String, TensorSpec> outputs() {
      return outputSpecs;
    }

    @Override
    public ByteBuffer tensor(String name) throws InferenceException {
      ByteBuffer known = memory.get(name);
      if (known != null) {
        return known.clear();
      }
      boolean input = inputSpecs.containsKey(name);
      TensorSpec spec = input ? inputSpecs.get(name) : outputSpecs.get(name);
      long[] shape = spec.shape().stream().mapToLong(Long::longValue).toArray();
      ByteBuffer bytes =
          ByteBuffer.allocateDirect(spec.byteLength()).order(ByteOrder.LITTLE_ENDIAN);
      OrtEnvironment environment = EngineStart.environment();
      try {
        (input ? inputs : outputs)
            .put(
                name,
                spec.type().equals(TensorSpec.FLOAT)
                    ? OnnxTensor.createTensor(environment, bytes.asFloatBuffer(), shape)
                    : OnnxTensor.createTensor(environment, bytes, shape, OnnxJavaType.UINT8));
      } catch (OrtException e) {
        throw new InferenceException("tensor '%s': %s".formatted(name, oneLine(e)), e);
      }
      memory.put(name, bytes);
      return bytes;
    }

    @Override
    public void run() throws InferenceException {
      try (OrtSession.Result result = session.run(inputs, outputs)) {
        if (result.size() != outputs.size()) {
          throw new IllegalStateException(
              "the engine gave %d outputs for %d pinned ones"
                  .formatted(result.size(), outputs.size()));
        }
      } catch (OrtException e) {
        throw new InferenceException(oneLine(e), e);
      }
    }

    @Override
    public void close() {
      inputs.values().forEach(OnnxTensor::close);
      outputs.values().forEach(OnnxTensor::close);
      try {
        session.close();
      } catch (OrtException e) {
        LOG.warn("closing the session: {}", oneLine(e));
      }
    }
  }
}
