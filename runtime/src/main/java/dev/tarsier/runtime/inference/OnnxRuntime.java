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
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** ONNX Runtime, on the processor, by CUDA, or by its TensorRT provider. */
final class OnnxRuntime implements InferenceEngine {
  static final OnnxRuntime ENGINE = new OnnxRuntime();

  private static final Logger LOG = LoggerFactory.getLogger(OnnxRuntime.class);

  /** Of all networks; counted when one opens and closes, not when it runs. */
  private static final AtomicLong TENSORS = new AtomicLong();

  private OnnxRuntime() {}

  @Override
  public long liveTensors() {
    return TENSORS.get();
  }

  @Override
  public String name() {
    return "ONNX Runtime";
  }

  @Override
  public String version() {
    return EngineStart.environment().getVersion();
  }

  @Override
  public Optional<String> lacks(Provider provider) {
    EngineStart.environment();
    return provider == Provider.PLUGIN
            || OrtEnvironment.getAvailableProviders().stream()
                .anyMatch(available -> available.name().replace("_", "").equals(provider.name()))
        ? Optional.empty()
        : Optional.of(
            "not in this build of ONNX Runtime (docs/jetson.md says how to get it on a Jetson; on a PC"
                + " build Tarsier from its sources with -Pgpu)");
  }

  @Override
  public LoadedNetwork load(Model model, ProviderStep step, SessionOptions options, Path built)
      throws InferenceException {
    EngineStart.environment(); // before all other classes of ONNX Runtime, which load it too
    try {
      return new Network(create(model, step, options, built));
    } catch (OrtException e) {
      throw new InferenceException(oneLine(e), e);
    }
  }

  private static OrtSession create(
      Model model, ProviderStep step, SessionOptions options, Path built)
      throws OrtException, InferenceException {
    try (OrtSession.SessionOptions ort = new OrtSession.SessionOptions()) {
      ort.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      ort.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
      ort.setIntraOpNumThreads(
          options.threads() == SessionOptions.MEASURED
              ? SessionOptions.defaultThreads()
              : options.threads());
      ort.setInterOpNumThreads(1);
      ort.setCPUArenaAllocator(true);
      ort.setMemoryPatternOptimization(true);
      ort.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
      // Idle workers that spin would take processor time from the rest of the robot.
      ort.addConfigEntry("session.intra_op.allow_spinning", "0");
      if (step.provider() == Provider.PLUGIN) {
        ProviderPlugin plugin =
            ProviderPlugin.registered(options.providers().plugin().orElseThrow());
        ort.addExecutionProvider(plugin.devices(), plugin.options(options, built));
      }
      if (step.provider() == Provider.TENSORRT) {
        try (OrtTensorRTProviderOptions trt = new OrtTensorRTProviderOptions(0)) {
          for (Map.Entry<String, String> each :
              tensorRt(options.tensorRt(), step.precision(), built).entrySet()) {
            trt.add(each.getKey(), each.getValue());
          }
          ort.addTensorrt(trt);
        }
      }
      if (step.provider() == Provider.TENSORRT || step.provider() == Provider.CUDA) {
        // TensorRT hands the operators that it lacks to CUDA.
        try (OrtCUDAProviderOptions cuda = new OrtCUDAProviderOptions(0)) {
          ort.addCUDA(cuda);
        }
      }
      return EngineStart.environment().createSession(model.bytes().duplicate(), ort);
    }
  }

  /** What ONNX Runtime's TensorRT provider is told. */
  static Map<String, String> tensorRt(TensorRtOptions settings, Precision precision, Path built)
      throws InferenceException {
    boolean half = precision == Precision.FP16;
    Map<String, String> options = new LinkedHashMap<>();
    options.put("trt_engine_cache_enable", "1");
    options.put("trt_engine_cache_path", built.toString());
    options.put("trt_fp16_enable", flag(half));
    options.put("trt_layer_norm_fp32_fallback", flag(half && settings.fp32LayerNorm()));
    options.put("trt_builder_optimization_level", Integer.toString(settings.optimizationLevel()));
    options.put("trt_cuda_graph_enable", flag(settings.cudaGraph()));
    options.put("trt_timing_cache_enable", flag(settings.timingCache()));
    if (settings.timingCache()) {
      Path timings = EngineCache.timings(built);
      try {
        options.put("trt_timing_cache_path", Files.createDirectories(timings).toString());
      } catch (IOException e) {
        throw new InferenceException(
            "%s cannot be made (%s); set ~tensorrt/cache (--tensorrt cache=DIR) to a folder of your own"
                .formatted(timings, e),
            e);
      }
    }
    if (settings.workspaceMb() > 0) {
      options.put("trt_max_workspace_size", Long.toString((long) settings.workspaceMb() << 20));
    }
    return options;
  }

  private static String flag(boolean on) {
    return on ? "1" : "0";
  }

  static String oneLine(Throwable e) {
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
      TENSORS.incrementAndGet();
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
      for (Map<String, OnnxTensor> each : List.of(inputs, outputs)) {
        each.values().forEach(OnnxTensor::close);
        TENSORS.addAndGet(-each.size());
        each.clear();
      }
      try {
        session.close();
      } catch (OrtException e) {
        LOG.warn("closing the session: {}", oneLine(e));
      }
    }
  }
}
