package dev.tarsier.ros.frames;

import java.io.ByteArrayOutputStream;

/** The segments of a JPEG file (ITU-T T.81, annex B). */
final class JpegFile {
  private static final int START_OF_SCAN = 0xda;
  private static final int APP1 = 0xe1;

  private JpegFile() {}

  static boolean is(byte[] file) {
    return file.length > 4 && (file[0] & 0xff) == 0xff && (file[1] & 0xff) == 0xd8;
  }

  /**
   * The same pixels without what EXIF says: a robot takes pixels as the camera sent them, and a
   * viewer would turn them.
   *
   * @param file that was decoded. Not modified.
   */
  static byte[] withoutExif(byte[] file) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(file.length);
    out.write(file, 0, 2);
    int at = 2;
    while (at + 4 <= file.length && (file[at] & 0xff) == 0xff) {
      int marker = file[at + 1] & 0xff;
      int length = 2 + (((file[at + 2] & 0xff) << 8) | (file[at + 3] & 0xff));
      if (marker == START_OF_SCAN || at + length > file.length || marker < 0xc0 || marker == 0xff) {
        break;
      }
      if (marker != APP1) {
        out.write(file, at, length);
      }
      at += length;
    }
    out.write(file, at, file.length - at);
    return out.toByteArray();
  }
}
