package dev.tarsier.trainer.network;

/** What a network sees besides the image (methods §1). */
public enum Extra {
  /** Nothing: the only kind that ships, for a robot has nothing else at run time. */
  NONE,
  /** A depth map: float32 [N,1,H,W], metres, 0 where unknown; the depth-assisted teacher. */
  DEPTH,
  /** Classes: float32 [N,C,H,W], one-hot, all 0 where ignored; the mirror direction's teacher. */
  LABELS
}
