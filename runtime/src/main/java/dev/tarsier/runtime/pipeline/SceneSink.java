package dev.tarsier.runtime.pipeline;

import dev.tarsier.runtime.frame.Frame;

/** Takes what was perceived. */
@FunctionalInterface
public interface SceneSink {
  /**
   * Takes a scene, on the perceiving thread: the next frame waits for it.
   *
   * @param scene not modified; valid only during the call
   * @throws RuntimeException counted, logged once and reported as degraded health
   */
  void accept(Scene scene);

  /**
   * Whether anybody wants a scene now; while nobody does, frames are not perceived. Asked before
   * each frame, and by any thread for how perception is doing; does not throw.
   */
  default boolean wanted() {
    return true;
  }

  /**
   * Takes note of a frame that is not perceived since its scene is not {@linkplain #wanted wanted},
   * on the perceiving thread.
   *
   * @param frame one that could have been perceived, as far as can be told without decoding it. Not
   *     modified, not closed; valid only during the call.
   */
  default void passedOver(Frame frame) {}
}
