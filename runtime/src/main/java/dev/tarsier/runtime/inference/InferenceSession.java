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
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A network ready to run, with its tensors pinned to direct buffers: fill {@link #input}, {@link
 * #run}, read {@link #classIds} and {@link #depthMetres}. A run allocates a few hundred bytes.
 *
 * <p>Owned by one thread: ONNX Runtime keeps GPU memory for each thread that runs it.
 */
public final class InferenceSession implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(InferenceSession.class);

  private final OrtSession session;
  private final Provider provider;
  private final List<ProviderFallback> fallbacks;
  private final ByteBuffer input;
  private final ByteBuffer classIds;
  private final ByteBuffer depthBytes;
  private final FloatBuffer depthMetres;
  private final List<OnnxTensor> tensors = new ArrayList<>();
  private final Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
  private final Map<String, OnnxTensor> outputs = new LinkedHashMap<>();

  private InferenceSession(
      OrtSession session,
      Provider provider,
      List<ProviderFallback> fallbacks,
      BundleManifest manifest)
      throws OrtException {
    this.session = session;
    this.provider = provider;
    this.fallbacks = List.copyOf(fallbacks);
    OrtEnvironment environment = EngineStart.environment();
    BundleManifest.Input in = manifest.input();
    input = direct(in.byteLength());
    inputs.put(
        in.name(),
        keep(
            OnnxTensor.createTensor(
                environment,
                input,
                new long[] {1, in.height(), in.width(), 3},
                OnnxJavaType.UINT8)));
    BundleManifest.Head classes = manifest.outputs().classes();
    classIds = direct(classes == null ? 0 : classes.height() * classes.width());
    if (classes != null) {
      long[] shape = {1, classes.height(), classes.width()};
      outputs.put(
          classes.name(),
          keep(OnnxTensor.createTensor(environment, classIds, shape, OnnxJavaType.UINT8)));
    }
    BundleManifest.Head depth = manifest.outputs().depth();
    depthBytes = direct(depth == null ? 0 : Float.BYTES * depth.height() * depth.width());
    depthMetres = depthBytes.asFloatBuffer();
    if (depth != null) {
      long[] shape = {1, depth.height(), depth.width()};
      outputs.put(depth.name(), keep(OnnxTensor.createTensor(environment, depthMetres, shape)));
    }
  }

  /**
   * Opens a session on the first provider that works.
   *
   * @param bundle verified. Not modified.
   * @param options how to run it
   * @throws BundleException when the network is no ONNX or does not match the manifest
   * @throws InferenceException when no provider works, with the reason of each
   */
  public static InferenceSession open(Bundle bundle, SessionOptions options)
      throws BundleException, InferenceException {
    ByteBuffer model = bundle.readModel();
    EngineStart.environment(); // before all other classes of ONNX Runtime, which load it too
    List<ProviderFallback> fallbacks = new ArrayList<>();
    OrtException last = null;
    for (Provider provider : options.providers().order()) {
      OrtSession session;
      try {
        session = create(model, provider, bundle, options);
      } catch (OrtException e) {
        if (provider == Provider.CPU) {
          throw new BundleException(
              bundle.modelFile()
                  + " cannot be loaded as an ONNX model: "
                  + oneLine(e)
                  + "; export the bundle again with this version of the product",
              e);
        }
        last = e;
        ProviderFallback fallback = new ProviderFallback(provider, reason(provider, e));
        fallbacks.add(fallback);
        if (options.providers().wanted()) {
          LOG.warn("provider {}", fallback);
        } else {
          LOG.info("provider {}", fallback);
        }
        continue;
      }
      try {
        checkShapes(session, bundle);
        InferenceSession opened =
            new InferenceSession(session, provider, fallbacks, bundle.manifest());
        LOG.info("model {} runs on {}", bundle.manifest().name(), provider.id());
        return opened;
      } catch (OrtException e) {
        close(session);
        throw new InferenceException("tensors for " + bundle.modelFile() + ": " + oneLine(e), e);
      } catch (BundleException e) {
        close(session);
        throw e;
      }
    }
    throw new InferenceException(
        "no provider works ("
            + fallbacks.stream().map(ProviderFallback::toString).collect(Collectors.joining("; "))
            + "); allow a fallback, or see 'tarsier doctor' for what this machine lacks",
        last);
  }

  private static OrtSession create(
      ByteBuffer model, Provider provider, Bundle bundle, SessionOptions options)
      throws OrtException {
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
          String folder = engineFolder(bundle, options).toString();
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
      return EngineStart.environment().createSession(model.duplicate(), ort);
    }
  }

  /**
   * Where TensorRT keeps the engines of one model: named after all that an engine depends on, since
   * its own cache key does not cover the weights.
   */
  static Path engineFolder(Bundle bundle, SessionOptions options) throws OrtException {
    Path folder =
        options
            .engineCache()
            .resolve(bundle.modelSha256())
            .resolve(
                "tensorrt-ort%s-%s"
                    .formatted(
                        EngineStart.environment().getVersion(),
                        options.halfPrecision() ? "fp16" : "fp32"));
    try {
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw new OrtException("engine cache " + folder + " cannot be made: " + e);
    }
  }

  private static void checkShapes(OrtSession session, Bundle bundle)
      throws OrtException, BundleException {
    BundleManifest manifest = bundle.manifest();
    BundleManifest.Input in = manifest.input();
    Map<String, NodeInfo> inputs = session.getInputInfo();
    check(
        bundle,
        "input",
        inputs,
        in.name(),
        OnnxJavaType.UINT8,
        new long[] {1, in.height(), in.width(), 3});
    if (inputs.size() != 1) {
      throw mismatch(bundle, "has inputs " + inputs.keySet() + " where one is expected");
    }
    Map<String, NodeInfo> outputs = session.getOutputInfo();
    BundleManifest.Head classes = manifest.outputs().classes();
    if (classes != null) {
      long[] shape = {1, classes.height(), classes.width()};
      check(bundle, "output", outputs, classes.name(), OnnxJavaType.UINT8, shape);
    }
    BundleManifest.Head depth = manifest.outputs().depth();
    if (depth != null) {
      long[] shape = {1, depth.height(), depth.width()};
      check(bundle, "output", outputs, depth.name(), OnnxJavaType.FLOAT, shape);
    }
  }

  private static void check(
      Bundle bundle,
      String what,
      Map<String, NodeInfo> nodes,
      String name,
      OnnxJavaType type,
      long[] shape)
      throws BundleException {
    NodeInfo node = nodes.get(name);
    if (node == null) {
      throw mismatch(
          bundle,
          "has no %s '%s' (it has %s)"
              .formatted(what, name, nodes.keySet().stream().sorted().toList()));
    }
    if (!(node.getInfo() instanceof TensorInfo tensor)) {
      throw mismatch(bundle, what + " '" + name + "' is no tensor");
    }
    if (tensor.type != type || !Arrays.equals(tensor.getShape(), shape)) {
      throw mismatch(
          bundle,
          "%s '%s' is %s%s where the manifest says %s%s"
              .formatted(
                  what,
                  name,
                  tensor.type,
                  Arrays.toString(tensor.getShape()),
                  type,
                  Arrays.toString(shape)));
    }
  }

  private static BundleException mismatch(Bundle bundle, String what) {
    return new BundleException(
        "%s does not match %s: it %s; export the bundle again"
            .formatted(bundle.modelFile(), BundleManifest.FILE, what));
  }

  /** What fills the next run: uint8 [1,H,W,3], RGB. Owned by the session; position 0. */
  public ByteBuffer input() {
    input.clear();
    return input;
  }

  /**
   * Runs the network on what {@link #input} holds.
   *
   * @throws InferenceException when the engine fails; the outputs are then undefined
   */
  public void run() throws InferenceException {
    try (OrtSession.Result result = session.run(inputs, outputs)) {
      if (result.size() != outputs.size()) {
        throw new IllegalStateException(
            "the engine gave %d outputs for %d pinned ones"
                .formatted(result.size(), outputs.size()));
      }
    } catch (OrtException e) {
      throw new InferenceException("the network failed on " + provider.id() + ": " + oneLine(e), e);
    }
  }

  /** Class ids uint8 [h,w] of the last run; empty without that head. Owned by the session. */
  public ByteBuffer classIds() {
    classIds.clear();
    return classIds;
  }

  /**
   * Depth float32 [h,w] in metres of the last run; empty without that head. Owned by the session.
   */
  public FloatBuffer depthMetres() {
    depthMetres.clear();
    return depthMetres;
  }

  /** The bytes behind {@link #depthMetres}, little endian. Owned by the session. */
  public ByteBuffer depthBytes() {
    depthBytes.clear();
    return depthBytes;
  }

  /** Whether a depth is one that a surface can have: finite and more than 0. */
  public static boolean isKnownDepth(float metres) {
    return metres > 0 && metres < Float.POSITIVE_INFINITY;
  }

  /** What computes. */
  public Provider provider() {
    return provider;
  }

  /** The providers that were tried before it, each with its reason. */
  public List<ProviderFallback> fallbacks() {
    return fallbacks;
  }

  /** Version of ONNX Runtime. */
  public static String engineVersion() {
    return EngineStart.environment().getVersion();
  }

  @Override
  public void close() {
    tensors.forEach(OnnxTensor::close);
    close(session);
  }

  private OnnxTensor keep(OnnxTensor tensor) {
    tensors.add(tensor);
    return tensor;
  }

  private static void close(OrtSession session) {
    try {
      session.close();
    } catch (OrtException e) {
      LOG.warn("closing the session: {}", oneLine(e));
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

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
