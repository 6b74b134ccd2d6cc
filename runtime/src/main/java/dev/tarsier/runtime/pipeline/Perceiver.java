package dev.tarsier.runtime.pipeline;

import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.inference.InferenceSession;
import dev.tarsier.runtime.inference.Provider;
import dev.tarsier.runtime.inference.ProviderFallback;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SelfTest;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.tensor.ImageToTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;
import java.util.zip.CRC32;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Perceives one frame at a time, on the caller's thread. Used as it is by replay, demo and
 * evaluation, and by {@link PerceptionPipeline} on the robot. Owned by one thread.
 */
public final class Perceiver implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Perceiver.class);

  private final Bundle bundle;
  private final InferenceSession session;
  private final ImageToTensor toTensor;
  private final Scene scene;
  private final TimeSource time;
  private final List<Plane> planes = new ArrayList<>();
  private final List<ToIntFunction<Plane>> unusable = new ArrayList<>();
  private final SelfTest selfTest;
  private final CRC32 checksum = new CRC32();

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
    this.bundle = bundle;
    this.time = time;
    this.session = InferenceSession.open(bundle, options);
    this.selfTest = testedOrClosed(bundle, session);
    this.toTensor =
        new ImageToTensor(bundle.manifest().input().height(), bundle.manifest().input().width());
    this.scene = new Scene(bundle, session.provider(), session.planes());
    for (Head head : scene.heads()) {
      planes.add(session.plane(head.id()));
      unusable.add(head.kind().accept(UnusableValues.COUNT));
    }
  }

  private static SelfTest testedOrClosed(Bundle bundle, InferenceSession session)
      throws BundleException, InferenceException {
    boolean fit = false;
    try {
      SelfTest test = SelfTest.run(session, bundle);
      Optional<String> failure = test.failure();
      if (failure.isPresent()) {
        throw new BundleException(
            "%s is refused on %s: %s; the network is another than its bundle says, or the provider computes wrongly: export the bundle again, or choose another provider"
                .formatted(bundle.folder(), test.provider().id(), failure.get()));
      }
      if (test.golden()) {
        LOG.info("{}: {}", bundle.manifest().name(), test.summary());
      } else {
        LOG.warn("{}: {}", bundle.manifest().name(), test.summary());
      }
      fit = true;
      return test;
    } finally {
      if (!fit) {
        session.close();
      }
    }
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

  /** What the golden frames showed at the start. */
  public SelfTest selfTest() {
    return selfTest;
  }

  /** The providers that were tried before it, each with its reason. */
  public List<ProviderFallback> fallbacks() {
    return session.fallbacks();
  }

  @Override
  public void close() {
    toTensor.close();
    session.close();
  }
}
