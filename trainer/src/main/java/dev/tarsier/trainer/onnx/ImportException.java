package dev.tarsier.trainer.onnx;

import java.io.IOException;

/** A network cannot be made a bundle; the message is one sentence with the file and the way out. */
public final class ImportException extends IOException {
  private static final long serialVersionUID = 1;

  /** A refusal. */
  public ImportException(String message) {
    super(message);
  }

  /** A refusal with what caused it. */
  public ImportException(String message, Throwable cause) {
    super(message, cause);
  }
}
