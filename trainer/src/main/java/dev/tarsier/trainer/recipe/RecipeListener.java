package dev.tarsier.trainer.recipe;

import dev.tarsier.trainer.run.StageStore;
import dev.tarsier.trainer.training.Trainer;
import java.nio.file.Path;
import java.util.List;

/** Hears how a recipe's run goes; called on the run's thread. */
public interface RecipeListener {
  /** Hears nothing. */
  RecipeListener SILENT = new RecipeListener() {};

  /**
   * A stage of the chain, before anything is done.
   *
   * @param name such as {@code teacher-1}
   * @param state how it stands
   * @param folder where it lies; null while it is {@link StageStore.State#LATER}
   */
  record Planned(String name, StageStore.State state, Path folder) {}

  /** The chain that is gone through, first stage first. */
  default void planned(List<Planned> chain) {}

  /** A stage is being made, or goes on. */
  default void began(String stage, Path folder) {}

  /** A stage is there: made just now, or found in the store. */
  default void finished(String stage, Path folder, boolean found) {}

  /** Anything a person may want to know. */
  default void note(String message) {}

  /** A stage that is no training has come so far. */
  default void worked(String stage, long done, long total) {}

  /** Who hears of a training's steps. */
  default Trainer.Listener training(String stage, Path folder) {
    return new Trainer.Listener() {};
  }
}
