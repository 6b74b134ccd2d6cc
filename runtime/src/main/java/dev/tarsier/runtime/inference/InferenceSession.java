package dev.tarsier.runtime.inference;

import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.task.Plane;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A bundle's network ready to run, with its tensors pinned to direct buffers: fill {@link #input},
 * {@link #run}, read {@link #planes}.
 *
 * <p>Owned by one thread: engines keep memory for each thread that runs a network.
 */
public final class InferenceSession implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(InferenceSession.class);

  private final LoadedNetwork network;
  private final Provider provider;
  private final List<ProviderFallback> fallbacks;
  private final ByteBuffer input;
  private final Map<String, Plane> planes = new LinkedHashMap<>();

  private InferenceSession(
      LoadedNetwork network,
      Provider provider,
      List<ProviderFallback> fallbacks,
      BundleManifest manifest)
      throws InferenceException {
    this.network = network;
    this.provider = provider;
    this.fallbacks = List.copyOf(fallbacks);
    input = network.tensor(manifest.input().name());
    for (Map.Entry<String, BundleManifest.Output> each : manifest.outputs().entrySet()) {
      BundleManifest.Output output = each.getValue();
      ByteBuffer memory = network.tensor(output.tensor());
      planes.put(each.getKey(), Plane.over(output.kind(), output.width(), output.height(), memory));
    }
  }

  /**
   * Opens a session of the product's engine on the first provider that works.
   *
   * @param bundle verified. Not modified.
   * @param options how to run it
   * @throws BundleException when the network is no ONNX or does not match the manifest
   * @throws InferenceException when no provider works, with the reason of each
   */
  public static InferenceSession open(Bundle bundle, SessionOptions options)
      throws BundleException, InferenceException {
    return open(bundle, options, InferenceEngine.usual());
  }

  /**
   * Opens a session on the first provider that works.
   *
   * @param bundle verified. Not modified.
   * @param options how to run it
   * @param engine what runs it
   * @throws BundleException when the network is no ONNX or does not match the manifest
   * @throws InferenceException when no provider works, with the reason of each
   */
  public static InferenceSession open(Bundle bundle, SessionOptions options, InferenceEngine engine)
      throws BundleException, InferenceException {
    InferenceEngine.Model model =
        new InferenceEngine.Model(bundle.readModel(), bundle.modelSha256());
    List<ProviderFallback> fallbacks = new ArrayList<>();
    InferenceException last = null;
    for (Provider provider : options.providers().order()) {
      LoadedNetwork network;
      try {
        network = engine.load(model, provider, options);
      } catch (InferenceException e) {
        if (provider == Provider.CPU) {
          throw new BundleException(
              bundle.modelFile()
                  + " cannot be loaded as an ONNX model: "
                  + e.getMessage()
                  + "; export the bundle again with this version of the product",
              e);
        }
        last = e;
        ProviderFallback fallback = new ProviderFallback(provider, e.getMessage());
        fallbacks.add(fallback);
        if (options.providers().wanted()) {
          LOG.warn("provider {}", fallback);
        } else {
          LOG.info("provider {}", fallback);
        }
        continue;
      }
      try {
        checkShapes(network, bundle);
        InferenceSession opened =
            new InferenceSession(network, provider, fallbacks, bundle.manifest());
        LOG.info("model {} runs on {}", bundle.manifest().name(), provider.id());
        return opened;
      } catch (InferenceException e) {
        network.close();
        throw new InferenceException(bundle.modelFile() + ": " + e.getMessage(), e);
      } catch (BundleException e) {
        network.close();
        throw e;
      }
    }
    throw new InferenceException(
        "no provider works ("
            + fallbacks.stream().map(ProviderFallback::toString).collect(Collectors.joining("; "))
            + "); allow a fallback, or see 'tarsier doctor' for what this machine lacks",
        last);
  }

  private static void checkShapes(LoadedNetwork network, Bundle bundle) throws BundleException {
    BundleManifest manifest = bundle.manifest();
    BundleManifest.Input in = manifest.input();
    Map<String, TensorSpec> inputs = network.inputs();
    check(bundle, "input", inputs, in.name(), TensorSpec.uint8(1, in.height(), in.width(), 3));
    if (inputs.size() != 1) {
      throw mismatch(bundle, "has inputs " + inputs.keySet() + " where one is expected");
    }
    Map<String, TensorSpec> outputs = network.outputs();
    for (BundleManifest.Output output : manifest.outputs().values()) {
      TensorSpec spec =
          new TensorSpec(
              output.kind().isIds() ? TensorSpec.UINT8 : TensorSpec.FLOAT, output.shape());
      check(bundle, "output", outputs, output.tensor(), spec);
    }
  }

  private static void check(
      Bundle bundle, String what, Map<String, TensorSpec> specs, String name, TensorSpec said)
      throws BundleException {
    TensorSpec spec = specs.get(name);
    if (spec == null) {
      throw mismatch(
          bundle,
          "has no %s '%s' (it has %s)"
              .formatted(what, name, specs.keySet().stream().sorted().toList()));
    }
    if (!spec.equals(said)) {
      throw mismatch(
          bundle, "%s '%s' is %s where the manifest says %s".formatted(what, name, spec, said));
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
    try {
      network.run();
    } catch (InferenceException e) {
      throw new InferenceException(
          "the network failed on " + provider.id() + ": " + e.getMessage(), e);
    }
  }

  /**
   * What a head gave in the last run: the same object at each call. Owned by the session.
   *
   * @param head id of one that the bundle has
   */
  public Plane plane(String head) {
    return planes.get(head);
  }

  /** What each head gave in the last run, by id, in the bundle's order. Owned by the session. */
  public Map<String, Plane> planes() {
    return Collections.unmodifiableMap(planes);
  }

  /** What computes. */
  public Provider provider() {
    return provider;
  }

  /** The providers that were tried before it, each with its reason. */
  public List<ProviderFallback> fallbacks() {
    return fallbacks;
  }

  @Override
  public void close() {
    network.close();
  }
}
