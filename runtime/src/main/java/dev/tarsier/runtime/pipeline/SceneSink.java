package dev.tarsier.runtime.pipeline;

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
}
