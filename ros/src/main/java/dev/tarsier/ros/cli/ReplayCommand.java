package dev.tarsier.ros.cli;

import dev.tarsier.ros.node.ModelFolder;
import dev.tarsier.ros.replay.Gate;
import dev.tarsier.ros.replay.Replay;
import dev.tarsier.ros.replay.ReplayMetrics;
import dev.tarsier.ros.replay.ReplayOptions;
import dev.tarsier.ros.replay.ReplayReport;
import dev.tarsier.ros.replay.TopicRequest;
import dev.tarsier.runtime.inference.NetworkChoice;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.logging.VisibleText;
import dev.tarsier.runtime.model.BundleManifest;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tarsier replay}: a bag through a bundle, judged. */
@Command(
    name = "replay",
    description =
        "Runs every image of a bag through a bundle, scores the outputs against the depth and"
            + " labels in the bag, and writes report.html and report.json.",
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:images were perceived, and all gates hold (or there were none)",
      "1:a gate does not hold or rests on too little, or nothing was perceived",
      "2:could not be run as asked: also where no provider gives the golden frames, or not the"
          + " one that is required",
      "3:the bag is damaged; the report covers what is whole"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class ReplayCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "1..*",
      paramLabel = "BAG",
      description = "the bag, or the bags of a split recording")
  private List<Path> bags;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "the bundle: a folder, or a name below models/ (default: ${DEFAULT-VALUE})",
      defaultValue = ModelFolder.SHIPPED)
  private String model;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "where the report goes (default: runs/replay/<bag's name>)")
  private Path out;

  @Mixin private TopicOptions topics;

  @Option(
      names = "--labels",
      paramLabel = "TOPIC",
      description = "true class ids, mono8 (default: guessed)")
  private String labels;

  @Option(
      names = "--tolerance",
      paramLabel = "TIME",
      converter = Seconds.InMillis.class,
      description =
          "largest difference of stamps between an image and its truth (default: ${DEFAULT-VALUE} ms)",
      defaultValue = "" + ReplayOptions.DEFAULT_TOLERANCE_MILLIS)
  private double toleranceMillis;

  @Option(
      names = "--gate",
      paramLabel = "METRIC<NUMBER",
      description =
          "a condition, such as depth.rmse<1.0; may be given several times. An unknown metric lists"
              + " all there are")
  private List<String> gates = new ArrayList<>();

  @Option(
      names = "--min-coverage",
      paramLabel = "SHARE",
      description =
          "share of the images that a gate must rest on, 0 to 1; less fails (default:"
              + " ${DEFAULT-VALUE})",
      defaultValue = "" + ReplayOptions.DEFAULT_MIN_COVERAGE)
  private double minCoverage;

  @Option(names = "--record", paramLabel = "BAG", description = "write the outputs to this bag")
  private Path record;

  @Option(
      names = "--worst",
      paramLabel = "N",
      description = "how many of the worst frames to show (default: ${DEFAULT-VALUE})",
      defaultValue = "" + ReplayOptions.DEFAULT_WORST_FRAMES)
  private int worst;

  @Mixin private ProviderOptions computes;

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      description =
          "which of the bundle's networks: float, int8, or auto, int8 where the bundle has it and"
              + " provider is cpu, as it is unless another is named (default: ${DEFAULT-VALUE})",
      defaultValue = "float")
  private String precision;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "of the CPU provider (default: one for each processor, at most four; the outputs do not"
              + " depend on it)")
  private Integer threads;

  /** What lines are broken at; without a bound where no person looks. */
  private int columns = Integer.MAX_VALUE;

  /** Made by picocli. */
  public ReplayCommand() {}

  @Override
  public Integer call() throws Exception {
    Path folder = ModelFolder.find(model, List.of(Path.of(""), ModelFolder.home()));
    ReplayMetrics metrics = new ReplayMetrics(BundleManifest.read(folder).heads());
    List<Gate> conditions = gates.stream().map(text -> Gate.parse(text, metrics)).toList();
    SessionOptions session = computes.session("cpu");
    TopicRequest asked = topics.request(labels);
    ReplayOptions options =
        new ReplayOptions(
            bags,
            folder,
            out == null ? defaultOut() : out,
            asked.image(),
            asked.depth(),
            asked.labels(),
            asked.cameraInfo(),
            asked.depthUnit(),
            asked.depthAligned(),
            minCoverage,
            toleranceMillis,
            worst,
            Optional.ofNullable(record),
            conditions,
            NetworkChoice.parse(precision),
            threads == null ? session : session.withThreads(atLeastOne(threads)));
    ReplayReport report = run(options);
    print(report, options);
    if (!report.bag().damages().isEmpty()) {
      return RobotCommands.DAMAGED;
    }
    return report.passed() ? RobotCommands.OK : RobotCommands.NOT_AS_DEMANDED;
  }

  /** Measuring would let two replays differ in their speed for no reason that a report shows. */
  private static int atLeastOne(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("--threads must be 1 to 1024, got " + threads);
    }
    return threads;
  }

  private Path defaultOut() {
    String name = bags.get(0).toAbsolutePath().getFileName().toString();
    return Path.of(
        "runs", "replay", name.endsWith(".bag") ? name.substring(0, name.length() - 4) : name);
  }

  private static ReplayReport run(ReplayOptions options) throws Exception {
    try (ProgressLine line = ProgressLine.onStandardError()) {
      return Replay.run(
          options,
          (done, total) -> {
            if (done <= 1) {
              line.begin("replay", "frames", done, total);
            }
            line.at(done);
          });
    }
  }

  private void print(ReplayReport report, ReplayOptions options) {
    columns = Terminal.isInteractive() ? Terminal.ofThisProcess().columns() : Integer.MAX_VALUE;
    PrintWriter out = spec.commandLine().getOut();
    ReplayReport.Counts counts = report.counts();
    entry(
        out,
        "",
        String.format(
            Locale.ROOT,
            "%s through %s (%s, sha256 %s) on %s: %d of %d images, %.1f a second",
            report.bag().file(),
            report.bundle().name(),
            report.bundle().precision(),
            report.bundle().modelSha256().substring(0, 12),
            report.bundle().provider(),
            counts.out(),
            counts.in(),
            report.metrics().get("throughput.fps").value()));
    report.topics().taken().forEach(line -> entry(out, "  taken     ", line));
    counts.droppedByReason().forEach((reason, n) -> entry(out, "  dropped   ", reason + ": " + n));
    line(
        out,
        report,
        "latency   ",
        "p50 %.1f ms, p99 %.1f ms",
        "latency.total.p50",
        "latency.total.p99");
    report
        .coverage()
        .heads()
        .forEach(
            (head, coverage) -> {
              List<String> figures =
                  ReplayMetrics.headlines(head, report.metrics().keySet()).stream()
                      .map(name -> figure(name, report.metrics().get(name)))
                      .toList();
              if (!figures.isEmpty()) {
                entry(out, "  measured  ", String.join(", ", figures));
              }
              entry(out, "  judged    ", "%s on %s".formatted(head, coverage));
            });
    entry(out, "  outputs   ", "sha256 " + report.outputSha256());
    for (ReplayReport.Damage damage : report.bag().damages()) {
      entry(
          out,
          "  DAMAGED   ",
          "%s at byte %d: %s"
              .formatted(damage.file(), damage.offset(), VisibleText.of(damage.reason())));
    }
    for (Gate.Result gate : report.gates()) {
      entry(
          out,
          gate.passed() ? "  holds     " : "  FAILS     ",
          "%s (%s)".formatted(gate.gate(), gate.reason()));
    }
    report.notes().forEach(note -> entry(out, "  note      ", VisibleText.of(note)));
    out.printf("  report    %s%n", options.out().resolve(Replay.HTML).toAbsolutePath().normalize());
    options
        .record()
        .ifPresent(path -> out.printf("  recorded  %s%n", path.toAbsolutePath().normalize()));
    out.flush();
  }

  private static String figure(String name, ReplayReport.Value value) {
    return String.format(Locale.ROOT, "%s %.3f %s", name, value.value(), value.unit()).strip();
  }

  /** In a window broken at its edge, elsewhere on one line. */
  private void entry(PrintWriter out, String head, String text) {
    String before = head;
    for (String each : Terminal.wrap(text, columns - head.length())) {
      out.println(before + each);
      before = " ".repeat(head.length());
    }
  }

  private void line(
      PrintWriter out, ReplayReport report, String head, String form, String... metrics) {
    Object[] values = new Object[metrics.length];
    for (int i = 0; i < metrics.length; i++) {
      ReplayReport.Value value = report.metrics().get(metrics[i]);
      if (value == null) {
        return;
      }
      values[i] = value.value();
    }
    entry(out, "  " + head, String.format(Locale.ROOT, form, values));
  }
}
