package dev.tarsier.runtime.frame;

/** What became of a frame that was offered. In every case the receiver owns the frame. */
public enum Offer {
  /** The slot was free. */
  ACCEPTED,
  /** The slot held an older frame, which was closed. */
  REPLACED_OLDER,
  /** The slot is closed; the offered frame was closed too. */
  CLOSED
}
