package dev.tarsier.trainer.onnx;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/** What has to be told and was not, each with the option that tells it; said all at once. */
final class Missing {
  private final Set<String> wanted = new LinkedHashSet<>();

  /** Something is open. */
  void add(String what) {
    wanted.add(what);
  }

  /** Ends where anything is open. */
  void require(Path file) throws ImportException {
    if (!wanted.isEmpty()) {
      throw new ImportException(
          "%s does not say %s; please tell".formatted(file, String.join("; nor ", wanted)));
    }
  }
}
