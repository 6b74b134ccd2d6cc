package dev.tarsier.runtime.pipeline;

import dev.tarsier.runtime.health.HealthMonitor;
import dev.tarsier.runtime.health.HealthState;
import dev.tarsier.runtime.scene.Scene;

/**
 * Scenes that are no use although the network ran: no depth, or classes that have no name. The
 * first such frame degrades health at once; a window with frames and none of these clears it. Safe
 * for several threads; a frame costs two comparisons.
 */
final class OutputHealth {
  /** What the conditions are called in the monitor. */
  private static final String DEPTH = "outputs.depth";

  private static final String CLASSES = "outputs.classes";

  /** Depth known in fewer pixels than this share is as good as none. */
  private static final double LEAST_KNOWN = 0.01;

  private final HealthMonitor health;
  private final Count depth = new Count();
  private final Count classes = new Count();
  private long frames;

  /** Frames with one fault. */
  private static final class Count {
    long inWindow;
    long total;
    int pixels;
    boolean raised;
  }

  OutputHealth(HealthMonitor health) {
    this.health = health;
  }

  /** Takes a scene that was perceived. Not modified. */
  synchronized void perceived(Scene scene) {
    int pixels = scene.width() * scene.height();
    frames++;
    if (scene.hasDepth() && scene.unknownDepthPixels() > (1 - LEAST_KNOWN) * pixels) {
      add(depth, scene.unknownDepthPixels());
      if (!depth.raised) {
        raiseDepth(pixels);
      }
    }
    if (scene.unnamedClassPixels() > 0) {
      add(classes, scene.unnamedClassPixels());
      if (!classes.raised) {
        raiseClasses(pixels);
      }
    }
  }

  /** Ends a window of about a second: says how often, or that it is over. */
  synchronized void endWindow(int pixels) {
    if (frames == 0) {
      return; // no camera: nothing is known to be better
    }
    if (depth.inWindow > 0) {
      raiseDepth(pixels);
    } else if (depth.raised) {
      depth.raised = false;
      health.clear(DEPTH);
    }
    if (classes.inWindow > 0) {
      raiseClasses(pixels);
    } else if (classes.raised) {
      classes.raised = false;
      health.clear(CLASSES);
    }
    frames = 0;
    depth.inWindow = 0;
    classes.inWindow = 0;
  }

  private static void add(Count count, int pixels) {
    count.inWindow++;
    count.total++;
    count.pixels = pixels;
  }

  private void raiseDepth(int pixels) {
    depth.raised = true;
    health.raise(
        DEPTH,
        HealthState.DEGRADED,
        "the network gives no depth: unknown (NaN, infinite or not positive) in %d of %d pixels, in %d of the last %d frames, %d since the start"
            .formatted(depth.pixels, pixels, depth.inWindow, frames, depth.total));
  }

  private void raiseClasses(int pixels) {
    classes.raised = true;
    health.raise(
        CLASSES,
        HealthState.DEGRADED,
        "the network gives class ids that the bundle does not name: in %d of %d pixels, in %d of the last %d frames, %d since the start"
            .formatted(classes.pixels, pixels, classes.inWindow, frames, classes.total));
  }
}
