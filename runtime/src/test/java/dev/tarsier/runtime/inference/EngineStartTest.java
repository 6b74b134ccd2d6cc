package dev.tarsier.runtime.inference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.testing.Prerequisites;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class EngineStartTest {
  /** A process that only loads the engine. */
  static final class Child {
    private Child() {}

    /** Prints the engine's version. */
    public static void main(String[] args) {
      System.out.println("engine " + InferenceSession.engineVersion());
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

  /** Whoever starts them otherwise starts them with telemetry, and unpacked somewhere. */
  @Test
  void nothingElseStartsTheNativeLibraries() throws Exception {
    List<String> others = new ArrayList<>();
    try (Stream<Path> tree = Files.walk(Prerequisites.root())) {
      for (Path file : tree.filter(each -> each.toString().endsWith(".java")).toList()) {
        String path = Prerequisites.root().relativize(file).toString();
        String text = Files.readString(file, StandardCharsets.UTF_8);
        if (path.contains("src/main/")
            && ((text.contains("OrtEnvironment.getEnvironment()")
                    && !path.endsWith("/EngineStart.java"))
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
