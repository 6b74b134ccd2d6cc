package dev.tarsier.trainer.dataset.depth;

import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.tensor.PngCheck;
import dev.tarsier.trainer.dataset.DataFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** A PNG of one channel of 16 bits. */
final class PngDepth {
  /** Signature, then length, type, width and height, depth and colour type of the header. */
  private static final int HEADER = 26;

  private PngDepth() {}

  static boolean is(byte[] file) {
    return file.length >= HEADER && PngCheck.isPng(ByteBuffer.wrap(file));
  }

  static StoredDepth read(Path file, byte[] encoded) throws UnreadableDepthException {
    ByteBuffer header = ByteBuffer.wrap(encoded);
    long pixels =
        Integer.toUnsignedLong(header.getInt(16)) * Integer.toUnsignedLong(header.getInt(20));
    if (pixels < 1 || pixels > StoredDepth.MOST_PIXELS) {
      throw new UnreadableDepthException(
          "says that it has %sx%s pixels, which no camera has"
              .formatted(
                  Integer.toUnsignedString(header.getInt(16)),
                  Integer.toUnsignedString(header.getInt(20))));
    }
    int bits = encoded[24];
    int colour = encoded[25];
    if (bits != 16 || colour != 0) {
      throw new UnreadableDepthException(
          "has %s of %d bits; depth must have one channel of 16: 8 bits cannot hold it, and colours show it to people"
              .formatted(
                  switch (colour) {
                    case 0 -> "one channel";
                    case 2 -> "three channels";
                    case 3 -> "a palette";
                    case 4 -> "two channels";
                    default -> "four channels";
                  },
                  bits));
    }
    try {
      // the decoder gives what is there of a file that is cut off
      PngCheck.run(header);
    } catch (RejectedFrameException e) {
      throw new UnreadableDepthException("cannot be read: " + e.getMessage());
    }
    DataFile.WidePlane plane = DataFile.widePlane(file, encoded);
    short[] values = plane.values();
    return new StoredDepth(
        plane.width(),
        plane.height(),
        StoredDepth.UINT16,
        true,
        Double.NaN,
        i -> Short.toUnsignedInt(values[i]));
  }
}
