package dev.tarsier.runtime.inference;

import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import java.util.List;

/**
 * A session that gave what its bundle's golden frames say.
 *
 * @param session owned by whoever opened it
 * @param test what the golden frames showed
 * @param unbuilt better steps whose engines have to be built first; the session serves meanwhile
 */
public record ProvenSession(InferenceSession session, SelfTest test, List<ProviderStep> unbuilt) {
  /** Copies the list. */
  public ProvenSession {
    unbuilt = List.copyOf(unbuilt);
  }

  /** When engines are built that are not there yet. */
  public enum Building {
    /** At once, however long it takes. */
    NOW,
    /**
     * Not where a later step works without building: that one serves, and {@link
     * ProvenSession#unbuilt} names those that were left out.
     */
    LATER
  }

  /** Hears what happens while engines are built. Called on the thread that builds. */
  public interface BuildListener {
    /** Hears nothing. */
    BuildListener NONE = new BuildListener() {};

    /**
     * A build begins.
     *
     * @param step whose engine
     * @param usualSeconds that the last one of its kind took; 0 where it is not known
     */
    default void begins(ProviderStep step, double usualSeconds) {}

    /** A step does not work. */
    default void refused(ProviderFallback fallback) {}

    /**
     * An engine was built and works, but will not be there at the next start.
     *
     * @param reason in one line
     */
    default void notKept(ProviderStep step, String reason) {}
  }

  /**
   * Goes down from step to step ({@link SessionOptions#steps}) to the first that loads the network
   * and gives the golden frames, each within the tolerance of its precision. Every step that does
   * not is logged, and named with its reason in {@link InferenceSession#fallbacks}.
   *
   * @param bundle verified. Not modified.
   * @param options how to run it
   * @param engine what runs it
   * @param building when engines are built
   * @param listener hears of builds, on this thread
   * @throws BundleException when the network does not match its manifest or its golden frames
   *     whatever computes it
   * @throws InferenceException when no step works; with the reason of each
   */
  public static ProvenSession open(
      Bundle bundle,
      SessionOptions options,
      InferenceEngine engine,
      Building building,
      BuildListener listener)
      throws BundleException, InferenceException {
    return new ProviderLadder(
            bundle,
            options,
            options.steps(),
            engine,
            NvidiaMachine.here(),
            ThreadChoice.here(),
            building,
            listener)
        .proven();
  }

  /**
   * The same for some of the steps, whose engines are built where they are not there.
   *
   * @param steps tried from first to last; not empty
   */
  public static ProvenSession build(
      Bundle bundle,
      SessionOptions options,
      List<ProviderStep> steps,
      InferenceEngine engine,
      BuildListener listener)
      throws BundleException, InferenceException {
    return new ProviderLadder(
            bundle,
            options,
            steps,
            engine,
            NvidiaMachine.here(),
            ThreadChoice.here(),
            Building.NOW,
            listener)
        .proven();
  }
}
