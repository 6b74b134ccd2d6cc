package dev.tarsier.runtime.pipeline;

import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import dev.tarsier.runtime.frame.FrameSlot;
import dev.tarsier.runtime.frame.Offer;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.health.HealthConditions;
import dev.tarsier.runtime.health.HealthMonitor;
import dev.tarsier.runtime.health.HealthReport;
import dev.tarsier.runtime.health.HealthState;
import dev.tarsier.runtime.inference.ProviderFallback;
import dev.tarsier.runtime.inference.ProviderStep;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.tensor.ImageToTensor;
import dev.tarsier.runtime.tensor.OpenCv;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Perception on a thread of its own: whoever receives images offers frames and goes on; the newest
 * one is perceived and given to the sink. Every frame that comes to nothing is counted with its
 * reason, each distinct failure is logged once, and nothing that a frame does ends the thread.
 * While the sink {@linkplain SceneSink#wanted wants} no scene, frames are counted and looked at for
 * health, and not perceived.
 *
 * <p>{@link #offer}, {@link #reject} and {@link #snapshot} may be called by any thread; the sink is
 * called on the pipeline's own.
 */
public final class PerceptionPipeline implements AutoCloseable, HealthConditions {
  private static final Logger LOG = LoggerFactory.getLogger(PerceptionPipeline.class);

  /** One frame filled, one waiting, one perceived. */
  private static final int FRAMES = 3;

  /**
   * A frame takes far less where nothing hangs; a robot's process is told to end within seconds.
   */
  private static final long END_MILLIS = 2_000;

  private static final String HUNG = "inference_hung";
  private static final long IDLE = Long.MIN_VALUE;
  private static final int DISTINCT_FAILURES = 100;

  private static final Pattern NUMBER = Pattern.compile("[0-9]+");
  private static final long WINDOW_NANOS = 1_000_000_000L;

  private static final Stage[] STAGES = Stage.values();

  /** Another one from the moment on when a better engine is built; set by the pipeline's thread. */
  private volatile Perceiver perceiver;

  private final Perceiver servedFirst;

  /** Null where nothing has to be built. */
  private final EngineBuild build;

  private final SceneSink sink;
  private final PipelineOptions options;
  private final TimeSource time;
  private final long startNanos;
  private final FramePool frames = new FramePool(FRAMES);
  private final FrameSlot slot = new FrameSlot();
  private final StageHistograms histograms = new StageHistograms();
  private final HealthMonitor health;
  private final OutputHealth outputs;
  private final FrameAges ages;

  /** Of images that are not perceived; only the perception thread. */
  private final CRC32 imageChecksum = new CRC32();

  private final Thread thread;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final AtomicBoolean perceiverClosed = new AtomicBoolean();
  private final AtomicLong busySince = new AtomicLong(IDLE);
  private final AtomicBoolean warm = new AtomicBoolean();
  private final AtomicBoolean hung = new AtomicBoolean();
  private final AtomicLong framesIn = new AtomicLong();
  private final AtomicLong framesOut = new AtomicLong();
  private final AtomicLong stampsWentBack = new AtomicLong();
  private final AtomicLong lastStamp = new AtomicLong(Long.MIN_VALUE);
  private final AtomicLong lastPublishedStamp = new AtomicLong();
  private final AtomicLong lastArrival = new AtomicLong(Long.MIN_VALUE);
  private final Map<DropReason, AtomicLong> drops = new EnumMap<>(DropReason.class);
  private final Set<String> logged = ConcurrentHashMap.newKeySet();

  /** Whether an image has been judged by its age: one that is rejected before tells nothing. */
  private volatile boolean ageCounted;

  private volatile Runnable providerChange = () -> {};

  /** Stamps are what one expects. */
  private volatile boolean saidByStamp = true;

  private long windowStart;
  private long windowIn;
  private long windowOut;
  private double fpsIn;
  private double fpsOut;
  private Map<Stage, LatencySummary> recent = new EnumMap<>(Stage.class);

  /**
   * A pipeline that takes frames but perceives nothing before {@link #start}.
   *
   * @param perceiver owned by the pipeline from here on
   * @param sink called on the pipeline's thread
   * @param options how frames are treated
   */
  public PerceptionPipeline(Perceiver perceiver, SceneSink sink, PipelineOptions options) {
    this.perceiver = perceiver;
    this.sink = sink;
    this.options = options;
    this.time = options.time();
    this.ages = new FrameAges(options.maxAgeNanos());
    this.startNanos = time.monotonicNanos();
    this.windowStart = startNanos;
    this.health = new HealthMonitor(options.health(), startNanos);
    BundleManifest manifest = perceiver.bundle().manifest();
    this.outputs =
        new OutputHealth(
            health, manifest.heads(), manifest.outputWidth() * manifest.outputHeight());
    this.servedFirst = perceiver;
    this.build = perceiver.unbuilt().isEmpty() ? null : new EngineBuild(perceiver, time);
    for (DropReason reason : DropReason.values()) {
      drops.put(reason, new AtomicLong());
    }
    for (Stage stage : Stage.values()) {
      recent.put(stage, LatencySummary.NONE);
    }
    this.thread = new Thread(this::loop, "tarsier-perception");
    thread.setDaemon(true);
    thread.setUncaughtExceptionHandler(
        (dead, e) -> {
          LOG.error("the perception thread ended", e);
          health.died("the perception thread ended: " + e);
        });
  }

  /**
   * Says that something is not as it should be until it is {@linkplain #clear cleared}; see {@link
   * HealthMonitor#raise}.
   */
  @Override
  public void raise(String key, HealthState level, String reason) {
    health.raise(key, level, reason);
  }

  /** The condition holds no longer. */
  @Override
  public void clear(String key) {
    health.clear(key);
  }

  /** See {@link HealthMonitor#standsStill}. */
  public Optional<String> standsStill() {
    return health.standsStill(time.monotonicNanos());
  }

  /** Images and unreadable messages so far; {@link #snapshot} without its garbage. Any thread. */
  public long framesIn() {
    return framesIn.get();
  }

  /** Scenes published so far. Any thread. */
  public long framesOut() {
    return framesOut.get();
  }

  /** Frames so far that were not perceived since nobody wanted their scenes. Any thread. */
  public long framesNotWanted() {
    return drops.get(DropReason.NOT_WANTED).get();
  }

  /**
   * What is called on the pipeline's thread after another provider computes.
   *
   * @param listener may use the pipeline; set before {@link #start}
   */
  public void onProviderChange(Runnable listener) {
    providerChange = listener;
  }

  /** Starts perceiving, and building engines where the perceiver left some out. Call once. */
  public void start() {
    thread.start();
    if (build != null) {
      build.start();
    }
  }

  /** Where frames for this pipeline come from. */
  public FramePool frames() {
    return frames;
  }

  /**
   * Hands a frame over, without waiting.
   *
   * @param frame filled and described; the pipeline owns it from here on
   * @return what became of it
   */
  public Offer offer(Frame frame) {
    long now = time.monotonicNanos();
    long stamp = frame.captureNanos();
    framesIn.incrementAndGet();
    lastArrival.set(now);
    if (lastStamp.getAndSet(stamp) > stamp) {
      stampsWentBack.incrementAndGet();
      logOnce("stamp_went_back", "a frame's stamp is older than the one before; it is used anyway");
    }
    health.frameArrived(now, stamp);
    ages.arrived(stamp, now, time.epochNanos(), time.simulated());
    Offer offer = slot.offer(frame);
    switch (offer) {
      case REPLACED_OLDER -> count(DropReason.REPLACED_BY_NEWER);
      case CLOSED -> count(DropReason.CLOSED);
      case ACCEPTED -> {}
    }
    return offer;
  }

  /** Says what age counts from, once for each; diagnostics have it at any time. */
  private void ageCounts() {
    ageCounted = true;
    boolean byStamp = ages.byStamp();
    if (byStamp != saidByStamp) {
      saidByStamp = byStamp;
      if (isNew("age " + byStamp)) {
        if (byStamp) {
          LOG.info("the age of images counts from {}", ages.basis());
        } else {
          LOG.warn(
              "the age of images counts from {}; what waits before it arrives is not seen to be"
                  + " old",
              ages.basis());
        }
      }
    }
  }

  /**
   * Counts a message that no frame could be made of.
   *
   * @param reason how it is counted
   * @param message what is wrong with it
   */
  public void reject(DropReason reason, String message) {
    long now = time.monotonicNanos();
    framesIn.incrementAndGet();
    lastArrival.set(now);
    count(reason);
    logOnce(reason.id(), message);
    health.messageRejected(now, message);
  }

  private void loop() {
    while (true) {
      Optional<Frame> next;
      try {
        next = slot.take();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        health.died("the perception thread was interrupted");
        return;
      }
      if (next.isEmpty()) {
        closePerceiver();
        return;
      }
      swap();
      boolean wanted = sink.wanted();
      busySince.set(time.monotonicNanos());
      try (Frame frame = next.get()) {
        if (wanted) {
          perceive(frame);
        } else {
          passOver(frame);
        }
      } finally {
        busySince.set(IDLE);
        if (wanted) {
          warm.set(true);
        }
      }
    }
  }

  /** Takes the perceiver that was built meanwhile, and closes the one before. */
  private void swap() {
    Perceiver better = build == null ? null : build.take();
    if (better == null) {
      return;
    }
    Perceiver before = perceiver;
    perceiver = better;
    warm.set(false); // the first frame of a provider may take longer
    LOG.info("{} computes from here on, {} did before", better.step(), before.step());
    before.close();
    try {
      providerChange.run();
    } catch (RuntimeException e) {
      LOG.warn("the change of the provider could not be told", e);
    }
  }

  private void perceive(Frame frame) {
    long taken = time.monotonicNanos();
    long waited = taken - frame.arrivalNanos();
    if (isTooOldToBegin(frame, taken)) {
      return;
    }
    Scene scene;
    long checksum;
    try {
      scene = perceiver.perceive(frame);
      checksum = perceiver.inputChecksum();
    } catch (RejectedFrameException e) {
      if (e.reason() == DropReason.INFERENCE_FAILED) {
        health.engineFailed(e.getMessage());
      }
      drop(e.reason(), e.getMessage());
      return;
    } catch (RuntimeException | Error e) {
      // Such as no direct memory left: this frame is lost, the next may be perceived.
      health.engineFailed("perceiving failed: " + e);
      drop(DropReason.INFERENCE_FAILED, "perceiving failed", e);
      return;
    }
    ageCounts();
    scene.times().set(Stage.WAIT, waited);
    outputs.perceived(scene);
    long perceived = time.monotonicNanos();
    if (isTooOld(frame, perceived)) {
      tooOld("a scene was older than the maximum age when it was perceived");
      return;
    }
    try {
      sink.accept(scene);
    } catch (RuntimeException | Error e) {
      health.sinkFailed("publishing failed: " + e);
      drop(DropReason.SINK_FAILED, "publishing failed", e);
      return;
    }
    long published = time.monotonicNanos();
    scene.times().set(Stage.PUBLISH, published - perceived);
    scene.times().set(Stage.AGE, published - frame.arrivalNanos());
    scene.times().set(Stage.STAMP_AGE, time.epochNanos() - frame.captureNanos());
    for (Stage stage : STAGES) {
      histograms.record(stage, scene.times().nanos(stage));
    }
    health.scenePublished(published, checksum);
    framesOut.incrementAndGet();
    // Last: who sees the stamp sees everything else of this frame too.
    lastPublishedStamp.set(frame.captureNanos());
  }

  /**
   * Counts a frame whose scene nobody wants. What is cheap is judged all the same, so that a camera
   * that is broken is known before it is needed: the description of the image, and whether the
   * image is another one than before.
   */
  private void passOver(Frame frame) {
    if (isNew("idle")) {
      LOG.info("nobody wants an output: images are taken and not perceived until somebody does");
    }
    long now = time.monotonicNanos();
    if (isTooOldToBegin(frame, now)) {
      return;
    }
    try {
      ImageToTensor.check(frame);
    } catch (RejectedFrameException e) {
      drop(e.reason(), e.getMessage());
      return;
    }
    ageCounts();
    imageChecksum.reset();
    imageChecksum.update(frame.bytes());
    try {
      sink.passedOver(frame);
    } catch (RuntimeException | Error e) {
      health.sinkFailed("publishing failed: " + e);
      drop(DropReason.SINK_FAILED, "publishing failed", e);
      return;
    }
    health.frameNotWanted(now, imageChecksum.getValue());
    count(DropReason.NOT_WANTED);
  }

  private boolean isTooOldToBegin(Frame frame, long taken) {
    if (!isTooOld(frame, taken)) {
      return false;
    }
    ageCounts();
    tooOld("a frame was older than the maximum age when it was taken up");
    return true;
  }

  private boolean isTooOld(Frame frame, long nowNanos) {
    long age =
        ages.ageNanos(frame.captureNanos(), frame.arrivalNanos(), nowNanos, time.epochNanos());
    return age > options.maxAgeNanos();
  }

  private void tooOld(String message) {
    drop(DropReason.TOO_OLD, message + ages.suspicion());
  }

  private void drop(DropReason reason, String message) {
    count(reason);
    logOnce(reason.id(), message);
    health.frameRejected(message);
  }

  private void drop(DropReason reason, String message, Throwable e) {
    count(reason);
    if (isNew(reason.id() + e)) {
      LOG.error("{}: {}", reason.id(), message, e);
    }
    health.frameRejected(message + ": " + e);
  }

  private void count(DropReason reason) {
    drops.get(reason).incrementAndGet();
  }

  private void logOnce(String id, String message) {
    // A damaged image is one failure: how it is worded depends on which of its bytes are wrong, and
    // a bad link would find another wording for each image.
    if (isNew(id.equals(DropReason.CORRUPT_IMAGE.id()) ? id : id + message)) {
      LOG.warn("{}: {} (counted from here on, not repeated)", id, message);
    }
  }

  /** Distinct failures are remembered up to a bound, since damaged data can fail in many words. */
  private boolean isNew(String failure) {
    // The same failure at another byte, of another size or at another time is the same.
    return logged.size() < DISTINCT_FAILURES && logged.add(NUMBER.matcher(failure).replaceAll("#"));
  }

  /**
   * Looks whether perceiving one frame takes longer than anything but a hang can. It may end yet; a
   * native call that never returns cannot be interrupted, so only the end of the process helps.
   */
  private void watch(long now) {
    long since = busySince.get();
    long limit =
        warm.get()
            ? options.hungNanos()
            : Math.max(options.hungNanos(), PipelineOptions.FIRST_HUNG_NANOS);
    if (since != IDLE && now - since > limit) {
      String reason =
          String.format(
              Locale.ROOT,
              "the inference hangs: one frame has been perceived for more than %.1f s on %s;"
                  + " restart the node",
              limit / 1e9,
              perceiver.step());
      health.raise(HUNG, HealthState.ERROR, reason);
      if (hung.compareAndSet(false, true)) {
        LOG.error("{}", reason);
      }
    } else if (hung.compareAndSet(true, false)) {
      health.clear(HUNG);
      LOG.warn("the inference that hung has ended; perception goes on");
    }
  }

  /** Whether perceiving one frame takes longer than anything but a hang can. Any thread. */
  public boolean hangs() {
    watch(time.monotonicNanos());
    return hung.get();
  }

  /** The state now. */
  public HealthReport health() {
    long now = time.monotonicNanos();
    watch(now);
    return health.report(now);
  }

  /** What computes now, and in which precision. Any thread. */
  public ProviderStep step() {
    return perceiver.step();
  }

  /** The steps that were tried before it, each with its reason. Any thread. */
  public List<ProviderFallback> fallbacks() {
    return build == null || perceiver != servedFirst ? perceiver.fallbacks() : build.fallbacks();
  }

  /** How perception is doing. */
  public synchronized PerceptionSnapshot snapshot() {
    long now = time.monotonicNanos();
    watch(now);
    long in = framesIn.get();
    long out = framesOut.get();
    if (now - windowStart >= WINDOW_NANOS) {
      double seconds = (now - windowStart) / 1e9;
      fpsIn = (in - windowIn) / seconds;
      fpsOut = (out - windowOut) / seconds;
      windowIn = in;
      windowOut = out;
      windowStart = now;
      recent = histograms.nextWindow();
      outputs.endWindow();
    }
    Map<DropReason, Long> dropped = new EnumMap<>(DropReason.class);
    for (DropReason reason : DropReason.values()) {
      dropped.put(reason, drops.get(reason).get());
    }
    long arrival = lastArrival.get();
    return new PerceptionSnapshot(
        time.epochNanos(),
        now - startNanos,
        perceiver.bundle(),
        perceiver.step().toString(),
        fallbacks().stream().map(ProviderFallback::toString).toList(),
        perceiver.threads(),
        build == null ? "" : build.words(),
        !sink.wanted(),
        health.report(now),
        in,
        out,
        dropped,
        stampsWentBack.get(),
        frames.leaks(),
        new HeldMemory(
            frames.leased(), frames.overflows(), perceiver.liveTensors(), OpenCv.liveObjects()),
        ageCounted ? ages.basis() : "unknown: no image has been used yet",
        fpsIn,
        fpsOut,
        lastPublishedStamp.get(),
        arrival == Long.MIN_VALUE ? -1 : now - arrival,
        recent,
        histograms.total());
  }

  /**
   * Whether the frame in work was still perceived when {@link #close} had waited for it, or an
   * engine is still being built. The process must then be ended by a signal: what runs in native
   * code may hang its end, or crash in it.
   */
  public boolean outlivesItsEnd() {
    return closed.get() && (thread.isAlive() || (build != null && build.isRunning()));
  }

  /**
   * Takes no more frames, lets the one in work finish, and closes the perceiver. Where that frame
   * takes longer than two seconds, it is left to itself: the perceiver is closed when it ends, if
   * it ever does. Idempotent.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    slot.close();
    if (build != null) {
      build.close();
    }
    boolean interrupted = false;
    long end = System.nanoTime() + END_MILLIS * 1_000_000;
    for (long left = END_MILLIS; left > 0 && thread.isAlive(); ) {
      try {
        thread.join(left);
      } catch (InterruptedException e) {
        interrupted = true;
      }
      left = (end - System.nanoTime()) / 1_000_000;
    }
    if (thread.isAlive()) {
      LOG.error(
          "the frame in work is still perceived after {} s; it is left to itself",
          END_MILLIS / 1000);
    } else {
      closePerceiver();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void closePerceiver() {
    if (perceiverClosed.compareAndSet(false, true)) {
      perceiver.close();
    }
  }
}
