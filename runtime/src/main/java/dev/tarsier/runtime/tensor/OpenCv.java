package dev.tarsier.runtime.tensor;

import dev.tarsier.runtime.natives.NativeLibraries;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;

/**
 * Loads the three of OpenCV's libraries that are used: core, imgproc and imgcodecs, and OpenBLAS,
 * which core needs. Nothing of a desktop: highgui asks for GTK, which a robot does not have.
 */
public final class OpenCv {
  private static final String CACHE = "org.bytedeco.javacpp.cachedir";

  /** Why the libraries do not load; empty when they do. */
  private static final String FAILURE = loadLibraries();

  private OpenCv() {}

  /**
   * Call before the first use of {@code org.bytedeco.opencv}. Any thread, any number of times.
   *
   * @throws UnsatisfiedLinkError at every call when the libraries do not load; names what is
   *     missing
   */
  public static void load() {
    if (!FAILURE.isEmpty()) {
      throw new UnsatisfiedLinkError("OpenCV does not load: " + FAILURE);
    }
  }

  /**
   * Version of OpenCV.
   *
   * @throws UnsatisfiedLinkError as {@link #load}
   */
  public static String version() {
    load();
    return opencv_core.CV_VERSION();
  }

  private static String loadLibraries() {
    // JavaCPP throws OutOfMemoryError when the process takes twice the Java heap, which is no sign
    // of a leak here: what it counts is the networks' memory. Mats are closed by hand.
    if (System.getProperty("org.bytedeco.javacpp.maxphysicalbytes") == null) {
      System.setProperty("org.bytedeco.javacpp.maxphysicalbytes", "0");
    }
    boolean unpacks = false;
    try {
      unpacks = unpackIntoPrivateFolder();
      Loader.load(opencv_imgcodecs.class); // and those that it builds on
      // Images are small: waking a pool of threads costs more than it saves, and jitters.
      opencv_core.setNumThreads(1);
      return "";
    } catch (LinkageError | IOException e) {
      return unpacks ? whyNotUnpacked(innermost(e)) : innermost(e).getMessage();
    }
  }

  /** JavaCPP goes on where a file cannot be written, and fails where it is missing. */
  private static String whyNotUnpacked(Throwable failure) {
    try {
      NativeLibraries.tryUnpacking("opencv", sources());
      return failure.getMessage();
    } catch (IOException e) {
      return e.getMessage();
    }
  }

  /** Where JavaCPP shall unpack and look; false where the user has said it. */
  private static boolean unpackIntoPrivateFolder() throws IOException {
    if (System.getProperty(CACHE) != null
        || System.getProperty("org.bytedeco.javacpp.cacheDir") != null) {
      return false;
    }
    Path folder = NativeLibraries.folderFor("opencv", sources());
    System.setProperty(CACHE, folder.toString());
    return true;
  }

  private static List<NativeLibraries.Source> sources() {
    String platform =
        "linux-" + (System.getProperty("os.arch").equals("amd64") ? "x86_64" : "arm64");
    ClassLoader loader = OpenCv.class.getClassLoader();
    return List.of(
        new NativeLibraries.Source(
            loader, "org/bytedeco/javacpp/" + platform + "/", "libjnijavacpp.so"),
        new NativeLibraries.Source(
            loader, "org/bytedeco/openblas/" + platform + "/", "libjniopenblas.so"),
        new NativeLibraries.Source(
            loader, "org/bytedeco/opencv/" + platform + "/", "libjniopencv_core.so"));
  }

  /** The loader's own message only says which library was not found; the system's says why. */
  private static Throwable innermost(Throwable error) {
    Throwable cause = error;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}
