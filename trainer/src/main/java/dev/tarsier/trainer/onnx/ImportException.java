package dev.tarsier.trainer.onnx;

import dev.tarsier.runtime.logging.VisibleText;
import java.io.IOException;

/** A network cannot be made a bundle; the message is one sentence with the file and the way out. */
public final class ImportException extends IOException {
  private static final long serialVersionUID = 1;

  /** A refusal. */
  public ImportException(String message) {
    super(oneLine(message));
  }

  /** A refusal with what caused it. */
  public ImportException(String message, Throwable cause) {
    super(oneLine(message), cause);
  }

  /** Names in a damaged file may hold anything. */
  private static String oneLine(String message) {
    return VisibleText.of(message);
  }
}
