package dev.tarsier.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.runtime.testing.TestBundles;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class QuantizeCommandTest {
  private static final Path RECIPE =
      Prerequisites.root().resolve("trainer/recipes/synthetic-quick.yaml");

  @TempDir Path temp;

  private static String refused(String bundle, Path recipe, String... options) {
    StringWriter errors = new StringWriter();
    CommandLine line = RobotCommands.commandLine(new Tarsier());
    line.setErr(new PrintWriter(errors, true));
    List<String> arguments = new ArrayList<>(List.of("quantize", bundle, "--recipe"));
    arguments.add(recipe.toString());
    arguments.addAll(List.of(options));
    assertThat(line.execute(arguments.toArray(String[]::new))).isEqualTo(2);
    assertThat(errors.toString().lines()).hasSize(1);
    return errors.toString();
  }

  @Test
  void aBundleIsLookedUpAsElsewhere() {
    assertThat(refused("no-such-bundle", RECIPE))
        .startsWith("tarsier quantize: there is no bundle 'no-such-bundle'")
        .contains("/models/no-such-bundle");
  }

  @Test
  void aRecipeThatIsNotThereIsWrongInput() throws Exception {
    Path bundle = TestBundles.brightness(temp.resolve("brightness-v1"));
    assertThat(refused(bundle.toString(), temp.resolve("none.yaml")))
        .contains("none.yaml: there is no such file");
  }

  /** Before anything is run, and whatever else is wrong. */
  @Test
  void whatNoQuantisationCanHaveIsRefusedFirst() throws Exception {
    Path bundle = TestBundles.brightness(temp.resolve("brightness-v1"));
    Files.write(bundle.resolve("model.onnx"), new byte[] {1, 2, 3});
    assertThat(refused(bundle.toString(), RECIPE, "--frames", "0"))
        .contains("frames must be 1 to 10000, got 0");
    assertThat(refused(bundle.toString(), RECIPE, "--max-miou-lost", "200"))
        .contains("max_miou_lost must be 0 to 100, got 200");
  }

  @Test
  void weightsThatWereExchangedAreWrongInput() throws Exception {
    Path bundle = TestBundles.brightness(temp.resolve("brightness-v1"));
    Files.write(bundle.resolve("model.onnx"), new byte[] {1, 2, 3});
    assertThat(refused(bundle.toString(), RECIPE)).contains("sha256");
  }

  @Test
  void aBundleThatDoesNotComputeItsGoldenFramesIsRefused() throws Exception {
    Path bundle = TestBundles.brightness(temp.resolve("brightness-v1"));
    TestBundles.addGolden(bundle, 40, 200);
    Files.copy(
        bundle.resolve("golden/01.png"),
        bundle.resolve("golden/00.png"),
        StandardCopyOption.REPLACE_EXISTING);
    assertThat(refused(bundle.toString(), RECIPE)).contains("golden/00.png");
  }

  @Test
  void aRecipeThatDidNotMakeTheBundleIsRefused() throws Exception {
    Path shipped = Prerequisites.shippedBundle();
    Path copy = temp.resolve("copy");
    try (Stream<Path> files = Files.walk(shipped)) {
      for (Path each : files.toList()) {
        Files.copy(each, copy.resolve(shipped.relativize(each).toString()));
      }
    }
    assertThat(refused(copy.toString(), RECIPE))
        .contains("synthetic-quick.yaml did not make ", "which was validated on rendered-2026")
        .contains("; give the recipe that made it");
  }
}
