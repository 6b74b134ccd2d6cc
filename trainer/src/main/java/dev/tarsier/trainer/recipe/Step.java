package dev.tarsier.trainer.recipe;

import dev.tarsier.trainer.export.ExportException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * A stage of a {@link Chain}: its name, what must be there first, and how it is found or made. It
 * holds what a recipe says, and no state of a run.
 *
 * @param <T> what later stages get of it
 */
interface Step<T> {
  /** Such as {@code teacher-1}. */
  String name();

  /** What must be there first; earlier steps of the same chain. */
  List<Step<?>> needs();

  /** Looks at what can be looked at before all that it needs is there. */
  default void check(ChainWalk walk) throws IOException {}

  /**
   * Finds or makes it. All that it needs is there.
   *
   * @return none when it is not there yet
   */
  Optional<T> make(ChainWalk walk) throws IOException, InterruptedException, ExportException;

  /** What is known of it before all that it needs is there; nothing, most often. */
  default Optional<T> later(ChainWalk walk) {
    walk.later(name());
    return Optional.empty();
  }
}
