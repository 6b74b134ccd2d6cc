package dev.tarsier.runtime.inference;

import dev.tarsier.runtime.inference.ProvenSession.BuildListener;
import dev.tarsier.runtime.inference.ProvenSession.Building;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.task.Plane;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A bundle's network ready to run, with its tensors pinned to direct buffers: fill {@link #input},
 * {@link #run}, read {@link #planes}.
 *
 * <p>Owned by one thread: engines keep memory for each thread that runs a network.
 */
public final class InferenceSession implements AutoCloseable {
  private final LoadedNetwork network;
  private final ProviderStep step;
  private final ByteBuffer input;
  private final Map<String, Plane> planes = new LinkedHashMap<>();
  private List<ProviderFallback> fallbacks = List.of();
  private String threads = "";

  private InferenceSession(LoadedNetwork network, ProviderStep step, BundleManifest manifest)
      throws InferenceException {
    this.network = network;
    this.step = step;
    input = network.tensor(manifest.input().name());
    for (Map.Entry<String, BundleManifest.Output> each : manifest.outputs().entrySet()) {
      BundleManifest.Output output = each.getValue();
      ByteBuffer memory = network.tensor(output.tensor());
      planes.put(each.getKey(), Plane.over(output.kind(), output.width(), output.height(), memory));
    }
  }

  /**
   * Opens a session of the product's engine on the first provider that loads the network; the
   * golden frames are not run, so this is for bundles that have none yet. Others use {@link
   * ProvenSession#open}.
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
   * The same with another engine.
   *
   * @param bundle verified. Not modified.
   * @param options how to run it
   * @param engine what runs it
   * @throws BundleException when the network is no ONNX or does not match the manifest
   * @throws InferenceException when no provider works, with the reason of each
   */
  public static InferenceSession open(Bundle bundle, SessionOptions options, InferenceEngine engine)
      throws BundleException, InferenceException {
    return new ProviderLadder(
            bundle,
            options,
            options.steps(),
            engine,
            NvidiaMachine.here(),
            ThreadChoice.here(),
            Building.NOW,
            BuildListener.NONE)
        .untested();
  }

  /**
   * A session over a network that is loaded; closes it where that is another than the bundle's.
   *
   * @param network owned by the session from here on
   */
  static InferenceSession over(LoadedNetwork network, ProviderStep step, Bundle bundle)
      throws BundleException, InferenceException {
    boolean fit = false;
    try {
      checkShapes(network, bundle);
      InferenceSession opened = new InferenceSession(network, step, bundle.manifest());
      fit = true;
      return opened;
    } finally {
      if (!fit) {
        network.close();
      }
    }
  }

  /** Which steps were tried before. */
  void triedBefore(List<ProviderFallback> before) {
    fallbacks = List.copyOf(before);
  }

  /** How many threads of the processor compute, and why so many. */
  void hasThreads(String words) {
    threads = words;
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
          bundle,
          "has the %s '%s' as %s where the manifest says %s".formatted(what, name, spec, said));
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
      throw new InferenceException("the network failed on " + step + ": " + e.getMessage(), e);
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
    return step.provider();
  }

  /** What computes, and in which precision. */
  public ProviderStep step() {
    return step;
  }

  /**
   * How many threads of the processor compute, with the reason; empty where the number was given,
   * or another provider computes.
   */
  public String threads() {
    return threads;
  }

  /** The steps that were tried before it, each with its reason. */
  public List<ProviderFallback> fallbacks() {
    return fallbacks;
  }

  @Override
  public void close() {
    network.close();
  }
}
