package dev.tarsier.runtime.pipeline;

import dev.tarsier.runtime.health.HealthMonitor;
import dev.tarsier.runtime.health.HealthState;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.task.UnitVectorMap;
import java.util.ArrayList;
import java.util.List;

/**
 * Scenes that are no use although the network ran: a head that knows nothing, or classes that have
 * no name. The first such frame degrades health at once; a window with frames and none of these
 * clears it. Safe for several threads; a frame costs a comparison for each head.
 */
final class OutputHealth {
  /** Values known in fewer pixels than this share are as good as none. */
  private static final double LEAST_KNOWN = 0.01;

  private final HealthMonitor health;
  private final List<Fault> faults = new ArrayList<>();
  private long frames;

  /** What can be wrong with one head, and how often it was. */
  private static final class Fault {
    final String condition;
    final String message;
    final int mostPixels;
    final int ofPixels;
    long inWindow;
    long total;
    int pixels;
    boolean raised;

    /**
     * A fault.
     *
     * @param message what is wrong, before the counts
     * @param mostPixels unusable pixels that a good frame has at most
     */
    Fault(String condition, String message, int mostPixels, int ofPixels) {
      this.condition = condition;
      this.message = message;
      this.mostPixels = mostPixels;
      this.ofPixels = ofPixels;
    }
  }

  /**
   * Watches heads.
   *
   * @param heads in the order of the scenes that will come
   * @param pixels of each map
   */
  OutputHealth(HealthMonitor health, List<Head> heads, int pixels) {
    this.health = health;
    for (Head head : heads) {
      faults.add(head.kind().accept(new FaultOf(head.id(), pixels)));
    }
  }

  /** What is wrong with a head of each kind. */
  private record FaultOf(String head, int pixels) implements HeadKind.Visitor<Fault> {
    @Override
    public Fault classMap(ClassMap kind) {
      return fault("the network gives class ids that the bundle does not name: in", 0, pixels);
    }

    @Override
    public Fault metricMap(MetricMap kind) {
      return unknown("NaN, infinite or not positive");
    }

    @Override
    public Fault relativeMap(RelativeMap kind) {
      return unknown("NaN or infinite");
    }

    @Override
    public Fault unitVectorMap(UnitVectorMap kind) {
      return unknown("NaN, infinite or of length 0");
    }

    @Override
    public Fault imageClass(ImageClass kind) {
      return fault(
          "the network gives %s scores that are no probabilities: in".formatted(head), 0, 1);
    }

    private Fault unknown(String what) {
      return fault(
          "the network gives no %s: unknown (%s) in".formatted(head, what),
          (int) Math.floor((1 - LEAST_KNOWN) * pixels),
          pixels);
    }

    private Fault fault(String message, int mostPixels, int ofPixels) {
      return new Fault("outputs." + head, message, mostPixels, ofPixels);
    }
  }

  /** Takes a scene that was perceived. Not modified. */
  synchronized void perceived(Scene scene) {
    frames++;
    for (int i = 0; i < faults.size(); i++) {
      Fault fault = faults.get(i);
      int pixels = scene.unusablePixels(i);
      if (pixels > fault.mostPixels) {
        fault.inWindow++;
        fault.total++;
        fault.pixels = pixels;
        if (!fault.raised) {
          raise(fault);
        }
      }
    }
  }

  /** Ends a window of about a second: says how often, or that it is over. */
  synchronized void endWindow() {
    if (frames == 0) {
      return; // no camera: nothing is known to be better
    }
    for (Fault fault : faults) {
      if (fault.inWindow > 0) {
        raise(fault);
      } else if (fault.raised) {
        fault.raised = false;
        health.clear(fault.condition);
      }
      fault.inWindow = 0;
    }
    frames = 0;
  }

  private void raise(Fault fault) {
    fault.raised = true;
    health.raise(
        fault.condition,
        HealthState.DEGRADED,
        "%s %d of %d pixels, in %d of the last %d frames, %d since the start"
            .formatted(
                fault.message, fault.pixels, fault.ofPixels, fault.inWindow, frames, fault.total));
  }
}
