package dev.tarsier.runtime.natives;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import java.io.IOException;
import java.nio.file.Path;

/** The few functions of the C library that Java has no words for. Any thread. */
public interface CLibrary extends Library {
  /** {@code setenv(3)}. */
  int setenv(String name, String value, int overwrite);

  /** {@code socket(2)}. */
  int socket(int domain, int type, int protocol) throws LastErrorException;

  /** {@code sendto(2)}. */
  long sendto(int socket, byte[] message, long bytes, int flags, byte[] address, int addressBytes)
      throws LastErrorException;

  /** {@code close(2)}. */
  int close(int file) throws LastErrorException;

  /**
   * Binds the functions. Each call costs some milliseconds.
   *
   * @throws IOException when JNA's library cannot be unpacked; names the folder and the reason
   * @throws UnsatisfiedLinkError when it does not load
   */
  static CLibrary load() throws IOException {
    if (System.getProperty("jna.boot.library.path") == null) {
      Path folder =
          NativeLibraries.unpacked(
              "jna",
              new NativeLibraries.Source(
                  Native.class.getClassLoader(),
                  "com/sun/jna/" + Platform.RESOURCE_PREFIX + "/",
                  "libjnidispatch.so"));
      if (folder != null) {
        System.setProperty("jna.boot.library.path", folder.toString());
      }
    }
    return Native.load(Platform.C_LIBRARY_NAME, CLibrary.class);
  }
}
