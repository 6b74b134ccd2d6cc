package dev.tarsier.runtime.pipeline;

import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.inference.InferenceEngine;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.inference.InferenceSession;
import dev.tarsier.runtime.inference.ProvenSession;
import dev.tarsier.runtime.inference.Provider;
import dev.tarsier.runtime.inference.ProviderFallback;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.ProviderStep;
import dev.tarsier.runtime.inference.SelfTest;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.tensor.ImageToTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.zip.CRC32;

/**
 * Perceives one frame at a time, on the caller's thread. Used as it is by replay, demo and
 * evaluation, and by {@link PerceptionPipeline} on the robot. Owned by one thread.
 */
public final class Perceiver implements AutoCloseable {
  private final Bundle bundle;
  private final InferenceSession session;
  private final ImageToTensor toTensor;
  private final Scene scene;
  private final TimeSource time;
  private final List<Plane> planes = new ArrayList<>();
  private final List<ToIntFunction<Plane>> unusable = new ArrayList<>();
  private final SessionOptions options;
  private final InferenceEngine engine;
  private final ProvenSession proven;
  private final CRC32 checksum = new CRC32();
  private List<ProviderFallback> fallbacks;

  /**
   * Opens a session and compares what it gives with the bundle's golden frames.
   *
   * @param bundle verified. Not modified.
   * @param providers which to try
   * @param threads of the CPU provider
   * @throws BundleException when the network does not match its manifest or its golden frames
   * @throws InferenceException when no provider works
   */
  public Perceiver(Bundle bundle, ProviderPreference providers, int threads)
      throws BundleException, InferenceException {
    this(bundle, SessionOptions.of(providers).withThreads(threads), TimeSource.system());
  }

  /**
   * Opens a session and compares what it gives with the bundle's golden frames.
   *
   * @param bundle verified. Not modified.
   * @param options how to run it
   * @param time for the stages' durations
   * @throws BundleException when the network does not match its manifest or its golden frames
   * @throws InferenceException when no provider works
   */
  public Perceiver(Bundle bundle, SessionOptions options, TimeSource time)
      throws BundleException, InferenceException {
    this(
        bundle,
        options,
        time,
        InferenceEngine.usual(),
        ProvenSession.open(
            bundle,
            options,
            InferenceEngine.usual(),
            ProvenSession.Building.NOW,
            ProvenSession.BuildListener.NONE));
  }

  private Perceiver(
      Bundle bundle,
      SessionOptions options,
      TimeSource time,
      InferenceEngine engine,
      ProvenSession proven) {
    this.bundle = bundle;
    this.options = options;
    this.time = time;
    this.engine = engine;
    this.proven = proven;
    this.session = proven.session();
    this.fallbacks = session.fallbacks();
    this.toTensor =
        new ImageToTensor(bundle.manifest().input().height(), bundle.manifest().input().width());
    this.scene = new Scene(bundle, session.provider(), session.planes());
    for (Head head : scene.heads()) {
      planes.add(session.plane(head.id()));
      unusable.add(head.kind().accept(UnusableValues.COUNT));
    }
  }

  /**
   * Opens a session that serves at once: where engines of better steps have to be built first,
   * which takes minutes, the best step that needs none, and {@link #better} has the others.
   *
   * @param bundle verified. Not modified.
   * @param options how to run it
   * @param time for the stages' durations
   * @param engine what runs it
   * @throws BundleException when the network does not match its manifest or its golden frames
   * @throws InferenceException when no provider works
   */
  public static Perceiver serving(
      Bundle bundle, SessionOptions options, TimeSource time, InferenceEngine engine)
      throws BundleException, InferenceException {
    return new Perceiver(
        bundle,
        options,
        time,
        engine,
        ProvenSession.open(
            bundle,
            options,
            engine,
            ProvenSession.Building.LATER,
            ProvenSession.BuildListener.NONE));
  }

  /**
   * Builds what a {@linkplain #serving serving} one left out, on the calling thread, for minutes.
   *
   * @param listener hears of each build
   * @return of the same bundle, to be used instead; owned by the caller
   * @throws BundleException when a golden file is damaged, or only what was left out was refused
   * @throws InferenceException when none of what was left out works; with the reason of each
   */
  Perceiver better(ProvenSession.BuildListener listener)
      throws BundleException, InferenceException {
    ProvenSession built = ProvenSession.build(bundle, options, proven.unbuilt(), engine, listener);
    Perceiver better = new Perceiver(bundle, options, time, engine, built);
    List<ProviderStep> order = options.steps();
    List<ProviderFallback> before = new ArrayList<>();
    for (ProviderFallback each : fallbacks()) {
      if (!proven.unbuilt().contains(each.step())
          && order.indexOf(each.step()) < order.indexOf(better.step())) {
        before.add(each);
      }
    }
    before.addAll(better.fallbacks());
    better.fallbacks = List.copyOf(before);
    return better;
  }

  /** Better steps whose engines are to be built; empty where this is the best there is. */
  public List<ProviderStep> unbuilt() {
    return proven.unbuilt();
  }

  /**
   * Perceives a frame.
   *
   * @param frame not modified, not closed; needed only during the call
   * @return the perceiver's scene, valid until the next call
   * @throws RejectedFrameException when the frame cannot be used, or the engine failed on it
   */
  public Scene perceive(Frame frame) throws RejectedFrameException {
    scene.times().clear();
    long start = time.monotonicNanos();
    toTensor.run(frame, session.input());
    long decoded = time.monotonicNanos();
    scene.times().set(Stage.DECODE, decoded - start);
    try {
      session.run();
    } catch (InferenceException e) {
      throw new RejectedFrameException(DropReason.INFERENCE_FAILED, e.getMessage());
    }
    long inferred = time.monotonicNanos();
    scene.times().set(Stage.INFER, inferred - decoded);
    for (int i = 0; i < planes.size(); i++) {
      scene.count(i, unusable.get(i).applyAsInt(planes.get(i)));
    }
    scene.describe(frame, toTensor.imageWidth(), toTensor.imageHeight());
    scene.times().set(Stage.SCENE, time.monotonicNanos() - inferred);
    return scene;
  }

  /** CRC-32 of the last frame as the network saw it; equal images have equal checksums. */
  public long inputChecksum() {
    checksum.reset();
    checksum.update(session.input());
    return checksum.getValue();
  }

  /** The bundle that perceives. */
  public Bundle bundle() {
    return bundle;
  }

  /** What computes. */
  public Provider provider() {
    return session.provider();
  }

  /** What computes, and in which precision. */
  public ProviderStep step() {
    return session.step();
  }

  /** How many threads of the processor compute, and why; see {@link InferenceSession#threads}. */
  public String threads() {
    return session.threads();
  }

  /** Tensors of the engine's networks that are not freed yet, in the whole process. Any thread. */
  long liveTensors() {
    return engine.liveTensors();
  }

  /** What the golden frames showed at the start. */
  public SelfTest selfTest() {
    return proven.test();
  }

  /** The steps that were tried before it, each with its reason. */
  public List<ProviderFallback> fallbacks() {
    return fallbacks;
  }

  @Override
  public void close() {
    toTensor.close();
    session.close();
  }
}
