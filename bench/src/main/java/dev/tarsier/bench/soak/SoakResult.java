package dev.tarsier.bench.soak;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What came of a soak.
 *
 * @param schedule that was followed
 * @param evidence what was seen
 * @param cores that the node took, on average
 * @param criteria each with its verdict
 */
public record SoakResult(
    Schedule schedule,
    Judgement.Evidence evidence,
    double cores,
    List<Judgement.Criterion> criteria) {

  /** Whether all criteria are met. */
  public boolean passed() {
    return criteria.stream().allMatch(Judgement.Criterion::met);
  }

  /**
   * Writes what was seen into a folder: {@code node.log}, {@code samples.csv}, {@code
   * disturbances.csv} and {@code outputs.csv}.
   *
   * @param folder is made where it is not there. Modified.
   */
  public void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.write(folder.resolve("node.log"), evidence.log());
    List<String> samples = new ArrayList<>();
    samples.add("seconds,rss_kb,threads,files,look");
    evidence
        .record()
        .samples()
        .forEach(
            each ->
                samples.add(
                    String.format(
                        Locale.ROOT,
                        "%.1f,%d,%d,%d,%s",
                        each.atSeconds(),
                        each.resources().rssKilobytes(),
                        each.resources().threads(),
                        each.resources().files(),
                        Look.ALL.get(each.looked()))));
    Files.write(folder.resolve("samples.csv"), samples);
    List<String> disturbances = new ArrayList<>();
    disturbances.add("seconds,what,back_seconds");
    evidence
        .record()
        .recoveries()
        .forEach(
            each ->
                disturbances.add(
                    String.format(
                        Locale.ROOT,
                        "%.1f,%s,%.3f",
                        each.atSeconds(),
                        each.what().words(),
                        each.backSeconds())));
    Files.write(folder.resolve("disturbances.csv"), disturbances);
    List<String> outputs = new ArrayList<>();
    outputs.add("seconds,output,age_ms");
    evidence
        .seen()
        .forEach(
            each ->
                outputs.add(
                    String.format(
                        Locale.ROOT,
                        "%.3f,%s,%.1f",
                        evidence.record().secondsOf(each.arrivalNanos()),
                        each.output(),
                        (each.arrivalNanos() - each.stampNanos()) / 1e6)));
    Files.write(folder.resolve("outputs.csv"), outputs);
  }

  /** Prints it as a table for people. */
  public void print(PrintStream out) {
    long seen = evidence.seen().size();
    out.printf(
        Locale.ROOT,
        "%n%d images sent, %d outputs seen, %.2f of a core%n%n",
        evidence.sent().size(),
        seen,
        cores);
    out.printf("  %-26s %5s %9s %9s %9s%n", "back after", "times", "p50", "max", "limit");
    for (Disturbance what : Disturbance.values()) {
      double[] seconds =
          evidence.record().recoveries().stream()
              .filter(each -> each.what() == what && each.backSeconds() >= 0)
              .mapToDouble(SoakRecord.Recovery::backSeconds)
              .sorted()
              .toArray();
      if (seconds.length > 0) {
        out.printf(
            Locale.ROOT,
            "  %-26s %5d %7.2f s %7.2f s %7d s%n",
            what.words(),
            seconds.length,
            seconds[seconds.length / 2],
            seconds[seconds.length - 1],
            what.limitSeconds());
      }
    }
    out.println();
    for (Judgement.Criterion each : criteria) {
      out.printf("  %s %-34s %s%n", each.met() ? "✓" : "✗", each.name(), each.found());
    }
    out.printf(
        "%n%s%n",
        passed()
            ? "passed"
            : "failed: "
                + criteria.stream()
                    .filter(each -> !each.met())
                    .map(Judgement.Criterion::name)
                    .reduce((a, b) -> a + ", " + b)
                    .orElse(""));
  }
}
