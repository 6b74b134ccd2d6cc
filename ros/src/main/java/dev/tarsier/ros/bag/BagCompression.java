package dev.tarsier.ros.bag;

/** How the chunks of a bag are compressed. */
public enum BagCompression {
  /** Not at all. */
  NONE("none"),
  /** bzip2: small and slow. */
  BZ2("bz2"),
  /** LZ4 frames: fast. */
  LZ4("lz4");

  private final String rosName;

  BagCompression(String rosName) {
    this.rosName = rosName;
  }

  /** As it stands in a chunk's header. */
  public String rosName() {
    return rosName;
  }
}
