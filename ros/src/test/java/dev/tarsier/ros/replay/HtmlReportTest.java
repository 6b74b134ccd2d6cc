package dev.tarsier.ros.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.accuracy.Metric;
import dev.tarsier.runtime.file.HtmlTemplate;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.MetricMap;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

class HtmlReportTest {
  @Test
  void needsNothingFromElsewhere() {
    String html = new HtmlReport(report("drive.bag", 40), List.of()).text();
    assertThat(html).doesNotContain("http:").doesNotContain("https:").doesNotContain("<script");
    assertThat(html).contains("prefers-color-scheme: dark");
  }

  @Test
  void escapesNamesThatComeFromTheBag() {
    FramePicture.Tile tile = new FramePicture.Tile("'\"><u>", "image/png", new byte[0]);
    String html =
        new HtmlReport(
                report("<img src=x>&\u202e\u001b.bag", 3),
                List.of(new FramePicture("<i>", "</main>", List.of(tile))))
            .text();
    assertThat(html).contains("Replay of &lt;img src=x&gt;&amp;\\u202e\\x1b.bag");
    assertThat(html).doesNotContain("<img src=x>").doesNotContain("><u>").doesNotContain("<i>");
    assertThat(html).containsOnlyOnce("</main>").contains("alt=\"&#39;&#34;>&lt;u>\"");
  }

  @Test
  void namesTheCommandThatTakesOutWhatToLabelNext() {
    String command = new HtmlReport(report("it's 1.bag", 3), List.of()).labelNext();
    assertThat(command)
        .startsWith("./tarsier bag export 'it'\\''s 1.bag' --uncertain 30 --bundle ");
    assertThat(new HtmlReport(report("drive.bag", 3), List.of()).text())
        .contains("./tarsier bag export drive.bag --uncertain 30");
  }

  @Test
  void saysWhereTheBagIsDamaged() {
    String html =
        new HtmlReport(
                report("a.bag", 3, new ReplayReport.Damage("a.bag", 4711, "chunk ends early")),
                List.of())
            .text();
    assertThat(html)
        .contains("bag damaged")
        .contains("a.bag is damaged at byte 4711: chunk ends early");
  }

  @Test
  void showsEachPictureWithItsCaptions() {
    FramePicture picture =
        new FramePicture(
            "frame 7",
            "RMSE 0.5 m",
            List.of(new FramePicture.Tile("RGB", "image/png", new byte[] {1, 2, 3})));
    String html = new HtmlReport(report("a.bag", 3), List.of(picture)).text();
    assertThat(html)
        .contains("frame 7")
        .contains("RMSE 0.5 m")
        .contains("<figcaption>RGB</figcaption>")
        .contains("data:image/png;base64,AQID");
  }

  @Test
  void drawsChartsThatAreWellFormedWhateverTheValues() throws Exception {
    double[] x = {0, 1, 2, 3};
    for (double[] values :
        List.of(
            new double[] {1, 2, 3, 4},
            new double[] {Double.NaN, 1, Double.NaN, 2},
            new double[] {0, 0, 0, 0},
            new double[] {1e-9, 1e9, Double.POSITIVE_INFINITY, 3})) {
      String svg = svg(SvgChart.lines(x, List.of(new SvgChart.Series("a", values)), "a & b", "m"));
      DocumentBuilderFactory.newInstance()
          .newDocumentBuilder()
          .parse(new InputSource(new java.io.StringReader(svg)));
      assertThat(svg).doesNotContain("NaN").doesNotContain("Infinity");
    }
    assertThat(svg(SvgChart.lines(new double[0], List.of(), "s", "m"))).doesNotContain("NaN");
  }

  @Test
  void keepsASpikeWhenItThinsALongSeries() {
    double[] x = new double[10_000];
    double[] y = new double[10_000];
    for (int i = 0; i < x.length; i++) {
      x[i] = i;
      y[i] = 1;
    }
    y[4321] = 10;
    String svg = svg(SvgChart.lines(x, List.of(new SvgChart.Series("a", y)), "s", "m"));
    assertThat(svg).contains(",12.0 "); // the top of the plot: only the spike reaches it
    assertThat(svg.length()).isLessThan(20_000);
  }

  @Test
  void readsBackTheJsonItWrites(@TempDir Path folder) throws Exception {
    ReplayReport report = report("a.bag", 3, new ReplayReport.Damage("a.bag", 1, "x"));
    report.writeJson(folder.resolve("report.json"));
    assertThat(ReplayReport.readJson(folder.resolve("report.json"))).isEqualTo(report);
  }

  private static String svg(SvgChart chart) {
    return HtmlTemplate.render("ros/replay/chart.jte", Map.of("chart", chart));
  }

  /** A report of a plausible replay. */
  static ReplayReport report(String bag, int frames, ReplayReport.Damage... damages) {
    List<ReplayReport.FrameFigures> each = new ArrayList<>();
    for (int i = 0; i < frames; i++) {
      boolean dropped = i == 11;
      each.add(
          new ReplayReport.FrameFigures(
              i,
              1_600_000_000_000_000_000L + i * 33_333_333L,
              dropped ? "corrupt_image" : null,
              dropped ? null : 1 + 0.2 * Math.sin(i),
              dropped ? null : 9 + Math.sin(i / 3.0),
              dropped ? null : 10 + 1.5 * Math.sin(i / 3.0),
              dropped ? Map.of() : Map.of("depth.rmse", 0.6 + 0.2 * Math.sin(i / 9.0))));
    }
    Map<String, ReplayReport.Value> metrics = new LinkedHashMap<>();
    double value = 0.61;
    for (Metric metric :
        new ReplayMetrics(List.of(new Head("depth", MetricMap.metres(0, 10)))).all()) {
      metrics.put(metric.name(), new ReplayReport.Value(value, metric.unit(), metric.protocol()));
      value += 0.013;
    }
    List<ReplayReport.ClassFigures> classes =
        List.of(
            new ReplayReport.ClassFigures(0, "bed", "#E6550D", 0.1, 0.5),
            new ReplayReport.ClassFigures(1, "furniture", "#6B6ECF", 0.5, 0.7),
            new ReplayReport.ClassFigures(2, "wall", "#9ECAE1", 0.4, null));
    List<ReplayReport.DistanceBand> distances =
        List.of(
            new ReplayReport.DistanceBand(0, 1, 1000, 0.2, 0.1),
            new ReplayReport.DistanceBand(1, 2, 5000, 0.4, -0.1),
            new ReplayReport.DistanceBand(2, 4, 3000, 0.9, -0.4));
    return new ReplayReport(
        ReplayReport.SCHEMA,
        "0.1.0",
        "2026-01-01T00:00:00Z",
        "2 processors, Linux, Java 17",
        new ReplayReport.BagFacts(
            bag, "ab".repeat(32), 12345678, 14.9, 450, List.of(damages), List.of(bag)),
        new ReplayReport.BundleFacts(
            "indoor-edge-v3",
            "1",
            "cd".repeat(32),
            "float",
            "CPU",
            List.of("CUDA: no device"),
            320,
            240),
        new ReplayReport.Topics(
            "/camera/rgb/image_color",
            Map.of("depth", "/camera/depth"),
            "/camera/info",
            List.of("images: /camera/rgb/image_color (rgb8, 640x480, frame optical), guessed")),
        new ReplayReport.Counts(
            frames, frames - 1, 1, Map.of("corrupt_image", 1L), Map.of("depth", frames - 1L), 20),
        List.of(new ReplayReport.Stage("infer", frames, 9, 10, 11, 12, 9.1)),
        metrics,
        Map.of("segmentation", classes),
        Map.of("depth", distances),
        new ReplayReport.CameraFacts(640, 480, 292.5, 259.4, 0.887),
        each,
        "ef".repeat(32),
        List.of(
            new Gate.Result(
                "depth.rmse<1.0", 0.61, true, "measured 0.61 m", new Coverage(39, 40, 1000, 1))),
        new ReplayReport.Coverages(
            new Coverage(39, 40, 0, 1), Map.of("depth", new Coverage(39, 40, 1000, 1)), 0.3),
        List.of("The bag's camera is not the training camera."));
  }
}
