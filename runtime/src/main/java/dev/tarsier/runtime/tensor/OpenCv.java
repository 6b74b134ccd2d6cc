package dev.tarsier.runtime.tensor;

import dev.tarsier.runtime.natives.NativeLibraries;
import dev.tarsier.runtime.natives.ProcessEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.opencv.global.opencv_core;

/**
 * Loads the three of OpenCV's libraries that are used: core, imgproc and imgcodecs, and OpenBLAS,
 * which core needs. Nothing of a desktop: highgui asks for GTK, which a robot does not have.
 */
public final class OpenCv {
  /** JavaCPP then loads nothing by itself while its classes initialise. */
  private static final String LOADS_BY_ITSELF = "org.bytedeco.javacpp.loadLibraries";

  /** Each before those that need it, since they name no folder to find one another in. */
  private static final List<String> OPENBLAS =
      List.of("libquadmath.so", "libgfortran.so", "libopenblas.so");

  /** Those that not every processor's build has. */
  private static final List<String> OF_SOME = List.of("libquadmath.so", "libgfortran.so");

  private static final List<String> JAVACPP = List.of("libjnijavacpp.so");

  private static final List<String> OPENCV =
      List.of(
          "libopencv_core.so",
          "libopencv_imgproc.so",
          "libopencv_imgcodecs.so",
          "libjniopencv_core.so",
          "libjniopencv_imgproc.so",
          "libjniopencv_imgcodecs.so");

  /**
   * All that are used: each loads libraries in JavaCPP's own way when it initialises later on,
   * which takes more than a second and finds other copies.
   */
  private static final List<String> CLASSES =
      List.of(
          "org.bytedeco.javacpp.BytePointer",
          "org.bytedeco.opencv.opencv_core.Mat",
          "org.bytedeco.opencv.opencv_core.Size",
          "org.bytedeco.opencv.global.opencv_core",
          "org.bytedeco.opencv.global.opencv_imgproc",
          "org.bytedeco.opencv.global.opencv_imgcodecs");

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

  /**
   * Native objects of OpenCV's (Mats above all) that this process has made and not freed yet, by
   * JavaCPP's own count of what it has to free. A stream of frames leaves it where it is; one that
   * was not closed counts until the collector finds it.
   *
   * @throws UnsatisfiedLinkError as {@link #load}
   */
  public static long liveObjects() {
    load();
    return Pointer.totalCount();
  }

  private static String loadLibraries() {
    // JavaCPP throws OutOfMemoryError when the process takes twice the Java heap, which is no sign
    // of a leak here: what it counts is the networks' memory. Mats are closed by hand.
    if (System.getProperty("org.bytedeco.javacpp.maxphysicalbytes") == null) {
      System.setProperty("org.bytedeco.javacpp.maxphysicalbytes", "0");
    }
    String before = System.getProperty(LOADS_BY_ITSELF);
    beSilent();
    try {
      Path folder = NativeLibraries.unpacked("opencv", sources());
      if (folder == null) {
        return "this build has no libraries for linux-" + architecture();
      }
      // JavaCPP's own way looks for each library under several names in several jars and folders.
      System.setProperty(LOADS_BY_ITSELF, "false");
      for (List<String> libraries : List.of(OPENBLAS, JAVACPP, OPENCV)) {
        for (String library : libraries) {
          load(folder, library);
        }
      }
      for (String type : CLASSES) {
        Class.forName(type, true, OpenCv.class.getClassLoader());
      }
      // Images are small: waking a pool of threads costs more than it saves, and jitters.
      opencv_core.setNumThreads(1);
      NativeLibraries.loaded(folder);
      return "";
    } catch (IOException e) {
      return e.getMessage(); // which names the folder and the way out
    } catch (LinkageError | ReflectiveOperationException e) {
      return innermost(e).getMessage() + NativeLibraries.IF_DAMAGED;
    } finally {
      if (before == null) {
        System.clearProperty(LOADS_BY_ITSELF);
      } else {
        System.setProperty(LOADS_BY_ITSELF, before);
      }
    }
  }

  /** Its own lines name no file; what fails is told by who asked. */
  private static void beSilent() {
    try {
      ProcessEnvironment.setIfAbsent("OPENCV_LOG_LEVEL", "SILENT");
    } catch (IllegalStateException e) {
      // then there are more lines than needed
    }
  }

  /** Loads a library of any version. */
  private static void load(Path folder, String library) throws IOException {
    Optional<Path> found;
    try (Stream<Path> files = Files.list(folder)) {
      found =
          files
              .filter(file -> NativeLibraries.isVersionOf(library, file.getFileName().toString()))
              .findFirst();
    }
    if (found.isPresent()) {
      System.load(found.get().toString());
    } else if (!OF_SOME.contains(library)) {
      throw NativeLibraries.missing(folder, library);
    }
  }

  private static NativeLibraries.Source[] sources() {
    String platform = "linux-" + architecture();
    ClassLoader loader = OpenCv.class.getClassLoader();
    return new NativeLibraries.Source[] {
      new NativeLibraries.Source(
          loader, "org/bytedeco/opencv/" + platform + "/", "libjniopencv_core.so", OPENCV),
      new NativeLibraries.Source(
          loader, "org/bytedeco/javacpp/" + platform + "/", "libjnijavacpp.so", JAVACPP),
      new NativeLibraries.Source(
          loader, "org/bytedeco/openblas/" + platform + "/", "libjniopenblas.so", OPENBLAS)
    };
  }

  private static String architecture() {
    String architecture = System.getProperty("os.arch");
    return switch (architecture) {
      case "amd64" -> "x86_64";
      case "aarch64" -> "arm64";
      default -> architecture;
    };
  }

  /** A class that fails to initialise only says that it did; the system's message says why. */
  private static Throwable innermost(Throwable error) {
    Throwable cause = error;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}
