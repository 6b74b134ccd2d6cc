package dev.tarsier.trainer.dataset.depth;

/** Bytes that are no depth; the message says why, without the file's name. */
final class UnreadableDepthException extends Exception {
  private static final long serialVersionUID = 1L;

  UnreadableDepthException(String message) {
    super(message);
  }
}
