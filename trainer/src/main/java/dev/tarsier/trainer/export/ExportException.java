package dev.tarsier.trainer.export;

/** An export that was refused. Nothing was left behind; the message says why. */
public final class ExportException extends Exception {
  private static final long serialVersionUID = 1L;

  /** A refusal. */
  public ExportException(String message) {
    super(message);
  }

  /** A refusal with what caused it. */
  public ExportException(String message, Throwable cause) {
    super(message, cause);
  }

  /** ONNX Runtime refuses what was written. */
  static ExportException refused(String name, Exception why) {
    return new ExportException(
        "%s cannot be exported: ONNX Runtime does not take the model: %s"
            .formatted(name, why.getMessage()),
        why);
  }
}
