package dev.tarsier.trainer.demo;

/** Told how far the demo is, on the thread that runs it. */
@FunctionalInterface
public interface DemoProgress {
  /**
   * Takes the state.
   *
   * @param step what is being done
   * @param done of {@code total}
   * @param total of this step
   */
  void at(Step step, long done, long total);

  /** The demo's steps in their order. */
  enum Step {
    /** Making the bag, unless it is there. */
    RENDER("rendering"),
    /** The bag's images into the node, in real time. */
    PLAY("playing"),
    /** What came back against the rendered truth. */
    SCORE("scoring"),
    /** The same bag into the report. */
    REPORT("reporting");

    private final String label;

    Step(String label) {
      this.label = label;
    }

    /** For people. */
    public String label() {
      return label;
    }
  }
}
