package dev.tarsier.runtime.tensor;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.opencv.opencv_java;
import org.opencv.core.Core;

/** Loads OpenCV's native library once. */
public final class OpenCv {
  static {
    Loader.load(opencv_java.class);
    // Images are small: waking a pool of threads costs more than it saves, and jitters.
    Core.setNumThreads(1);
  }

  private OpenCv() {}

  /** Call before the first use of {@code org.opencv}. Any thread, any number of times. */
  public static void load() {
    // The static initialiser has done it.
  }

  /** Version of OpenCV. */
  public static String version() {
    return Core.VERSION;
  }
}
