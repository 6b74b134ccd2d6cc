package dev.tarsier.ros.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.runtime.inference.InferenceEngine;
import dev.tarsier.runtime.tensor.OpenCv;
import dev.tarsier.runtime.testing.FullDisk;
import dev.tarsier.runtime.testing.TestBundles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full is one line that names the file and the cause. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
@Tag("untimed")
class FullDiskIT {
  @TempDir Path folder;

  private Path bag;
  private Path model;

  @BeforeEach
  void prepare() throws IOException {
    OpenCv.load(); // unpacks what the limit would keep from being unpacked
    assertThat(InferenceEngine.usual().version()).isNotEmpty();
    model = TestBundles.brightness(folder.resolve("brightness-v1"));
    bag = folder.resolve("a.bag");
    try (TestBags writer = new TestBags(bag)) {
      for (int i = 0; i < 8; i++) {
        writer.image(100L * i).depth(100L * i, 4000);
      }
    }
  }

  private void isOneLineAbout(Path file, String... more) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                RobotCommands.class.getName(),
                "replay",
                bag.toString(),
                "--model=" + model,
                "--out=" + folder.resolve("report")));
    command.addAll(List.of(more));
    FullDisk.Result result = FullDisk.run(2, command);
    assertThat(result.code()).as(result.toString()).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(result.errors()).as(result.toString()).hasSize(1);
    assertThat(result.errors().get(0))
        .startsWith("tarsier replay: " + file)
        .endsWith(": " + FullDisk.CAUSE);
    assertThat(FullDisk.halves(folder)).isEmpty();
  }

  @Test
  void ofAReport() throws Exception {
    isOneLineAbout(folder.resolve("report").resolve("report."));
  }

  @Test
  void ofARecordedBag() throws Exception {
    Path record = folder.resolve("out.bag");
    isOneLineAbout(record, "--record=" + record);
    assertThat(record).doesNotExist();
  }

  private FullDisk.Result replay(int kibibytes, Path cache) throws Exception {
    return FullDisk.run(
        kibibytes,
        Map.of("XDG_CACHE_HOME", cache.toString()),
        List.of(
            RobotCommands.class.getName(),
            "replay",
            bag.toString(),
            "--model=" + model,
            "--out=" + folder.resolve("report")));
  }

  private void isOneLineAboutLibraries(FullDisk.Result result, String name, Path natives)
      throws IOException {
    assertThat(result.code()).as(result.toString()).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(result.errors()).as(result.toString()).hasSize(1);
    assertThat(result.errors().get(0))
        .startsWith("tarsier replay: ")
        .contains("the native libraries of " + name + " cannot be unpacked into " + natives + " (")
        .contains(".so")
        .contains(": " + FullDisk.CAUSE + "); free some space there, or set XDG_CACHE_HOME");
    assertThat(FullDisk.halves(natives)).allSatisfy(file -> assertThat(file).hasFileName(".lock"));
  }

  @Test
  void ofTheFolderThatNativeLibrariesAreUnpackedInto() throws Exception {
    Path cache = Files.createDirectories(folder.resolve("cache"));
    Path natives = cache.toRealPath().resolve("tarsier/natives");
    isOneLineAboutLibraries(replay(1 << 10, cache), "onnxruntime", natives);
    assertThat(replay(1 << 20, cache).code()).as("with room").isEqualTo(RobotCommands.OK);
    List<Path> unpacked;
    try (Stream<Path> all = Files.list(natives)) {
      unpacked = all.filter(each -> each.getFileName().toString().startsWith("opencv-")).toList();
    }
    assertThat(unpacked).hasSize(1);
    try (Stream<Path> tree = Files.walk(unpacked.get(0))) {
      for (Path each : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
    isOneLineAboutLibraries(replay(1 << 10, cache), "opencv", natives);
    assertThat(replay(1 << 20, cache).code()).as("with room again").isEqualTo(RobotCommands.OK);
  }
}
