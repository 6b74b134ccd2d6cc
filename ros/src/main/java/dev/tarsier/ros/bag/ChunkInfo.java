package dev.tarsier.ros.bag;

/**
 * What the index, or a scan, says of a chunk.
 *
 * @param position of the chunk's record in the file
 * @param unfinished whether its recorder was killed before it wrote the chunk's length, so that the
 *     chunk runs to the file's end
 * @param startNanos earliest receive time
 * @param endNanos latest receive time
 * @param limit byte of the file that the chunk cannot reach beyond: where the next one begins
 * @param connections ids
 * @param counts messages of each of these. Neither array is modified after it was made.
 */
record ChunkInfo(
    long position,
    boolean unfinished,
    long startNanos,
    long endNanos,
    long limit,
    int[] connections,
    int[] counts) {
  /** The same, up to where the next chunk begins. */
  ChunkInfo upTo(long next) {
    return new ChunkInfo(position, unfinished, startNanos, endNanos, next, connections, counts);
  }

  long messages() {
    long sum = 0;
    for (int count : counts) {
      sum += Integer.toUnsignedLong(count);
    }
    return sum;
  }
}
