package dev.tarsier.trainer.run;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A stage and what goes into it.
 *
 * @param <O> what comes of it: a record that {@link Canonical} writes to the stage's folder and
 *     reads from there
 * @param kind such as {@code training}
 * @param inputs all that decides the outcome, for people to read. Not modified.
 * @param key the hash of all that decides the outcome, 64 hexadecimal digits
 * @param outcome the record's type
 */
public record Stage<O>(String kind, ObjectNode inputs, String key, Class<O> outcome) {
  /**
   * A stage whose inputs are what is hashed.
   *
   * @param inputs a record
   */
  public static <O> Stage<O> of(String kind, Object inputs, Class<O> outcome) {
    ObjectNode tree = (ObjectNode) Canonical.tree(inputs);
    return new Stage<>(kind, tree, Canonical.sha256(tree), outcome);
  }
}
