package dev.tarsier.ros.replay;

import dev.tarsier.runtime.file.HtmlTemplate;
import dev.tarsier.runtime.file.WholeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Shows a {@link ReplayReport} as one HTML file that needs nothing else: no scripts, no network.
 * What it looks like is in {@code report.jte}.
 *
 * @param report what to show
 * @param pictures frames to look at, worst first
 */
record HtmlReport(ReplayReport report, List<FramePicture> pictures) {
  /** Share of all pixels below which a band of distances is not drawn. */
  private static final double FEWEST_PIXELS = 1e-4;

  /** A figure to see at once. */
  record Card(String label, String value, String unit) {}

  /** A chart with its heading and a line below it, which may be empty. */
  record Panel(String title, SvgChart chart, String below) {}

  /** A line of a table with two columns. */
  record Row(String name, String value) {}

  /** Writes the file, whole or not at all. */
  void write(Path file) throws IOException {
    WholeFile.write(file, text());
  }

  String text() {
    return HtmlTemplate.render("ros/replay/report.jte", Map.of("page", this));
  }

  /** The command that takes the frames to label out of what was replayed. */
  String labelNext() {
    List<String> files =
        report.bag().files().isEmpty() ? List.of(report.bag().file()) : report.bag().files();
    return "./tarsier bag export %s --uncertain 30 --bundle %s --out label-next"
        .formatted(
            files.stream().map(HtmlReport::quoted).collect(Collectors.joining(" ")),
            quoted(report.bundle().name()));
  }

  /** As a shell takes it for one word. */
  private static String quoted(String word) {
    return word.matches("[A-Za-z0-9_./+=:@%-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  long gatesHeld() {
    return report.gates().stream().filter(Gate.Result::passed).count();
  }

  boolean judged() {
    return report.counts().matched().values().stream().anyMatch(images -> images > 0);
  }

  List<Card> cards() {
    List<Card> cards = new ArrayList<>();
    long in = report.counts().in();
    long out = report.counts().out();
    cards.add(new Card("frames perceived", Long.toString(out), out == in ? "" : "of " + in));
    figure(cards, "throughput", "throughput.fps", 1, "fps");
    figure(cards, "latency p50", "latency.total.p50", 1, "ms");
    figure(cards, "latency p99", "latency.total.p99", 1, "ms");
    report
        .coverage()
        .heads()
        .forEach(
            (head, coverage) -> {
              for (String name : ReplayMetrics.headlines(head, report.metrics().keySet())) {
                figure(cards, name, name, 3, report.metrics().get(name).unit());
              }
              cards.add(
                  new Card(
                      head + " judged on",
                      Long.toString(coverage.frames()),
                      "of " + coverage.of()));
            });
    return cards;
  }

  private void figure(List<Card> cards, String label, String metric, int decimals, String unit) {
    ReplayReport.Value value = report.metrics().get(metric);
    if (value != null) {
      cards.add(new Card(label, number(value.value(), decimals), unit));
    }
  }

  List<Panel> panels() {
    double[] seconds = new double[report.frames().size()];
    // Stamps may go backwards (a looped recording); a chart over frames still reads well then.
    boolean forward = true;
    for (int i = 0; i < seconds.length; i++) {
      long stamp = report.frames().get(i).stampNanos();
      seconds[i] = (stamp - report.frames().get(0).stampNanos()) / 1e9;
      forward &= i == 0 || seconds[i] >= seconds[i - 1];
    }
    if (!forward) {
      for (int i = 0; i < seconds.length; i++) {
        seconds[i] = i;
      }
    }
    String x = forward ? "seconds into the bag" : "frame";
    List<Panel> panels = new ArrayList<>();
    for (String metric : judgedBy()) {
      String unit = report.metrics().containsKey(metric) ? report.metrics().get(metric).unit() : "";
      SvgChart.Series scores = series(metric, frame -> frame.scores().get(metric));
      panels.add(
          new Panel(
              metric + ", each frame",
              SvgChart.lines(
                  seconds, List.of(scores), x, unit.isEmpty() ? metric : metric + ", " + unit),
              ""));
    }
    report
        .distances()
        .forEach(
            (head, bands) ->
                panels.add(
                    new Panel(
                        head + " error by true distance",
                        distanceChart(bands),
                        "metres from the camera")));
    report
        .classes()
        .forEach(
            (head, classes) -> {
              if (report.counts().matched().getOrDefault(head, 0L) > 0) {
                panels.add(
                    new Panel(
                        head + ": intersection over union, each class",
                        classChart(classes, true),
                        ""));
              }
              panels.add(
                  new Panel(
                      head + ": share of all predicted pixels", classChart(classes, false), ""));
            });
    List<SvgChart.Series> times =
        List.of(
            series("total", ReplayReport.FrameFigures::totalMillis),
            series("infer", ReplayReport.FrameFigures::inferMillis),
            series("decode", ReplayReport.FrameFigures::decodeMillis));
    panels.add(new Panel("Time, each frame", SvgChart.lines(seconds, times, x, "ms"), ""));
    return panels;
  }

  /** Of each head the figure that its frames are judged by. */
  private List<String> judgedBy() {
    return report.coverage().heads().keySet().stream()
        .flatMap(
            head ->
                report.frames().stream()
                    .flatMap(frame -> frame.scores().keySet().stream())
                    .filter(metric -> metric.startsWith(head + "."))
                    .limit(1))
        .toList();
  }

  private SvgChart.Series series(String name, Function<ReplayReport.FrameFigures, Double> figure) {
    return new SvgChart.Series(
        name,
        report.frames().stream()
            .mapToDouble(
                frame -> {
                  Double value = figure.apply(frame);
                  return value == null ? Double.NaN : value;
                })
            .toArray());
  }

  private static SvgChart distanceChart(List<ReplayReport.DistanceBand> distances) {
    List<SvgChart.Bar> bars = new ArrayList<>();
    long all = distances.stream().mapToLong(ReplayReport.DistanceBand::pixels).sum();
    for (ReplayReport.DistanceBand band : distances) {
      if (band.pixels() < FEWEST_PIXELS * all) {
        continue; // a handful of stray pixels would set the scale; report.json has them
      }
      bars.add(
          new SvgChart.Bar(
              band.toMetres() > 100
                  ? "> " + number(band.fromMetres(), 0)
                  : number(band.fromMetres(), 1) + "–" + number(band.toMetres(), 1),
              band.rmseMetres(),
              "var(--s0)",
              "RMSE %s m, bias %s m, %d pixels"
                  .formatted(
                      number(band.rmseMetres(), 3), number(band.biasMetres(), 3), band.pixels())));
    }
    return SvgChart.bars(bars, 0, "RMSE, m");
  }

  private static SvgChart classChart(List<ReplayReport.ClassFigures> classes, boolean accuracy) {
    List<SvgChart.Bar> bars = new ArrayList<>();
    for (ReplayReport.ClassFigures one : classes) {
      double value = accuracy ? (one.iou() == null ? 0 : one.iou()) : one.predictedShare();
      String what =
          accuracy
              ? (one.iou() == null ? "in neither truth nor prediction" : number(value, 3))
              : number(100 * value, 2) + " %";
      bars.add(
          new SvgChart.Bar(
              one.name().length() > 7 ? one.name().substring(0, 6) + "…" : one.name(),
              value,
              one.color(),
              one.name() + ": " + what));
    }
    return SvgChart.bars(bars, accuracy ? 1 : 0, accuracy ? "IoU" : "share");
  }

  /** The figures that have no table of their own. */
  List<Map.Entry<String, ReplayReport.Value>> metrics() {
    return report.metrics().entrySet().stream()
        .filter(
            entry ->
                !entry.getKey().startsWith("latency.") && !entry.getKey().startsWith("frames."))
        .toList();
  }

  List<Row> counts() {
    ReplayReport.Counts counts = report.counts();
    List<Row> rows = new ArrayList<>();
    rows.add(new Row("images in the bag", Long.toString(counts.in())));
    rows.add(new Row("perceived", Long.toString(counts.out())));
    rows.add(new Row("dropped", Long.toString(counts.dropped())));
    counts
        .droppedByReason()
        .forEach((reason, n) -> rows.add(new Row("dropped: " + reason, Long.toString(n))));
    counts
        .matched()
        .forEach(
            (head, images) -> {
              rows.add(new Row("with truth for " + head, Long.toString(images)));
              rows.add(new Row(head + " judged", report.coverage().heads().get(head).toString()));
            });
    double minimum = 100 * report.coverage().minimum();
    rows.add(new Row("a gate must rest on", number(minimum, 0) + " % of the images"));
    rows.add(
        new Row(
            "truth matched within",
            number(counts.toleranceMillis(), 0) + " ms of the image's stamp"));
    return rows;
  }

  List<Row> provenance() {
    List<Row> rows = new ArrayList<>();
    report.bag().files().forEach(file -> rows.add(new Row("bag", file)));
    rows.add(new Row("bag sha256", report.bag().sha256()));
    rows.add(
        new Row(
            "bag size",
            String.format(
                Locale.ROOT,
                "%,d bytes, %.2f s",
                report.bag().bytes(),
                report.bag().durationSeconds())));
    for (String taken : report.topics().taken()) {
      int colon = taken.indexOf(": ");
      rows.add(new Row("taken for " + taken.substring(0, colon), taken.substring(colon + 2)));
    }
    rows.add(new Row("bundle", report.bundle().name() + " " + report.bundle().version()));
    rows.add(new Row("model sha256", report.bundle().modelSha256()));
    rows.add(new Row("precision", report.bundle().precision()));
    rows.add(new Row("provider", report.bundle().provider()));
    report.bundle().fallbacks().forEach(fallback -> rows.add(new Row("not used", fallback)));
    ReplayReport.CameraFacts camera = report.camera();
    if (camera != null) {
      rows.add(
          new Row(
              "camera",
              "%dx%d, fx %s px at the network's input%s"
                  .formatted(
                      camera.width(),
                      camera.height(),
                      number(camera.fx(), 1),
                      camera.trainedFx() == null
                          ? ""
                          : "; trained at " + number(camera.trainedFx(), 1) + " px")));
    }
    rows.add(new Row("output sha256", report.outputSha256()));
    rows.add(new Row("Tarsier", report.product()));
    rows.add(new Row("machine", report.machine()));
    return rows;
  }

  static String number(double value, int decimals) {
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }
}
