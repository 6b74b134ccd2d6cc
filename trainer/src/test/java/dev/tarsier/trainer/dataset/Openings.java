package dev.tarsier.trainer.dataset;

import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.task.ClassSet;
import java.nio.file.Path;
import java.util.Map;

/** What tests open data sets with. */
public final class Openings {
  private Openings() {}

  /** For a network that sees images of no size in particular. */
  public static DataSetOpening of(ClassSet classes) {
    return of(classes, 1, 1);
  }

  /** For images of a size. */
  public static DataSetOpening of(ClassSet classes, int height, int width) {
    return new DataSetOpening(
        new PathResolver(Path.of("recipe.yaml"), Map.of()), classes, height, width, message -> {});
  }
}
