package dev.tarsier.runtime.task;

import java.util.regex.Pattern;

/**
 * One output of a network. Topics, metrics, golden files and reports are named after its id.
 *
 * @param id lower-case letters, digits and underscores, such as {@code normals}
 * @param kind what its values are
 */
public record Head(String id, HeadKind kind) {
  private static final Pattern ID = Pattern.compile("[a-z][a-z0-9_]{0,62}");

  /** Checks the id. */
  public Head {
    if (id == null || !ID.matcher(id).matches()) {
      throw new IllegalArgumentException(
          "an output's id must be lower-case letters, digits and underscores, begin with a letter"
              + " and have 63 characters at most, got "
              + (id == null ? "none" : "\"" + id + "\""));
    }
    if (kind == null) {
      throw new IllegalArgumentException("outputs." + id + ".kind must be present, got none");
    }
  }
}
