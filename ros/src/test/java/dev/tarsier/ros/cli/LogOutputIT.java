package dev.tarsier.ros.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.PixelEncoding;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.pipeline.Perceiver;
import dev.tarsier.runtime.pipeline.PerceptionPipeline;
import dev.tarsier.runtime.pipeline.PipelineOptions;
import dev.tarsier.runtime.testing.TestBundles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What processes with the product's own log configuration write to stderr. */
@Timeout(180)
class LogOutputIT {
  private static final int FRAMES = 300;

  @TempDir Path folder;

  /** Perceives, and says a lot. */
  static final class Talker {
    private Talker() {}

    /** Prints how many frames were published. */
    public static void main(String[] arguments) throws Exception {
      BlockingQueue<Long> published = new LinkedBlockingQueue<>();
      Perceiver perceiver =
          new Perceiver(TestBundles.load(Path.of(arguments[0])), ProviderPreference.cpu(), 1);
      try (PerceptionPipeline pipeline =
          new PerceptionPipeline(
              perceiver,
              scene -> {
                for (int i = 0; i < 10; i++) {
                  LoggerFactory.getLogger("source" + scene.captureNanos() % 40)
                      .warn("{} {} says {}", i, scene.captureNanos(), "x".repeat(1000));
                }
                published.add(scene.captureNanos());
              },
              PipelineOptions.DEFAULT)) {
        pipeline.start();
        for (int i = 1; i <= FRAMES; i++) {
          Frame frame = pipeline.frames().acquire();
          frame.prepare(3 * 32 * 24).position(3 * 32 * 24);
          frame.describe(PixelEncoding.RGB8, 32, 24, 96, i, System.nanoTime(), "camera", i);
          pipeline.offer(frame);
          published.take();
        }
      }
      System.out.println("published " + FRAMES);
      System.exit(0);
    }
  }

  /** Logs what a peer sent. */
  static final class Victim {
    private Victim() {}

    /** Logs it as message, as value, and in an exception. */
    public static void main(String[] arguments) {
      String evil = "\u001b]0;owned\u0007\n[ERROR] forged\u202e";
      LoggerFactory.getLogger("peer").warn("header from {} is odd", evil);
      LoggerFactory.getLogger("peer").warn("failed", new IllegalStateException(evil));
      LoggerFactory.getLogger("peer").warn("long {}", "y".repeat(10_000_000));
    }
  }

  /** Logs for the first time when it has been told to end. */
  static final class Late {
    private Late() {}

    /** Ends at once, and then has something to say. */
    public static void main(String[] arguments) {
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(() -> LoggerFactory.getLogger("late").warn("stopped while loading")));
    }
  }

  private ProcessBuilder child(Class<?> main) {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            main.getName(),
            folder.toString());
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    return builder;
  }

  @Test
  void aStderrThatNobodyReadsDoesNotStopPerception() throws Exception {
    Process child = child(Talker.class).start(); // a pipe holds 64 KB
    try {
      assertThat(new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .contains("published " + FRAMES);
      assertThat(child.waitFor(60, TimeUnit.SECONDS)).as("ends").isTrue();
      assertThat(child.exitValue()).isZero();
    } finally {
      child.destroyForcibly();
    }
  }

  @Test
  void textFromPeersIsVisibleAndBounded() throws Exception {
    Process child = child(Victim.class).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    String said = new String(child.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor()).isZero();
    assertThat(said).contains("header from \\x1b]0;owned\\x07\\n[ERROR] forged\\u202e is odd");
    assertThat(said.lines()).noneMatch(line -> line.startsWith("[ERROR]"));
    assertThat(said).doesNotContain("\u001b", "\u0007", "\u202e").hasSizeLessThan(20_000);
    assertThat(said).contains("characters more)");
  }

  @Test
  void aFirstLineAtTheEndIsWrittenAndIsAllThereIs() throws Exception {
    Process child = child(Late.class).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    String said = new String(child.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor()).isZero();
    assertThat(said.lines()).as(said).hasSize(1);
    assertThat(said).contains("late: stopped while loading");
  }
}
