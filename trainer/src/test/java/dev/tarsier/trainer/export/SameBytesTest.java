package dev.tarsier.trainer.export;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import dev.tarsier.runtime.model.BundleManifest.DataSet;
import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.runtime.model.BundleManifest.Metrics;
import dev.tarsier.runtime.model.BundleManifest.Provenance;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.Fusion;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Ports;
import dev.tarsier.trainer.network.PublishedEncoder;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.network.TestPorts;
import dev.tarsier.trainer.task.TestTasks;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The order of {@code Map.of} and the clock change with each start of Java; what is written not.
 */
class SameBytesTest {
  private static final Size SIZE = new Size(48, 64);
  private static final Edge EDGE = new Edge(PublishedEncoder.TORCHVISION, 0.25, 24);
  private static final Ports STUDENT = TestPorts.of(3);
  private static final Ports TEACHER = TestPorts.withDepthInput(STUDENT, Fusion.FEATURES);

  @TempDir Path temp;

  /** A process that writes a bundle and a teacher, always of the same weights. */
  static final class Child {
    private Child() {}

    /** Writes into the folder that is named. */
    public static void main(String[] args) throws Exception {
      Path folder = Path.of(args[0]);
      Map<String, String> nine =
          Map.of(
              "a", "1", "b", "2", "c", "3", "d", "4", "e", "5", "f", "6", "g", "7", "h", "8", "i",
              "9");
      byte[] pixels = new byte[3 * 48 * 64];
      new Random(5).nextBytes(pixels);
      try (NDManager manager = PyTorch.newBaseManager();
          GraphModule student = GraphModule.create(EDGE.graph(STUDENT), manager, 11);
          GraphModule teacher = GraphModule.create(EDGE.graph(TEACHER), manager, 11)) {
        BundleExporter.export(
            student,
            spec(),
            2,
            List.of(new RgbImage(64, 48, pixels)),
            List.of(),
            folder.resolve("bundle"));
        Files.write(
            folder.resolve("teacher.onnx"),
            OnnxExporter.export(teacher, TestTasks.of(teacher.graph(), 3), SIZE, nine)
                .toByteArray());
      }
    }

    private static BundleSpec spec() {
      return new BundleSpec(
          "room",
          "1",
          SIZE,
          TestTasks.both(3),
          new Intrinsics(60, 60, 32, 24),
          new Provenance(
              "0".repeat(64),
              List.of(new DataSet("rooms", "train", 4, null)),
              7,
              List.of(new Metrics("miou", "rooms", Map.of("a", 0.1, "b", 0.2, "c", 0.3))),
              Map.of("one", "1", "two", "2", "three", "3", "four", "4")),
          "a card");
    }
  }

  @Test
  void twoStartsOfJavaWriteTheSameBytes() throws Exception {
    Map<String, byte[]> first = export(temp.resolve("first"));
    Map<String, byte[]> second = export(temp.resolve("second"));

    assertThat(first.keySet())
        .isEqualTo(second.keySet())
        .contains("bundle/model.onnx", "bundle/model.json", "bundle/CARD.md", "teacher.onnx");
    assertThat(first)
        .allSatisfy((file, bytes) -> assertThat(bytes).as(file).isEqualTo(second.get(file)));
  }

  private static Map<String, byte[]> export(Path folder) throws Exception {
    Files.createDirectories(folder);
    Path log = folder.resolveSibling(folder.getFileName() + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-Dai.djl.pytorch.num_threads=1",
                "-Dai.djl.pytorch.num_interop_threads=1",
                Child.class.getName(),
                folder.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    // A long command line crashes a native library, see the launcher.
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    Process process = builder.start();
    try {
      assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("ends").isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).as(Files.readString(log, StandardCharsets.UTF_8)).isZero();
    Map<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.put(folder.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    return files;
  }
}
