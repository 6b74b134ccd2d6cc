package dev.tarsier.ros.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.runtime.testing.TestBundles;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
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
        .contains("no accepted provider works (tensorrt fp16: not in this build of ONNX Runtime")
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

  private void refuses(String words, String... arguments) {
    err.getBuffer().setLength(0);
    assertThat(run(arguments)).as(words).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(err.toString()).contains(words).doesNotContain("\tat ");
  }

  @Test
  void aWrongValueIsShown() {
    refuses(
        "--tensorrt optimization_level=x: optimization_level: must be a whole number",
        "engine",
        "build",
        "--model=" + model,
        "--tensorrt=optimization_level=x");
    refuses(
        "--tensorrt fp16=2: fp16: must be true or false", "engine", "list", "--tensorrt", "fp16=2");
    refuses(
        "--tensorrt cache_mb=1: cache_mb must be 64 to",
        "engine",
        "clear",
        "--tensorrt",
        "cache_mb=1");
    refuses(
        "Value for option '--tensorrt' (KEY=VALUE) should be in KEY=VALUE format but was fp16",
        "engine",
        "build",
        "--tensorrt",
        "fp16");
    refuses("--cache must name a folder, got nothing", "engine", "clear", "--cache=");
  }

  @Test
  void aPluginThatLeavesNoFileIsNoEngine() throws Exception {
    Prerequisites.programs("gcc");
    Path source = folder.resolve("stub_ep.c");
    try (InputStream in = TestBundles.class.getResourceAsStream("/plugin/stub_ep.c")) {
      Files.write(source, in.readAllBytes());
    }
    Path library = folder.resolve("libstub_ep.so");
    Process gcc =
        new ProcessBuilder(
                "gcc", "-w", "-shared", "-fPIC", "-o", library.toString(), source.toString())
            .inheritIO()
            .start();
    assertThat(gcc.waitFor()).isZero();
    refuses(
        "tarsier engine build: the plugin engine computes rightly, but is not kept: the build of"
            + " brightness-v1 left no file",
        "engine",
        "build",
        "--model=" + model,
        "--provider=plugin:" + library,
        "--plugin-option=some_option={engines}",
        "--cache=" + cache);
    assertThat(out.toString()).doesNotContain("  engine ");
    assertThat(cache).isEmptyDirectory();
  }

  /** Engines would lie among the temporary files and go with the process. */
  @Test
  void withoutAHomeAFolderHasToBeNamed() throws Exception {
    for (String command : List.of("build", "list", "clear")) {
      Process process = withoutHome("engine", command);
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(said).isEqualTo(RobotCommands.CANNOT_RUN);
      assertThat(said)
          .contains(
              "this user has no home folder to keep engines in; set HOME or XDG_CACHE_HOME, or set"
                  + " ~tensorrt/cache (--tensorrt cache=DIR) to a folder of your own")
          .doesNotContain("\tat ");
    }
    Process process = withoutHome("engine", "list", "--cache=" + cache);
    assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .contains(cache + ": 0 engines");
    assertThat(process.waitFor()).isZero();
  }

  private Process withoutHome(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Duser.home=?",
                "-Djava.io.tmpdir=" + folder,
                "-cp",
                System.getProperty("java.class.path"),
                RobotCommands.class.getName()));
    command.addAll(List.of(arguments));
    if (arguments[1].equals("build")) {
      command.add("--model=" + model);
    }
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("HOME");
    builder.environment().remove("XDG_CACHE_HOME");
    return builder.start();
  }

  @Test
  void whatIsNoEnginesIsListedAndNeverRemoved() throws Exception {
    Path notes = cache.resolve("quarantine/x/notes.txt");
    Files.createDirectories(notes.getParent());
    Files.writeString(notes, "mine");
    Files.createDirectories(cache.resolve("refused"));
    Files.writeString(cache.resolve("refused/k"), "mine");
    assertThat(run("engine", "list", "--tensorrt", "cache=" + cache)).isZero();
    assertThat(out.toString())
        .contains(cache + ": 0 engines", "no engine's: quarantine/x", "no engine's: refused/k");
    refuses(
        cache + ": holds what no engine cache puts there (quarantine/x, refused/k)",
        "engine",
        "clear",
        "--cache=" + cache);
    assertThat(notes).exists();
    refuses(notes + ": is no folder", "engine", "list", "--cache=" + notes);
    refuses(notes + ": is no folder", "engine", "clear", "--tensorrt", "cache=" + notes);
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

  @Test
  void aCacheThatIsNamedTwiceIsNamedTheSame() throws Exception {
    String one = folder.resolve("one").toString();
    String setting = "cache=" + folder.resolve("other");
    assertThat(run("engine", "list", "--cache", one, "--tensorrt", setting)).isEqualTo(2);
    assertThat(err.toString()).contains("--cache " + one, setting, "give one of them");
    assertThat(run("engine", "list", "--cache", one, "--tensorrt", "cache=" + one)).isZero();
  }
}
