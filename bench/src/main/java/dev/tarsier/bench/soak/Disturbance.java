package dev.tarsier.bench.soak;

/** What happens to the node. */
enum Disturbance {
  /** Its process is killed and unregisters nothing; another one of its name comes. */
  CAMERA_KILLED("camera killed", 5),
  /** It unregisters, ends, and comes back. */
  CAMERA_LEAVES("camera leaves", 5),
  /** A new one of an empty registry comes; connections stay meanwhile. */
  MASTER_RESTARTS("master restarts", 10),
  /** The camera is killed while the master is away, and both come back. */
  MASTER_AND_CAMERA("master and camera restart", 15),
  /** All subscribers leave, the node idles, and they come back. */
  NOBODY_LISTENS("nobody listens", 3),
  /** Subscribers that stay for a moment, one after the other. */
  VISITORS("visitors come and go", 3),
  /** One image of each kind that cannot be used, then sound ones again. */
  BROKEN_IMAGES("broken images", 3),
  /** The camera's focal length changes, and back. */
  CALIBRATION("calibration changes", 3),
  /** Killed, and started again without what it had kept. */
  BROKER_RESTARTS("broker restarts", 20),
  /** Reads nothing for longer than what is queued for it lasts, then goes on. */
  SUBSCRIBER_STALLS("subscriber stalls", 5),
  /**
   * Reads nothing until the node ends the connection: 25 s after the first message that it did not
   * take, for which the sockets have to be full first.
   */
  SUBSCRIBER_HANGS("subscriber hangs", 50);

  private final String words;
  private final int limitSeconds;

  Disturbance(String words, int limitSeconds) {
    this.words = words;
    this.limitSeconds = limitSeconds;
  }

  /** For people. */
  String words() {
    return words;
  }

  /**
   * Within how many seconds all is as before, counted from the return of what was away (a
   * subscriber that hangs is dropped, counted from its connection). The node looks after the master
   * every 5 s, and waits up to 15 s before it tries a broker again.
   */
  int limitSeconds() {
    return limitSeconds;
  }

  /** Whether it needs to have the outputs' subscribers for itself, or has some of its own. */
  boolean isOfSubscribers() {
    return this == NOBODY_LISTENS || this == SUBSCRIBER_STALLS || this == SUBSCRIBER_HANGS;
  }

  /** Whether it goes on beside others, which it does not touch. */
  boolean isBeside() {
    return this == BROKER_RESTARTS || this == SUBSCRIBER_STALLS || this == SUBSCRIBER_HANGS;
  }
}
