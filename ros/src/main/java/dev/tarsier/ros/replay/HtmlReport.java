package dev.tarsier.ros.replay;

import dev.tarsier.runtime.file.WholeFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * Shows a {@link ReplayReport} as one HTML file that needs nothing else: no scripts, no network.
 * One use; one thread.
 */
final class HtmlReport {
  /** Share of all pixels below which a band of distances is not drawn. */
  private static final double FEWEST_PIXELS = 1e-4;

  private final ReplayReport report;
  private final List<FramePicture> pictures;
  private final StringBuilder html = new StringBuilder(1 << 20);

  /**
   * @param report what to show. Not modified.
   * @param pictures frames to look at, worst first. Not modified.
   */
  HtmlReport(ReplayReport report, List<FramePicture> pictures) {
    this.report = report;
    this.pictures = pictures;
  }

  /** Writes the file, whole or not at all. */
  void write(Path file) throws IOException {
    WholeFile.write(file, text());
  }

  String text() {
    html.setLength(0);
    html.append("<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>")
        .append("<meta name='viewport' content='width=device-width, initial-scale=1'>")
        .append("<meta name='color-scheme' content='light dark'>")
        .append("<title>Tarsier replay: ")
        .append(Html.escape(report.bag().file()))
        .append("</title>\n<style>\n")
        .append(style())
        .append("</style></head>\n<body><main>\n");
    head();
    cards();
    gates();
    charts();
    frames();
    metrics();
    stages();
    counts();
    provenance();
    html.append("</main></body></html>\n");
    return html.toString();
  }

  private void head() {
    html.append("<header><h1>Replay of ").append(Html.escape(report.bag().file())).append("</h1>");
    if (!report.bag().damages().isEmpty()) {
      html.append("<span class='badge bad'>bag damaged</span>");
    }
    if (report.gates().isEmpty()) {
      html.append(
          report.counts().out() > 0
              ? "<span class='badge plain'>no gates</span>"
              : "<span class='badge bad'>nothing perceived</span>");
    } else {
      long held = report.gates().stream().filter(Gate.Result::passed).count();
      html.append(report.passed() ? "<span class='badge good'>" : "<span class='badge bad'>")
          .append(held)
          .append(" of ")
          .append(report.gates().size())
          .append(report.gates().size() == 1 ? " gate holds</span>" : " gates hold</span>");
    }
    html.append("<span class='soft small'>")
        .append(
            Html.escape(
                "%s %s on %s · %s"
                    .formatted(
                        report.bundle().name(),
                        report.bundle().version(),
                        report.bundle().provider(),
                        report.written())))
        .append("</span></header>\n");
    for (ReplayReport.Damage damage : report.bag().damages()) {
      html.append("<p class='note bad'>")
          .append(
              Html.escape(
                  "%s is damaged at byte %d: %s. The figures cover what could be read."
                      .formatted(damage.file(), damage.offset(), damage.reason())))
          .append("</p>\n");
    }
    for (String note : report.notes()) {
      html.append("<p class='note'>").append(Html.escape(note)).append("</p>\n");
    }
  }

  private void cards() {
    html.append("<div class='cards'>");
    card(
        "frames perceived",
        Long.toString(report.counts().out()),
        report.counts().out() == report.counts().in() ? "" : "of " + report.counts().in());
    figure("throughput", "throughput.fps", 1, "fps");
    figure("latency p50", "latency.total.p50", 1, "ms");
    figure("latency p99", "latency.total.p99", 1, "ms");
    figure("depth RMSE", "depth.rmse", 3, "m");
    figure("median-aligned", "depth.aligned.rmse", 3, "m");
    figure("depth scale", "depth.scale", 3, "×");
    coverage("depth judged on", report.coverage().depth());
    figure("mIoU", "classes.miou", 3, "");
    figure("pixel accuracy", "classes.pixel_accuracy", 3, "");
    coverage("labels judged on", report.coverage().labels());
    html.append("</div>\n");
  }

  private void coverage(String label, Coverage coverage) {
    if (coverage != null) {
      card(label, Long.toString(coverage.frames()), "of " + coverage.of());
    }
  }

  private void figure(String label, String metric, int decimals, String unit) {
    ReplayReport.Value value = report.metrics().get(metric);
    if (value != null) {
      card(label, number(value.value(), decimals), unit);
    }
  }

  private void card(String label, String value, String unit) {
    html.append("<div class='card'><b>")
        .append(value)
        .append("<small>")
        .append(unit)
        .append("</small></b><span class='soft small'>")
        .append(label)
        .append("</span></div>");
  }

  private void gates() {
    if (report.gates().isEmpty()) {
      return;
    }
    html.append("<h2>Gates</h2><div class='panel scroll'><table>");
    html.append(
        "<tr><th>gate</th><th class='n'>measured</th><th></th><th>what it rests on</th></tr>");
    for (Gate.Result gate : report.gates()) {
      html.append("<tr><td><code>")
          .append(Html.escape(gate.gate()))
          .append("</code></td><td class='n'>")
          .append(gate.value() == null ? "not measured" : number(gate.value(), 4))
          .append("</td><td>")
          .append(
              gate.passed()
                  ? "<span class='badge good'>holds</span>"
                  : "<span class='badge bad'>fails</span>")
          .append("</td><td class='wide'>")
          .append(Html.escape(gate.reason()))
          .append("</td></tr>");
    }
    html.append("</table></div>\n");
  }

  private void charts() {
    html.append("<h2>Over the bag</h2><div class='panels'>");
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
    if (report.counts().depthMatched() > 0) {
      panel(
          "Depth error, each frame",
          SvgChart.lines(
              seconds,
              List.of(series("RMSE", ReplayReport.FrameFigures::depthRmseMetres)),
              x,
              "RMSE, m"));
      panel("Depth error by true distance", distanceChart());
    }
    if (report.counts().labelsMatched() > 0) {
      panel("Intersection over union, each class", classChart(true));
    }
    if (!report.classes().isEmpty()) {
      panel("What the frames show: share of all predicted pixels", classChart(false));
    }
    panel(
        "Time, each frame",
        SvgChart.lines(
            seconds,
            List.of(
                series("total", ReplayReport.FrameFigures::totalMillis),
                series("infer", ReplayReport.FrameFigures::inferMillis),
                series("decode", ReplayReport.FrameFigures::decodeMillis)),
            x,
            "ms"));
    html.append("</div>\n");
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

  private String distanceChart() {
    List<SvgChart.Bar> bars = new ArrayList<>();
    long all = report.distances().stream().mapToLong(ReplayReport.DistanceBand::pixels).sum();
    for (ReplayReport.DistanceBand band : report.distances()) {
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
    return SvgChart.bars(bars, 0, "RMSE, m") + "<p class='legend'>metres from the camera</p>";
  }

  private String classChart(boolean accuracy) {
    List<SvgChart.Bar> bars = new ArrayList<>();
    for (ReplayReport.ClassFigures one : report.classes()) {
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

  private void panel(String title, String content) {
    html.append("<div class='panel'><h3>")
        .append(Html.escape(title))
        .append("</h3>")
        .append(content)
        .append("</div>");
  }

  private void frames() {
    if (pictures.isEmpty()) {
      return;
    }
    boolean judged = report.counts().depthMatched() + report.counts().labelsMatched() > 0;
    html.append(judged ? "<h2>The worst frames</h2>" : "<h2>Some frames</h2>");
    if (!judged) {
      html.append(
          "<p class='soft'>The bag has neither depth nor labels to judge by; these are evenly"
              + " spaced.</p>");
    }
    if (judged) {
      html.append(
          "<p class='soft'>By depth RMSE where there is depth, else by pixel accuracy; of"
              + " neighbouring frames only the worst is shown.</p>");
    }
    for (FramePicture picture : pictures) {
      html.append("<div class='panel frame'><h3>")
          .append(Html.escape(picture.title()))
          .append("<span>")
          .append(Html.escape(picture.figures()))
          .append("</span></h3><div class='tiles'>");
      for (FramePicture.Tile tile : picture.tiles()) {
        html.append("<figure><img alt='")
            .append(Html.escape(tile.caption()))
            .append("' src='data:")
            .append(tile.mediaType())
            .append(";base64,")
            .append(Base64.getEncoder().encodeToString(tile.bytes()))
            .append("'><figcaption>")
            .append(Html.escape(tile.caption()))
            .append("</figcaption></figure>");
      }
      html.append("</div></div>\n");
    }
    legend();
  }

  private void legend() {
    html.append("<div class='panel'><p class='legend'>");
    for (ReplayReport.ClassFigures one : report.classes()) {
      html.append("<span><i class='swatch' style='background:")
          .append(one.color())
          .append("'></i>")
          .append(Html.escape(one.name()))
          .append("</span>");
    }
    html.append("</p><p class='legend'>")
        .append("<span>depth: near<i class='ramp' style='background:")
        .append(ColorMap.depthGradient())
        .append("'></i>far</span><span>error: too near<i class='ramp' style='background:")
        .append(ColorMap.errorGradient())
        .append("'></i>too far</span><span><i class='swatch' style='background:#3A3A3A'></i>")
        .append("unknown</span></p></div>\n");
  }

  private void metrics() {
    html.append("<h2>All figures</h2><div class='panel scroll'><table>")
        .append("<tr><th>metric</th><th class='n'>value</th><th>protocol</th></tr>");
    for (Map.Entry<String, ReplayReport.Value> entry : report.metrics().entrySet()) {
      if (entry.getKey().startsWith("latency.") || entry.getKey().startsWith("frames.")) {
        continue; // these have tables of their own
      }
      ReplayReport.Value value = entry.getValue();
      html.append("<tr><td><code>")
          .append(Html.escape(entry.getKey()))
          .append("</code></td><td class='n'>")
          .append(number(value.value(), 4))
          .append(value.unit().isEmpty() ? "" : " " + Html.escape(value.unit()))
          .append("</td><td class='wide'>")
          .append(Html.escape(value.protocol()))
          .append("</td></tr>");
    }
    html.append("</table></div>\n");
  }

  private void stages() {
    html.append("<h2>Time per frame</h2><div class='panel scroll'><table><tr><th>stage</th>");
    for (String head : List.of("frames", "mean", "p50", "p95", "p99", "max")) {
      html.append("<th class='n'>").append(head).append("</th>");
    }
    html.append("</tr>");
    for (ReplayReport.Stage stage : report.stages()) {
      html.append("<tr><td>").append(Html.escape(stage.name())).append("</td><td class='n'>");
      html.append(stage.count()).append("</td>");
      for (double value :
          new double[] {stage.mean(), stage.p50(), stage.p95(), stage.p99(), stage.max()}) {
        html.append("<td class='n'>").append(number(value, 2)).append(" ms</td>");
      }
      html.append("</tr>");
    }
    html.append("</table></div>\n");
  }

  private void counts() {
    ReplayReport.Counts counts = report.counts();
    html.append("<h2>Counts</h2><div class='panel scroll'><table>");
    row("images in the bag", Long.toString(counts.in()));
    row("perceived", Long.toString(counts.out()));
    row("dropped", Long.toString(counts.dropped()));
    counts.droppedByReason().forEach((reason, n) -> row("dropped: " + reason, Long.toString(n)));
    if (report.topics().depth() != null) {
      row("with depth truth", Long.toString(counts.depthMatched()));
      row("judged by depth", report.coverage().depth().toString());
    }
    if (report.topics().labels() != null) {
      row("with label truth", Long.toString(counts.labelsMatched()));
      row("judged by labels", report.coverage().labels().toString());
    }
    row("a gate must rest on", number(100 * report.coverage().minimum(), 0) + " % of the images");
    row("truth matched within", number(counts.toleranceMillis(), 0) + " ms of the image's stamp");
    html.append("</table></div>\n");
  }

  private void provenance() {
    html.append("<h2>What was computed from what</h2><div class='panel scroll'><table>");
    report.bag().files().forEach(file -> row("bag", file));
    row("bag sha256", report.bag().sha256());
    row(
        "bag size",
        String.format(
            Locale.ROOT,
            "%,d bytes, %s s",
            report.bag().bytes(),
            number(report.bag().durationSeconds(), 2)));
    for (String taken : report.topics().taken()) {
      int colon = taken.indexOf(": ");
      row("taken for " + taken.substring(0, colon), taken.substring(colon + 2));
    }
    row("bundle", report.bundle().name() + " " + report.bundle().version());
    row("model sha256", report.bundle().modelSha256());
    row("provider", report.bundle().provider());
    for (String fallback : report.bundle().fallbacks()) {
      row("not used", fallback);
    }
    if (report.camera() != null) {
      row(
          "camera",
          "%dx%d, fx %s px at the network's input%s"
              .formatted(
                  report.camera().width(),
                  report.camera().height(),
                  number(report.camera().fx(), 1),
                  report.camera().trainedFx() == null
                      ? ""
                      : "; trained at " + number(report.camera().trainedFx(), 1) + " px"));
    }
    row("output sha256", report.outputSha256());
    row("Tarsier", report.product());
    row("machine", report.machine());
    html.append("</table></div>\n<footer>The same figures for a machine: report.json, schema ")
        .append(Html.escape(report.schema()))
        .append(". The same bag, bundle and CPU provider give the same output hash.</footer>\n");
  }

  private void row(String name, String value) {
    html.append("<tr><td class='soft'>")
        .append(Html.escape(name))
        .append("</td><td class='mono'>")
        .append(Html.escape(value))
        .append("</td></tr>");
  }

  private static String number(double value, int decimals) {
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  private static String style() {
    try (InputStream css = HtmlReport.class.getResourceAsStream("report.css")) {
      return new String(css.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
