package dev.tarsier.ros.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.runtime.testing.TestBundles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The start scripts, in a checkout whose path has umlauts and blanks, under POSIX locales. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class LauncherIT {
  /** Makes the paths itself: this Java may not be able to name them. */
  private static final String SCRIPT =
      """
      set -eu
      root=$1 work=$2
      home="$work/$(printf 'Pr\\303\\274fung mit Platz')"
      mkdir -p "$home/launch"
      cp "$root/tarsier" "$home/"
      cp "$root/launch/perception_node" "$root/launch/start.sh" "$home/launch/"
      ln -s "$root/ros" "$root/runtime" "$root/pom.xml" "$home/"
      bag="$home/$(printf 'K\\303\\274che.bag')" model="$home/$(printf 'B\\303\\274ndel 1')"
      cp "$work/a.bag" "$bag"
      cp -r "$work/brightness-v1" "$model"
      cd "$home"
      export TARSIER_NO_BUILD=1
      unset LC_ALL LC_CTYPE LANG
      ./tarsier replay "$bag" --model "$model" --out "$(printf 'Fl\\303\\274sse')" --threads 1
      test -s "$(printf 'Fl\\303\\274sse')/report.json"
      LANG=C ./tarsier bag info "$bag"
      LC_ALL=POSIX ./launch/perception_node --help
      """;

  /** A build takes long, so it may not be done for nothing; what it generates is no source. */
  private static final String BUILDS =
      """
      set -eu
      root=$1 work=$2 home="$2/home" bin="$2/bin"
      mkdir -p "$bin" "$home/launch" "$home/runtime/src/main/jte" "$home/ros/src/main/java"
      cp "$root/tarsier" "$home/"
      cp "$root/launch/start.sh" "$home/launch/"
      touch "$home/pom.xml" "$home/runtime/src/main/jte/page.jte" "$home/ros/src/main/java/A.java"
      cat >"$bin/mvn" <<'END'
      #!/bin/bash
      echo "$*" >>"$HOME/builds"
      sleep 0.05
      mkdir -p runtime/target/generated-sources/jte ros/target
      touch runtime/target/generated-sources/jte/JtepageGenerated.java
      echo none >ros/target/classpath.txt
      END
      chmod +x "$bin/mvn"
      export HOME=$work PATH="$bin:$PATH"
      unset TARSIER_NO_BUILD
      count() { "$home/tarsier" node >/dev/null 2>&1 || true; wc -l <"$work/builds"; }
      echo "first $(count)" "second $(count)"
      sleep 0.05
      touch "$home/runtime/src/main/jte/page.jte"
      echo "page $(count)" "again $(count)"
      touch "$home/ros/src/main/java/A.java"
      echo "source $(count)"
      echo "/m2/onnxruntime_gpu-1.29.0.jar" >"$home/ros/target/classpath.txt"
      sleep 0.05
      touch "$home/ros/src/main/java/A.java"
      echo "for the GPU $(count)"
      cat "$work/builds"
      """;

  /** As a package is laid out. */
  private static final String PACKAGE =
      """
      set -eu
      root=$1 home="$2/home"
      mkdir -p "$home/launch" "$home/lib"
      cp "$root/tarsier" "$home/"
      cp "$root/launch/start.sh" "$home/launch/"
      for command in bench train quantize; do
        code=0
        "$home/tarsier" $command start || code=$?
        sh "$home/tarsier" help $command || true
        echo "code $code"
      done
      """;

  @TempDir Path folder;

  private String run(int expected, String script) throws IOException, InterruptedException {
    Path said = folder.resolve("said");
    Process process =
        new ProcessBuilder(
                "bash", "-c", script, "test", Prerequisites.root().toString(), folder.toString())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    int code = process.waitFor();
    String text = Files.readString(said, StandardCharsets.UTF_8);
    assertThat(code).as(text).isEqualTo(expected);
    return text;
  }

  @Test
  void buildsOnceForEachChange() throws Exception {
    String said = run(0, BUILDS);
    assertThat(said).contains("first 1 second 1", "page 2 again 2", "source 3", "for the GPU 4");
    // A build for the GPU is not replaced by one for the processor.
    assertThat(said.lines().filter(line -> line.contains("-DskipTests")))
        .hasSize(4)
        .satisfiesExactly(
            first -> assertThat(first).doesNotContain("-Pgpu"),
            second -> assertThat(second).doesNotContain("-Pgpu"),
            third -> assertThat(third).doesNotContain("-Pgpu"),
            last -> assertThat(last).contains("-Pgpu"));
  }

  @Test
  void whatAPackageLeavesOutIsNamedAsSuch() throws Exception {
    String said = ": node, replay, doctor, engine and bag (./tarsier --help)\n";
    assertThat(run(0, PACKAGE))
        .isEqualTo(
            Stream.of("bench", "train", "quantize")
                .map(
                    each ->
                        "tarsier: '%s' is in a checkout of the sources only; here are"
                            .formatted(each))
                .map(each -> each + said + each + said + "code 2\n")
                .collect(Collectors.joining()));
  }

  @Test
  void umlautsAndBlanksInPathsUnderAPosixLocale() throws Exception {
    try (TestBags bag = new TestBags(folder.resolve("a.bag"))) {
      for (int i = 0; i < 8; i++) {
        bag.image(100L * i).depth(100L * i, 4000);
      }
    }
    TestBundles.brightness(folder.resolve("brightness-v1"));
    assertThat(run(0, SCRIPT)).contains("K\u00fcche.bag", "Usage: tarsier node");
  }
}
