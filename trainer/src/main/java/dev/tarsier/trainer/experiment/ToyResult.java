package dev.tarsier.trainer.experiment;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.runtime.file.HtmlTemplate;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.file.WholeFile;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.None;

/**
 * What the toy example gave.
 *
 * @param protocol how it was run
 * @param errors mean squared error of f2, by way, then by trial
 * @param shown f2 as the first trial's networks say it at the test places, by way
 * @param seconds it took
 */
public record ToyResult(
    ToyExperiment.Protocol protocol,
    Map<Way, List<Double>> errors,
    Map<Way, List<Double>> shown,
    double seconds) {
  /** What is compared. */
  public enum Way {
    /** z → f2, from the 160. */
    SINGLE_TASK("single task", "z → f2", ".0149 ± .0111", new Color(0xC0392B)),
    /** z → (f1, f2), f1 from the 640, f2 from the 160. */
    MULTI_TASK("multi-task", "z → f1, f2", ".0101 ± .0068", new Color(0xD68910)),
    /** (z, f1) → f2, from the 160. */
    TEACHER("teacher", "z, f1 → f2", "", new Color(0x7D3C98)),
    /** z → (f1, f2); f2 from the 160, and from the teacher at the other 480. */
    STUDENT("student", "z → f1, f2; f2 from the teacher too", ".0072 ± .0062", new Color(0x1E8449));

    final String title;
    final String mapping;
    final String paper;
    private final Color color;

    Way(String title, String mapping, String paper, Color color) {
      this.title = title;
      this.mapping = mapping;
      this.paper = paper;
      this.color = color;
    }
  }

  /** Copies. */
  public ToyResult {
    errors = Map.copyOf(errors);
    shown = Map.copyOf(shown);
  }

  static double[] testPlaces() {
    return IntStream.range(0, ToyExperiment.TEST_PLACES)
        .mapToDouble(i -> i / (ToyExperiment.TEST_PLACES - 1.0))
        .toArray();
  }

  static ToyResult of(
      ToyExperiment.Protocol protocol, Map<Way, double[][]> predictions, double seconds) {
    double[] places = testPlaces();
    Map<Way, List<Double>> errors = new EnumMap<>(Way.class);
    Map<Way, List<Double>> shown = new EnumMap<>(Way.class);
    predictions.forEach(
        (way, trials) -> {
          List<Double> each = new ArrayList<>();
          for (double[] predicted : trials) {
            double sum = 0;
            for (int i = 0; i < places.length; i++) {
              double difference = predicted[i] - ToyFunctions.f2(places[i]);
              sum += difference * difference;
            }
            each.add(sum / places.length);
          }
          errors.put(way, List.copyOf(each));
          shown.put(way, IntStream.range(0, places.length).mapToObj(i -> trials[0][i]).toList());
        });
    return new ToyResult(protocol, errors, shown, seconds);
  }

  /** Mean and spread of a way's error over the trials. */
  public Spread error(Way way) {
    return Spread.of(errors.get(way));
  }

  /** In how many trials one way's error is smaller than another's. */
  public int wins(Way way, Way other) {
    int wins = 0;
    for (int trial = 0; trial < protocol.seeds(); trial++) {
      if (errors.get(way).get(trial) < errors.get(other).get(trial)) {
        wins++;
      }
    }
    return wins;
  }

  /** What the paper leaves open, as we did it. */
  String protocolLine() {
    return String.format(
        Locale.ROOT,
        "%d independent trials; f1 known at %d places drawn uniformly from 0 to 1, f2 at the first"
            + " %d of them. Fully connected, 4 × 128, tanh; Adam %s for %d steps, in each %d values"
            + " of f2 and, where f1 is learnt, %d of f1. The student learns the true f2 where it is"
            + " known and its teacher's elsewhere. Mean squared error of f2 at %,d places evenly"
            + " spaced from 0 to 1.",
        protocol.seeds(),
        ToyExperiment.SAMPLES,
        ToyExperiment.LABELLED,
        protocol.learningRate(),
        protocol.steps(),
        protocol.batch(),
        protocol.batch(),
        ToyExperiment.TEST_PLACES);
  }

  String reading() {
    return String.format(
        Locale.ROOT,
        "Multi-task is better than single task in %d of %d trials, the student than multi-task in"
            + " %d, the student than its teacher in %d. The paper does not state optimiser, epochs,"
            + " batch or test set, so its figures stand beside, not in the same line.",
        wins(Way.MULTI_TASK, Way.SINGLE_TASK),
        protocol.seeds(),
        wins(Way.STUDENT, Way.MULTI_TASK),
        wins(Way.STUDENT, Way.TEACHER));
  }

  String measured(Way way) {
    Spread error = error(way);
    return String.format(Locale.ROOT, "%.5f ± %.5f", error.mean(), error.deviation());
  }

  /** For a console. */
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append("The toy example: mean squared error of f2, mean ± standard deviation\n");
    text.append(String.format(Locale.ROOT, "%-12s  %-36s %-20s  %s%n", "", "", "here", "paper"));
    for (Way way : Way.values()) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-12s  %-36s %-20s  %s%n",
              way.title,
              way.mapping,
              measured(way),
              way.paper.isEmpty() ? "–" : way.paper));
    }
    text.append(protocolLine()).append('\n').append(reading()).append('\n');
    return text.append(String.format(Locale.ROOT, "It took %.1f s.%n", seconds)).toString();
  }

  /**
   * Writes {@code toy.html}, {@code toy.png} and {@code toy.json}.
   *
   * @param out the folder; made if need be
   */
  public void write(Path out) throws IOException {
    Files.createDirectories(out);
    byte[] functions = EncodedImage.png(BitmapEncoder.getBufferedImage(functions()));
    byte[] differences = EncodedImage.png(BitmapEncoder.getBufferedImage(differences()));
    WholeFile.write(out.resolve("toy.png"), functions);
    Json.write(out.resolve("toy.json"), json());
    WholeFile.write(
        out.resolve("toy.html"),
        HtmlTemplate.render(
            "trainer/experiment/toy.jte",
            Map.of("toy", this, "functions", functions, "differences", differences)));
  }

  private ObjectNode json() {
    ObjectNode root = Json.object();
    root.put("schema", "tarsier.toy/1");
    root.put("protocol", protocolLine());
    root.put("seconds", seconds);
    ObjectNode ways = root.putObject("ways");
    for (Way way : Way.values()) {
      ObjectNode node = ways.putObject(way.name().toLowerCase(Locale.ROOT));
      node.put("mean", error(way).mean()).put("deviation", error(way).deviation());
      node.put("paper", way.paper);
      ArrayNode each = node.putArray("trials");
      errors.get(way).forEach(each::add);
    }
    return root;
  }

  private XYChart functions() {
    XYChart chart = chart("value");
    double[] places = testPlaces();
    line(chart, "f1", places, map(places, true), new Color(0x95A5A6), 1.5f);
    line(chart, "f2", places, map(places, false), Color.BLACK, 3f);
    for (Way way : Way.values()) {
      line(chart, way.title, places, shown(way), way.color, 1.5f);
    }
    return chart;
  }

  private XYChart differences() {
    XYChart chart = chart("said − f2");
    double[] places = testPlaces();
    double[] truth = map(places, false);
    for (Way way : Way.values()) {
      double[] difference = shown(way);
      for (int i = 0; i < difference.length; i++) {
        difference[i] -= truth[i];
      }
      line(chart, way.title, places, difference, way.color, 2f);
    }
    return chart;
  }

  private double[] shown(Way way) {
    return shown.get(way).stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static double[] map(double[] places, boolean first) {
    return IntStream.range(0, places.length)
        .mapToDouble(i -> first ? ToyFunctions.f1(places[i]) : ToyFunctions.f2(places[i]))
        .toArray();
  }

  private static XYChart chart(String yTitle) {
    XYChart chart =
        new XYChartBuilder().width(900).height(440).xAxisTitle("z").yAxisTitle(yTitle).build();
    chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setXAxisDecimalPattern("0.0");
    chart.getStyler().setYAxisDecimalPattern("0.00");
    chart.getStyler().setXAxisTickMarkSpacingHint(80);
    return chart;
  }

  private static void line(
      XYChart chart, String name, double[] x, double[] y, Color color, float width) {
    XYSeries series = chart.addSeries(name, x, y);
    series.setMarker(new None());
    series.setLineColor(color);
    series.setLineWidth(width);
  }
}
