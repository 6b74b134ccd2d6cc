package dev.tarsier.runtime.health;

/** How well perception is doing, from good to bad. */
public enum HealthState {
  /** Frames come in and scenes go out, or nobody wants scenes. */
  OK,
  /** Scenes go out, but something is not as it should be. */
  DEGRADED,
  /** No frame has come yet, and it is early. */
  STARTING,
  /** No frame has come for too long: what was published last is stale. */
  STALE,
  /** Frames come and no scene goes out, or the camera is frozen. */
  ERROR
}
