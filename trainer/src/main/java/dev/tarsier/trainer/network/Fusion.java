package dev.tarsier.trainer.network;

/** Where a network joins the image and what it sees besides. */
public enum Fusion {
  /** A second encoder, whose features are added at every scale: FFM (methods §1.1). */
  FEATURES,
  /** Further channels of the first convolution: FMST (methods §1.2). */
  INPUT
}
