package dev.tarsier.runtime.pipeline;

import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.inference.ProvenSession;
import dev.tarsier.runtime.inference.ProviderFallback;
import dev.tarsier.runtime.inference.ProviderStep;
import dev.tarsier.runtime.model.BundleException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds the engines that a serving perceiver left out, on a thread of its own with a session of
 * its own, and gives the perceiver that comes of it to the pipeline, which takes it between two
 * frames. A build is native code that cannot be interrupted: one that is {@linkplain #close given
 * up} goes on, and what comes of it is closed. {@link #words}, {@link #fallbacks} and {@link
 * #close}: any thread.
 */
final class EngineBuild implements AutoCloseable, ProvenSession.BuildListener {
  private static final Logger LOG = LoggerFactory.getLogger(EngineBuild.class);

  private final Perceiver serving;
  private final TimeSource time;
  private final Thread thread;

  /** Guarded by this, as all below. */
  private ProviderStep step;

  private double usualSeconds;
  private long beganNanos;
  private final List<ProviderFallback> refused = new ArrayList<>();
  private Perceiver better;
  private boolean ended;
  private boolean closed;

  /**
   * A build that {@link #start} begins.
   *
   * @param serving whose {@link Perceiver#unbuilt} is not empty; only read
   */
  EngineBuild(Perceiver serving, TimeSource time) {
    this.serving = serving;
    this.time = time;
    this.step = serving.unbuilt().get(0);
    this.beganNanos = time.monotonicNanos();
    this.thread = new Thread(this::build, "tarsier-engine-build");
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  private void build() {
    try {
      hand(serving.better(this));
    } catch (BundleException | InferenceException e) {
      LOG.warn("{} goes on: {}", serving.step(), e.getMessage());
    } catch (RuntimeException | Error e) {
      // Such as a library that does not load; the perceiver that serves is not touched by it.
      LOG.error("building an engine failed; {} goes on", serving.step(), e);
      refuseRest("building failed: " + e);
    } finally {
      end();
    }
  }

  private void hand(Perceiver built) {
    synchronized (this) {
      if (!closed) {
        better = built;
        return;
      }
    }
    built.close();
  }

  private synchronized void end() {
    ended = true;
    notifyAll();
  }

  private synchronized void refuseRest(String reason) {
    for (ProviderStep each : serving.unbuilt()) {
      if (refused.stream().noneMatch(fallback -> fallback.step().equals(each))) {
        refused.add(new ProviderFallback(each, reason));
      }
    }
  }

  @Override
  public synchronized void begins(ProviderStep each, double usual) {
    step = each;
    usualSeconds = usual;
    beganNanos = time.monotonicNanos();
  }

  @Override
  public synchronized void refused(ProviderFallback fallback) {
    refused.add(fallback);
  }

  /** What was built, once; null before, and where nothing came of it. The caller owns it. */
  synchronized Perceiver take() {
    Perceiver taken = better;
    better = null;
    return taken;
  }

  /** What is being built and for how long; empty when that is over. */
  synchronized String words() {
    if (ended) {
      return "";
    }
    double seconds = (time.monotonicNanos() - beganNanos) / 1e9;
    return String.format(Locale.ROOT, "%s, for %.0f s", step, seconds)
        + (usualSeconds == 0
            ? ""
            : String.format(Locale.ROOT, "; the last one took %.0f s", usualSeconds));
  }

  /** Those of the serving perceiver, with what building has shown so far. */
  synchronized List<ProviderFallback> fallbacks() {
    List<ProviderFallback> now = new ArrayList<>();
    for (ProviderFallback each : serving.fallbacks()) {
      now.add(
          refused.stream()
              .filter(known -> known.step().equals(each.step()))
              .findFirst()
              .orElse(each));
    }
    return now;
  }

  /** Whether native code still builds, which the end of the process would run into. */
  boolean isRunning() {
    return thread.isAlive();
  }

  /** Gives it up. What was built and not taken is closed. Idempotent. */
  @Override
  public void close() {
    Perceiver left;
    synchronized (this) {
      closed = true;
      left = better;
      better = null;
    }
    if (left != null) {
      left.close();
    }
  }
}
