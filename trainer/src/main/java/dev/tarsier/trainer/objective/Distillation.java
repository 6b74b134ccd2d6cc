package dev.tarsier.trainer.objective;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.annotation.JsonTypeIdResolver;
import dev.tarsier.runtime.config.Kinds;
import dev.tarsier.trainer.network.LayerGraph;

/**
 * What a network of several tasks learns from networks of one task each, which are trained before
 * it and stay as they are: the section {@code distill} of a training in a recipe.
 *
 * <p>A kind of it is one file, and one line in {@code
 * META-INF/services/dev.tarsier.trainer.objective.Distillation}.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.CUSTOM, property = "kind")
@JsonTypeIdResolver(Distillation.Registered.class)
public interface Distillation extends Auxiliary, Kinds.Member {
  /**
   * Checks that a network can learn from a teacher.
   *
   * @param student the network that learns
   * @param teacher the network of one task
   * @param task what its output is called
   * @throws IllegalArgumentException if it cannot; the message begins with the key
   */
  default void check(LayerGraph student, LayerGraph teacher, String task) {}

  /** All kinds that there are. */
  final class Registered extends Kinds<Distillation> {
    /** Finds them. */
    public Registered() {
      super(Distillation.class);
    }
  }
}
