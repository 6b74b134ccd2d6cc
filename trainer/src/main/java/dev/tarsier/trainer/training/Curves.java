package dev.tarsier.trainer.training;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.accuracy.Metric;
import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.runtime.file.HtmlTemplate;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.trainer.run.RunFolder;
import java.awt.Color;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.None;

/**
 * Draws a run's logs: a chart for each validated figure, the losses and the learning rate as PNG
 * files, and {@code curves.html} with all of them, which needs no other file. What is asked first
 * stands first: the leading figure of each task, with the best epoch marked, and what the network
 * says of one frame from epoch to epoch.
 */
public final class Curves {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 420;

  private static final Color BEST = new Color(0x0a7d4a);

  /** At most so many points in a curve; more cannot be seen. */
  private static final int POINTS = 400;

  private static final int MOST_DECIMALS = 8;

  /** At most so many epochs in the row of pictures. */
  private static final int SHOWN = 6;

  private static final String PICTURES = "predictions";
  private static final Pattern PICTURE = Pattern.compile("(\\d{5,9})-(\\d)-(.+)\\.(png|jpeg)");
  private static final String TRUE = "true ";
  private static final String IMAGE = "image";

  private Curves() {}

  /**
   * A picture on the page.
   *
   * @param caption what it shows
   * @param mediaType such as {@code image/png}
   * @param bytes encoded
   */
  public record Picture(String caption, String mediaType, byte[] bytes) {}

  /**
   * Pictures that belong together.
   *
   * @param title of the row
   * @param pictures in their order
   */
  public record Row(String title, List<Picture> pictures) {}

  /** Where in a training's folder the pictures of epochs lie. */
  public static Path pictures(Path training) {
    return training.resolve(PICTURES);
  }

  /**
   * What a picture of an epoch is called, so that the page finds it.
   *
   * @param epoch from 1
   * @param place in the row, from 0
   * @param caption such as {@code image}, {@code depth}, {@code true depth}
   * @param mediaType {@code image/png} or {@code image/jpeg}
   */
  public static String pictureName(int epoch, int place, String caption, String mediaType) {
    return "%05d-%d-%s.%s"
        .formatted(
            epoch,
            place,
            URLEncoder.encode(caption, StandardCharsets.UTF_8),
            mediaType.substring("image/".length()));
  }

  /**
   * Draws what the logs of a training folder hold so far.
   *
   * @param training the folder with {@code steps.jsonl} and {@code epochs.jsonl}; the pictures go
   *     there too
   * @param title what to call the run
   * @param metrics that the figures are of, for their units
   */
  public static void draw(Path training, String title, List<Metric> metrics) throws IOException {
    Map<String, String> units =
        metrics.stream().collect(Collectors.toMap(Metric::name, Metric::unit, (one, same) -> one));
    List<JsonNode> steps = RunFolder.lines(Trainer.steps(training));
    List<JsonNode> epochs = RunFolder.lines(Trainer.epochs(training));
    if (steps.isEmpty()) {
      return;
    }
    int best = best(epochs);
    Set<String> leading = leading(epochs);
    Map<String, byte[]> first = new LinkedHashMap<>();
    Map<String, byte[]> others = new LinkedHashMap<>();
    for (String figure : leading) {
      first.put(figure, png(figureChart(epochs, figure, units.getOrDefault(figure, ""), best)));
    }
    for (String figure : figures(epochs)) {
      if (!leading.contains(figure)) {
        others.put(figure, png(figureChart(epochs, figure, units.getOrDefault(figure, ""), best)));
      }
    }
    Map<String, byte[]> learning = new LinkedHashMap<>();
    learning.put("loss", png(lossChart(steps)));
    Set<String> weights = names(steps);
    weights.removeIf(name -> !name.startsWith(Trainer.WEIGHT));
    if (!weights.isEmpty()) {
      learning.put("weights", png(weightChart(steps, weights)));
    }
    learning.put("learning-rate", png(rateChart(steps)));
    for (Map<String, byte[]> pictures : List.of(first, others, learning)) {
      for (Map.Entry<String, byte[]> picture : pictures.entrySet()) {
        WholeFile.write(training.resolve(picture.getKey() + ".png"), picture.getValue());
      }
    }
    WholeFile.write(
        training.resolve("curves.html"),
        HtmlTemplate.render(
            "trainer/training/curves.jte",
            Map.of(
                "title", title,
                "best", best,
                "leading", first,
                "learning", learning,
                "others", others,
                "rows", rows(pictures(training), best),
                "epochs", epochs)));
  }

  /** The best epoch so far; 0 where none was validated. */
  private static int best(List<JsonNode> epochs) {
    int best = 0;
    for (JsonNode epoch : epochs) {
      best = epoch.path("best").asBoolean() ? epoch.path("epoch").asInt() : best;
    }
    return best;
  }

  /** The first figure of each task, in their order. */
  private static Set<String> leading(List<JsonNode> epochs) {
    Map<String, String> first = new LinkedHashMap<>();
    for (JsonNode epoch : epochs) {
      for (JsonNode data : epoch.path("metrics")) {
        data.fieldNames()
            .forEachRemaining(figure -> first.putIfAbsent(figure.split("\\.", 2)[0], figure));
      }
    }
    return new LinkedHashSet<>(first.values());
  }

  private static Set<String> figures(List<JsonNode> epochs) {
    Set<String> figures = new TreeSet<>();
    for (JsonNode epoch : epochs) {
      for (JsonNode data : epoch.path("metrics")) {
        data.fieldNames().forEachRemaining(figures::add);
      }
    }
    return figures;
  }

  /** The frame and its truth, then what was said of it, of some epochs and the best one. */
  private static List<Row> rows(Path folder, int best) throws IOException {
    NavigableMap<Integer, List<Picture>> byEpoch = new TreeMap<>();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path each : files.sorted().toList()) {
          Matcher name = PICTURE.matcher(each.getFileName().toString());
          if (name.matches()) {
            byEpoch
                .computeIfAbsent(Integer.valueOf(name.group(1)), epoch -> new ArrayList<>())
                .add(
                    new Picture(
                        URLDecoder.decode(name.group(3), StandardCharsets.UTF_8),
                        "image/" + name.group(4),
                        Files.readAllBytes(each)));
          }
        }
      }
    }
    List<Row> rows = new ArrayList<>();
    if (byEpoch.isEmpty()) {
      return rows;
    }
    rows.add(
        new Row(
            "the frame", byEpoch.lastEntry().getValue().stream().filter(Curves::given).toList()));
    List<Integer> epochs = List.copyOf(byEpoch.keySet());
    Set<Integer> shown = new TreeSet<>();
    for (int i = 0; i < SHOWN; i++) {
      shown.add(epochs.get((int) Math.round(i * (epochs.size() - 1) / (SHOWN - 1.0))));
    }
    if (byEpoch.containsKey(best)) {
      shown.add(best);
    }
    for (int epoch : shown) {
      List<Picture> said = byEpoch.get(epoch).stream().filter(each -> !given(each)).toList();
      rows.add(new Row("epoch " + epoch + (epoch == best ? ", the best" : ""), said));
    }
    return rows;
  }

  private static boolean given(Picture picture) {
    return picture.caption().equals(IMAGE) || picture.caption().startsWith(TRUE);
  }

  /**
   * Losses averaged over stretches of steps, so that the trend is seen and not the batches. Of a
   * batch that has nothing to teach a task there is no loss of it.
   */
  private static XYChart lossChart(List<JsonNode> steps) {
    XYChart chart = chart("Training loss", "step", "loss");
    Set<String> losses = names(steps);
    losses.removeAll(Trainer.NO_LOSSES);
    losses.removeIf(name -> name.startsWith(Trainer.WEIGHT));
    losses.forEach(loss -> addStretches(chart, steps, loss));
    valueAxis(chart, true);
    return chart;
  }

  private static Set<String> names(List<JsonNode> steps) {
    Set<String> names = new LinkedHashSet<>();
    steps.forEach(step -> step.fieldNames().forEachRemaining(names::add));
    return names;
  }

  /** How much the balancer lets each task count. */
  private static XYChart weightChart(List<JsonNode> steps, Set<String> weights) {
    XYChart chart = chart("How much each task counts", "step", "weight");
    weights.forEach(weight -> addStretches(chart, steps, weight));
    valueAxis(chart, true);
    return chart;
  }

  /**
   * Sets the axis of the values: logarithmic where it may be, all of them are above 0 and they span
   * more than a decade; else with as many decimals as tell them apart.
   */
  private static void valueAxis(XYChart chart, boolean mayBeLogarithmic) {
    double[] all =
        chart.getSeriesMap().values().stream()
            .flatMapToDouble(series -> Arrays.stream(series.getYData()))
            .filter(Double::isFinite)
            .sorted()
            .toArray();
    double least = all.length == 0 ? 0 : all[0];
    double most = all.length == 0 ? 0 : all[all.length - 1];
    if (mayBeLogarithmic && least > 0 && most > 10 * least) {
      chart.getStyler().setYAxisLogarithmic(true);
      return;
    }
    int decimals = most > least ? (int) (1 - Math.floor(Math.log10(most - least))) : 3;
    chart
        .getStyler()
        .setYAxisDecimalPattern(
            decimals <= 0 ? "0" : "0." + "0".repeat(Math.min(decimals, MOST_DECIMALS)));
  }

  private static XYChart rateChart(List<JsonNode> steps) {
    XYChart chart = chart("Learning rate", "step", "share of the learning rate");
    addStretches(chart, steps, "factor");
    chart.getStyler().setLegendVisible(false);
    chart.getStyler().setYAxisDecimalPattern("0.00");
    return chart;
  }

  /** Adds means of stretches of steps. */
  private static void addStretches(XYChart chart, List<JsonNode> steps, String name) {
    int stretch = Math.max(1, (steps.size() + POINTS - 1) / POINTS);
    List<Double> x = new ArrayList<>();
    List<Double> y = new ArrayList<>();
    for (int first = 0; first < steps.size(); first += stretch) {
      int end = Math.min(steps.size(), first + stretch);
      double sum = 0;
      int count = 0;
      for (JsonNode step : steps.subList(first, end)) {
        if (step.has(name)) {
          sum += step.path(name).asDouble();
          count++;
        }
      }
      if (count > 0) {
        x.add(steps.get(end - 1).path("step").asDouble());
        y.add(sum / count);
      }
    }
    if (!x.isEmpty()) {
      chart.addSeries(name, x, y).setMarker(new None());
    }
  }

  private static XYChart figureChart(List<JsonNode> epochs, String figure, String unit, int best) {
    XYChart chart = chart(figure, "epoch", unit.isEmpty() ? figure : figure + ", " + unit);
    Map<String, List<Double>> x = new LinkedHashMap<>();
    Map<String, List<Double>> y = new LinkedHashMap<>();
    for (JsonNode epoch : epochs) {
      for (Map.Entry<String, JsonNode> data : epoch.path("metrics").properties()) {
        JsonNode value = data.getValue().path(figure);
        if (value.isNumber() && Double.isFinite(value.asDouble())) {
          x.computeIfAbsent(data.getKey(), k -> new ArrayList<>())
              .add(epoch.path("epoch").asDouble());
          y.computeIfAbsent(data.getKey(), k -> new ArrayList<>()).add(value.asDouble());
        }
      }
    }
    x.forEach((data, at) -> chart.addSeries(data, at, y.get(data)));
    valueAxis(chart, false);
    // Of one epoch there is nothing to tell the best from.
    if (epochs.size() > 1 && x.values().stream().anyMatch(at -> at.contains((double) best))) {
      List<Double> all = y.values().stream().flatMap(List::stream).sorted().toList();
      double from = all.get(0);
      double to = all.get(all.size() - 1);
      chart
          .addSeries("best epoch", List.of((double) best, (double) best), List.of(from, to))
          .setMarker(new None())
          .setLineColor(BEST)
          .setLineStyle(SeriesLines.DASH_DASH);
    }
    return chart;
  }

  private static XYChart chart(String title, String xTitle, String yTitle) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle(xTitle)
            .yAxisTitle(yTitle)
            .build();
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    chart.getStyler().setMarkerSize(5);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    return chart;
  }

  static String rounded(JsonNode number, int decimals) {
    return String.format(Locale.ROOT, "%." + decimals + "f", number.asDouble());
  }

  private static byte[] png(XYChart chart) {
    return EncodedImage.png(BitmapEncoder.getBufferedImage(chart));
  }
}
