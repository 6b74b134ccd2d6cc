package dev.tarsier.runtime.frame;

import java.util.Locale;

/** Why a frame that came in did not become a scene. Every drop is counted under one of these. */
public enum DropReason {
  /** A newer frame came before this one was taken; the normal drop of a slow machine. */
  REPLACED_BY_NEWER,
  /** Nobody wanted what would have been seen in it; the normal drop of an idle node. */
  NOT_WANTED,
  /** The message could not be read at all. */
  BAD_MESSAGE,
  /** An encoding that the product does not read. */
  UNKNOWN_ENCODING,
  /** Width or height is zero, or there are no bytes. */
  EMPTY_IMAGE,
  /** A row step smaller than a row of pixels. */
  BAD_STEP,
  /** A size that the encoding cannot have, such as an odd width in yuv422. */
  BAD_SIZE,
  /** Fewer bytes than the header promises. */
  TOO_LITTLE_DATA,
  /** More pixels than the limit. */
  TOO_LARGE,
  /** A JPEG or PNG file that cannot be decoded. */
  CORRUPT_IMAGE,
  /** Older than the maximum age by the time it would have been used or published. */
  TOO_OLD,
  /** The engine failed on this frame. */
  INFERENCE_FAILED,
  /** The scene was perceived, and the sink failed to take it. */
  SINK_FAILED,
  /** The pipeline was closing. */
  CLOSED;

  private final String id = name().toLowerCase(Locale.ROOT);

  /** The name in reports and telemetry, such as {@code replaced_by_newer}. */
  public String id() {
    return id;
  }
}
