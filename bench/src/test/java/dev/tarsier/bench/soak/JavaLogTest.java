package dev.tarsier.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JavaLogTest {
  @TempDir Path folder;

  /** Allocates 100 MB, and says so. */
  static final class Allocates {
    private static byte[] last;

    private Allocates() {}

    /** Nothing is taken. */
    public static void main(String[] arguments) {
      for (int i = 0; i < 100_000; i++) {
        last = new byte[1008]; // and 16 bytes of a header
      }
      System.out.println(last.length);
    }
  }

  @Test
  void readsWhatTheJavaOfTodayWrites() throws Exception {
    Path log = folder.resolve("java.log");
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx32m",
            "-Xmn4m",
            "-XX:+UseSerialGC",
            "-Xlog:disable",
            JavaLog.OPTION.formatted(log),
            Allocates.class.getName());
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    assertThat(builder.start().waitFor()).isZero();
    List<String> lines = Files.readAllLines(log);

    JavaLog read = new JavaLog(lines);
    long collections = lines.stream().filter(line -> line.contains("Pause Young")).count();
    assertThat(read.pauses(0, 60))
        .hasSizeGreaterThanOrEqualTo((int) collections)
        .allMatch(pause -> pause.millis() > 0 && pause.millis() < 1000)
        .anyMatch(pause -> pause.reason().startsWith("G"));
    List<Double> at =
        lines.stream()
            .filter(line -> line.contains("Tenured"))
            .map(line -> Double.parseDouble(line.substring(1, line.indexOf('s'))))
            .toList();
    double seconds = at.get(at.size() - 1) - at.get(0);
    // Nothing lives on, so each collection but the first tells of one filling of 3.2 MB of Eden.
    assertThat(read.allocatedASecond(0, 60).orElseThrow() * seconds)
        .isCloseTo((at.size() - 1) * 3.2 * (1 << 20), within(0.1 * at.size() * (1 << 20)));
    assertThat(read.allocatedASecond(59, 60)).isEmpty();
    assertThat(read.pauses(59, 60)).isEmpty();
  }

  @Test
  void addsUpWhatWasAllocatedBetweenCollections() {
    JavaLog log =
        new JavaLog(
            List.of(
                "[9.000s] GC(0) DefNew: 2176K(2432K)->256K(2432K) Eden: 2176K(2176K)->0K(2176K)",
                "[9.000s] GC(0) Tenured: 100K(5504K)->200K(5504K)",
                "[10.000s] Safepoint \"GenCollectForAllocation\", Time since last: 9 ns, Reaching"
                    + " safepoint: 1 ns, Cleanup: 2 ns, At safepoint: 3 ns, Total: 2500000 ns",
                "[10.000s] GC(1) DefNew: 2256K(2432K)->0K(2432K) Eden: 2176K(2176K)->0K(2176K)",
                "[10.000s] GC(1) Tenured: 200K(5504K)->300K(5504K)",
                "[14.000s] GC(2) DefNew: 2000K(2432K)->0K(2432K) Eden: 2176K(2176K)->0K(2176K)",
                "[14.000s] GC(2) Tenured: 300K(5504K)->300K(5504K)"));
    assertThat(log.allocatedASecond(9, 20)).hasValue(1024 * 4000.0 / 5);
    assertThat(log.allocatedASecond(9.5, 20)).hasValue(1024 * 2000.0 / 4);
    assertThat(log.pauses(0, 20))
        .containsExactly(new JavaLog.Pause(10, "GenCollectForAllocation", 2.5));
  }
}
