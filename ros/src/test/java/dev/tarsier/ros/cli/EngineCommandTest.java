package dev.tarsier.ros.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import dev.tarsier.runtime.testing.TestBundles;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class EngineCommandTest {
  private static final String KEY = "0123456789abcdef0123456789abcdef01234567";

  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Path model;
  private Path cache;

  @BeforeEach
  void bundle() throws Exception {
    model = TestBundles.brightness(folder.resolve("model"));
    TestBundles.addGolden(model, 0xC80A10);
    cache = folder.resolve("engines");
  }

  private int run(String... arguments) {
    CommandLine line = RobotCommands.commandLine(new RobotCommands());
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    return line.execute(arguments);
  }

  @Test
  void whatCannotBeBuiltHereIsSaidForEachStep() {
    assumeThat(OrtEnvironment.getAvailableProviders()).doesNotContain(OrtProvider.TENSOR_RT);
    int code = run("engine", "build", "--model=" + model, "--tensorrt", "cache=" + cache);
    assertThat(code).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(err.toString())
        .contains("no provider works (tensorrt fp16: not in this build of ONNX Runtime")
        .contains("; tensorrt fp32: not in this build");
    assertThat(cache).doesNotExist();
  }

  @Test
  void theProcessorHasNothingToBuild() {
    int code = run("engine", "build", "--model=" + model, "--provider=cpu");
    assertThat(code).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(err.toString()).contains("there is nothing to build for this provider");
  }

  @Test
  void aWrongSettingIsNamed() {
    int code = run("engine", "build", "--model=" + model, "--tensorrt", "fp61=false");
    assertThat(code).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(err.toString()).contains("--tensorrt", "fp61", "did you mean 'fp16'?");
  }

  @Test
  void listsWhatIsThereAndClearsIt() throws Exception {
    Path engine = Files.createDirectories(cache.resolve(KEY));
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwx------"));
    Files.write(engine.resolve("x.engine"), new byte[3 << 20]);
    Files.writeString(
        engine.resolve("engine.json"),
        """
        {"model": "brightness-v1", "built": "2026-01-01T00:00:00Z", "seconds": 83.4,
         "facts": {"gpu": "NVIDIA Orin", "precision": "fp16", "provider": "tensorrt"},
         "files": {}}
        """);
    Path aside = Files.createDirectories(cache.resolve("quarantine").resolve(KEY));
    Files.writeString(aside.resolve("reason.txt"), "depth is NaN\n");

    assertThat(run("engine", "list", "--cache", cache.toString())).isZero();
    assertThat(out.toString())
        .contains(cache + ": 1 engine\n")
        .contains(
            "0123456789ab  brightness-v1 tensorrt fp16 · NVIDIA Orin · 3.0 MiB · built in 83 s")
        .contains("0123456789ab  put aside: depth is NaN");
    assertThat(run("engine", "clear", "--cache", cache.toString())).isZero();
    assertThat(out.toString()).contains(cache + ": 2 engines removed");
    assertThat(cache).isEmptyDirectory();
    assertThat(run("engine", "list", "--cache", cache.toString())).isZero();
    assertThat(out.toString()).contains(cache + ": 0 engines");
  }
}
