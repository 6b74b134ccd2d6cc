package dev.tarsier.runtime.inference;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoggingLevel;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.runtime.natives.NativeLibraries;
import dev.tarsier.runtime.natives.ProcessEnvironment;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts ONNX Runtime on a thread with stack enough. On Linux, ONNX Runtime 1.29 recurses while it
 * creates its environment, the deeper the longer the command line of its process is, and ends the
 * process with a segmentation fault where the stack does. Found by trying: with 1 MB of stack 3.9
 * KB of command line start and 4.2 KB do not; 6 KB start with 4 MB, 25 KB with 16 MB, 100 KB with
 * 64 MB. Once it is started, other threads need no more than usual.
 */
public final class EngineStart {
  private static final Logger LOG = LoggerFactory.getLogger(EngineStart.class);

  private static final String NATIVE_PATH_PREFIX = "onnxruntime.native.";

  private static final String LIBRARY = "libonnxruntime.so";

  private static final String BINDING = "libonnxruntime4j_jni.so";

  /** Of the folder that ONNX Runtime makes among the temporary files. */
  private static final String TEMPORARY_PREFIX = "onnxruntime-java";

  private static final Duration ABANDONED_AFTER = Duration.ofMinutes(10);

  private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

  /** What a thread has by default, and several times what was seen to be needed for each byte. */
  private static final long STACK_BYTES = 1 << 20;

  private static final long STACK_BYTES_PER_BYTE = 1 << 10;

  /** Null before the first call; guarded by the class. */
  private static OrtEnvironment environment;

  /**
   * Why its classes did not initialise, which Java tries only once; null as long as they did.
   * Guarded by the class.
   */
  private static String failure;

  private EngineStart() {}

  /**
   * The process's environment of ONNX Runtime, started by the first call: before any other use of
   * {@code ai.onnxruntime}, whose classes load the libraries by themselves. Any thread.
   *
   * @throws UnsatisfiedLinkError at every call when the libraries cannot be unpacked or loaded;
   *     says why, and the way out
   */
  public static synchronized OrtEnvironment environment() {
    if (failure != null) {
      throw new UnsatisfiedLinkError(failure);
    }
    if (environment == null) {
      // Read once, while the library loads. Without it ONNX Runtime 1.29 looks up and calls its
      // makers' collector, and keeps a device id and records below ~/.cache/Microsoft;
      // OrtEnvironment.setTelemetry(false) comes too late for both.
      try {
        ProcessEnvironment.setIfAbsent("ORT_DISABLE_TELEMETRY", "1");
      } catch (IllegalStateException e) {
        throw asLinkError(e);
      }
      checkTemporaryFolder();
      Path libraries = libraries();
      try {
        environment = start(STACK_BYTES + STACK_BYTES_PER_BYTE * commandLineBytes());
      } catch (LinkageError e) {
        failure = "ONNX Runtime does not load: " + reason(e) + wayOut(libraries);
        UnsatisfiedLinkError error = new UnsatisfiedLinkError(failure);
        error.addSuppressed(e);
        throw error;
      }
      keepBeyondTheShutdownHook();
      if (libraries != null) {
        removeEmptyFolder();
        if (!Files.exists(libraries.resolve("libonnxruntime_providers_shared.so"))) {
          NativeLibraries.loaded(libraries); // nothing there that is loaded later
        }
      }
    }
    return environment;
  }

  /**
   * ONNX Runtime makes a folder among the temporary files while its classes initialise, and where
   * it cannot, says so with a stack trace, and can never be started in this process. So it is tried
   * before. What a process left that was killed in that moment goes: Java knows only one temporary
   * folder, so that the place of this one cannot be chosen.
   */
  private static void checkTemporaryFolder() {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath();
    try {
      removeAbandoned(temporary);
      Files.delete(Files.createTempDirectory(temporary, TEMPORARY_PREFIX));
    } catch (IOException e) {
      throw new UnsatisfiedLinkError(
          "ONNX Runtime cannot start, since the temporary folder %s cannot be written (%s); set TMPDIR to a folder that you can write"
              .formatted(temporary, WholeFile.reason(e)));
    }
  }

  /** Of a class that fails to initialise, what it threw says why. */
  private static String reason(LinkageError e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.toString() : cause.getMessage();
  }

  private static String wayOut(Path libraries) {
    return libraries == null
        ? "; -Donnxruntime.native.path is to name a folder with %s and %s for this machine"
            .formatted(LIBRARY, BINDING)
        : NativeLibraries.IF_DAMAGED;
  }

  /**
   * Removes what is empty, this user's, and older than any start takes. A process that unpacks into
   * such a folder does so at once.
   */
  private static void removeAbandoned(Path temporary) throws IOException {
    Instant before = Instant.now().minus(ABANDONED_AFTER);
    Object self = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    try (DirectoryStream<Path> left = Files.newDirectoryStream(temporary, TEMPORARY_PREFIX + "*")) {
      for (Path folder : left) {
        try {
          if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
              && self.equals(Files.getAttribute(folder, "unix:uid"))
              && Files.getLastModifiedTime(folder).toInstant().isBefore(before)) {
            Files.delete(folder); // refused where it is not empty
          }
        } catch (IOException e) {
          LOG.debug("{} stays: {}", folder, e.toString());
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  private static OrtEnvironment start(long stackBytes) {
    FutureTask<OrtEnvironment> start = new FutureTask<>(OrtEnvironment::getEnvironment);
    new Thread(null, start, "tarsier-engine-start", stackBytes).start();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return start.get();
        } catch (InterruptedException e) {
          interrupted = true; // it takes well under a second, and cannot be broken off
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof LinkageError error) {
        throw error;
      }
      throw new IllegalStateException("ONNX Runtime does not start: " + e.getCause(), e.getCause());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Unpacks the libraries, unless the user has said where they are, as on a Jetson.
   *
   * @return the folder that ONNX Runtime will load them from; null where the user's is used
   */
  private static Path libraries() {
    if (System.getProperties().stringPropertyNames().stream()
        .anyMatch(name -> name.startsWith(NATIVE_PATH_PREFIX) && name.endsWith(".path"))) {
      return null;
    }
    try {
      Path folder =
          NativeLibraries.unpacked(
              "onnxruntime",
              new NativeLibraries.Source(
                  OrtEnvironment.class.getClassLoader(),
                  "ai/onnxruntime/native/linux-" + architecture() + "/",
                  LIBRARY));
      if (folder != null) {
        if (!Files.exists(folder.resolve(BINDING))) {
          throw NativeLibraries.missing(folder, BINDING);
        }
        System.setProperty("onnxruntime.native.path", folder.toString());
      }
      return folder;
    } catch (IOException e) {
      throw asLinkError(e);
    }
  }

  private static UnsatisfiedLinkError asLinkError(Exception e) {
    UnsatisfiedLinkError error = new UnsatisfiedLinkError(e.getMessage());
    error.initCause(e);
    return error;
  }

  private static String architecture() {
    String architecture = System.getProperty("os.arch");
    return architecture.equals("amd64") ? "x64" : architecture;
  }

  /**
   * ONNX Runtime makes a temporary folder even where it unpacks nothing, and keeps it to the end.
   */
  private static void removeEmptyFolder() {
    try {
      Class<?> loader = Class.forName("ai.onnxruntime.OnnxRuntime");
      Field field = loader.getDeclaredField("tempDirectory");
      field.setAccessible(true);
      if (field.get(null) instanceof Path folder) {
        Files.deleteIfExists(folder);
      }
    } catch (ReflectiveOperationException | RuntimeException | IOException e) {
      LOG.debug("ONNX Runtime's temporary folder stays until the end: {}", e.toString());
    }
  }

  /**
   * ONNX Runtime's own shutdown hook gives its environment back, and a session that is created or
   * runs at that moment aborts the process. The environment counts its owners: with one more it
   * stays until the process is gone.
   */
  private static void keepBeyondTheShutdownHook() {
    try {
      Field api = Class.forName("ai.onnxruntime.OnnxRuntime").getDeclaredField("ortApiHandle");
      api.setAccessible(true);
      Method create =
          OrtEnvironment.class.getDeclaredMethod(
              "createHandle", long.class, int.class, String.class);
      create.setAccessible(true);
      create.invoke(
          null,
          api.getLong(null),
          OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING.getValue(),
          OrtEnvironment.DEFAULT_NAME);
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.debug("a signal while a network is loaded may end in a crash: {}", e.toString());
    }
  }

  private static int commandLineBytes() {
    try {
      return Files.exists(COMMAND_LINE) ? Files.readAllBytes(COMMAND_LINE).length : 0;
    } catch (IOException e) {
      return 0; // not readable: most command lines are short
    }
  }
}
