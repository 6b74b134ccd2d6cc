package dev.tarsier.runtime.inference;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtEnvironment;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.runtime.testing.TestBundles;
import java.io.File;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineStartTest {
  /** A process that only loads the engine. */
  static final class Child {
    private Child() {}

    /** Prints the engine's version, or why there is none. */
    public static void main(String[] args) {
      try {
        System.out.println("engine " + InferenceEngine.usual().version());
      } catch (UnsatisfiedLinkError e) {
        System.out.println(e.getMessage());
      }
    }
  }

  /** A process that asks for the engine again where it could not have it. */
  static final class Refused {
    private Refused() {}

    /** Prints at each try why there is none. */
    public static void main(String[] args) {
      Child.main(args);
      Child.main(args);
    }
  }

  /** A process that is told to end while it loads a network, in the worst order. */
  static final class EndingChild {
    private EndingChild() {}

    /** Does what ONNX Runtime's shutdown hook does, then loads and runs a network. */
    public static void main(String[] args) throws Exception {
      OrtEnvironment environment = EngineStart.environment();
      Field handle = OrtEnvironment.class.getDeclaredField("nativeHandle");
      Field api = Class.forName("ai.onnxruntime.OnnxRuntime").getDeclaredField("ortApiHandle");
      Class<?> closer = Class.forName("ai.onnxruntime.OrtEnvironment$OrtEnvCloser");
      Constructor<?> make = closer.getDeclaredConstructor(long.class, long.class);
      for (AccessibleObject each : List.of(handle, api, make)) {
        each.setAccessible(true);
      }
      ((Runnable) make.newInstance(api.getLong(null), handle.getLong(environment))).run();
      Bundle bundle = Bundle.load(Path.of(args[0]));
      try (InferenceSession session =
          InferenceSession.open(bundle, SessionOptions.of(ProviderPreference.cpu()))) {
        session.run();
      }
      System.out.println("ran");
      System.out.flush();
      // The hook would give back what the line above has given back; nothing else is looked at.
      Runtime.getRuntime().halt(0);
    }
  }

  private static String run(String... command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  @Test
  void startsWithALongCommandLine() throws Exception {
    String longPath =
        System.getProperty("java.class.path") + File.pathSeparator + "/" + "x".repeat(100_000);
    assertThat(run(java(), "-cp", longPath, Child.class.getName())).startsWith("engine 1.");
  }

  @Test
  void startsWhenTheClassPathIsInTheEnvironment() throws Exception {
    assertThat(run(java(), Child.class.getName())).startsWith("engine 1.");
  }

  @Test
  void aTemporaryFolderThatCannotBeWrittenIsSaidWithTheWayOut() throws Exception {
    // not even root can make a folder in /proc, whatever stands for a read-only disk elsewhere
    assertThat(run(java(), "-Djava.io.tmpdir=/proc", Child.class.getName()))
        .isEqualTo(
            "ONNX Runtime cannot start, since the temporary folder /proc cannot be written (there is"
                + " no such file or folder); set TMPDIR to a folder that you can write\n");
  }

  @Test
  void aFolderWithoutTheLibrariesIsSaidWithTheWayOutAtEveryTry(@TempDir Path folder)
      throws Exception {
    assertThat(run(java(), "-Donnxruntime.native.path=" + folder, Refused.class.getName()).lines())
        .hasSize(2)
        .allSatisfy(
            line ->
                assertThat(line)
                    .startsWith("ONNX Runtime does not load: ")
                    .contains(folder + "/libonnxruntime.so")
                    .contains("; -Donnxruntime.native.path is to name a folder with "));
  }

  @Test
  void aPackageThatLacksALibrarySaysSo(@TempDir Path folder) throws Exception {
    String incomplete = ": this copy of Tarsier is incomplete; unpack or install its package again";
    Files.writeString(folder.resolve("libonnxruntime.so"), "no library");
    assertThat(run(java(), "-Dtarsier.natives=" + folder, Refused.class.getName()).lines())
        .hasSize(2)
        .containsOnly(folder + " has no libonnxruntime4j_jni.so" + incomplete);
    Files.writeString(folder.resolve("libonnxruntime4j_jni.so"), "no library");
    assertThat(run(java(), "-Dtarsier.natives=" + folder, Refused.class.getName()).lines())
        .filteredOn(line -> line.startsWith("ONNX Runtime does not load: "))
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).contains(folder + "/libonnxruntime.so"));
  }

  @Test
  void whatAKilledProcessLeftAmongTheTemporaryFilesGoes(@TempDir Path folder) throws Exception {
    FileTime old = FileTime.from(Instant.now().minus(Duration.ofHours(1)));
    Path left = Files.createDirectory(folder.resolve("onnxruntime-java1"));
    Path filled = Files.createDirectory(folder.resolve("onnxruntime-java2"));
    Files.writeString(filled.resolve("libonnxruntime.so"), "in use");
    Path starting = Files.createDirectory(folder.resolve("onnxruntime-java3"));
    Files.setLastModifiedTime(left, old);
    Files.setLastModifiedTime(filled, old);
    assertThat(run(java(), "-Djava.io.tmpdir=" + folder, Child.class.getName()))
        .startsWith("engine 1.");
    assertThat(folder).isDirectoryNotContaining(left::equals);
    assertThat(List.of(filled, starting)).allSatisfy(each -> assertThat(each).exists());
    assertThat(folder.toFile().list()).hasSize(2);
  }

  @Test
  void loadsAndRunsWhileTheProcessEnds(@TempDir Path folder) throws Exception {
    Path bundle = TestBundles.brightness(folder.resolve("brightness-v1"));
    // a crash would leave its report in the working directory
    String report = "-XX:ErrorFile=" + folder.resolve("crash.log");
    assertThat(run(java(), report, EndingChild.class.getName(), bundle.toString()))
        .endsWith("ran\n");
  }

  /** Whoever starts them otherwise starts them with telemetry, and unpacked somewhere. */
  @Test
  void nothingElseStartsTheNativeLibraries() throws Exception {
    List<String> others = new ArrayList<>();
    try (Stream<Path> tree = Files.walk(Prerequisites.root())) {
      for (Path file : tree.filter(each -> each.toString().endsWith(".java")).toList()) {
        String path = Prerequisites.root().relativize(file).toString();
        String text = Files.readString(file, StandardCharsets.UTF_8);
        if (path.contains("src/main/")
            && ((text.contains("OrtEnvironment")
                    && !path.endsWith("/inference/EngineStart.java")
                    && !path.endsWith("/inference/OnnxRuntime.java")
                    && !path.endsWith("/inference/ProviderPlugin.java")
                    && !path.startsWith("bench/"))
                || (text.contains("NDManager.newBaseManager(") && !path.endsWith("/PyTorch.java"))
                || (text.contains("import org.bytedeco.javacpp.Loader;")
                    && !path.endsWith("/OpenCv.java")))) {
          others.add(path);
        }
      }
    }
    assertThat(others).isEmpty();
  }
}
