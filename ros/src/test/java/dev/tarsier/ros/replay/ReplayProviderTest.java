package dev.tarsier.ros.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.runtime.testing.TestBundles;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What computes a replay, as a user asks for it. */
class ReplayProviderTest {
  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Path model;

  @BeforeEach
  void bundle() throws Exception {
    model = TestBundles.brightness(folder.resolve("model"));
    TestBundles.addGolden(model, 0xC80A10);
  }

  private int run(String... arguments) {
    CommandLine line = RobotCommands.commandLine(new RobotCommands());
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    return line.execute(arguments);
  }

  @Test
  void replayRequiresAProviderToo() throws Exception {
    assumeThat(OrtEnvironment.getAvailableProviders()).doesNotContain(OrtProvider.CUDA);
    Path bag = folder.resolve("a.bag");
    try (TestBags write = new TestBags(bag)) {
      write.image(0).image(100);
    }
    String to = "--out=" + folder.resolve("out");
    String from = "--model=" + model;
    assertThat(run("replay", bag.toString(), from, to, "--provider=cuda", "--require-provider"))
        .isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(err.toString()).contains("no accepted provider works (cuda: not in this build");
    assertThat(folder.resolve("out")).doesNotExist();

    assertThat(run("replay", bag.toString(), from, to, "--provider=tensorrt")).isZero();
    assertThat(out.toString()).contains("on cpu: 2 of 2 images");
    assertThat(Files.readString(folder.resolve("out/report.json")))
        .contains("tensorrt fp16: not in this build", "tensorrt fp32: ", "cuda: ");
  }

  @Test
  void replaysOutputsDoNotDependOnTheThreads() throws Exception {
    Path bag = folder.resolve("a.bag");
    try (TestBags write = new TestBags(bag)) {
      write.image(0).image(100).image(200);
    }
    String[] hashes = new String[3];
    for (int i = 0; i < 3; i++) {
      assertThat(
              run(
                  "replay",
                  bag.toString(),
                  "--model=" + model,
                  "--out=" + folder.resolve("out" + i),
                  "--threads=" + (1 << i)))
          .isZero();
      hashes[i] = out.toString().replaceAll("(?s).*sha256 ([0-9a-f]{64}).*", "$1");
    }
    assertThat(hashes[0]).hasSize(64).isEqualTo(hashes[1]).isEqualTo(hashes[2]);
    assertThat(run("replay", bag.toString(), "--model=" + model, "--threads=0"))
        .isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(err.toString()).contains("--threads must be 1 to 1024, got 0");
  }
}
