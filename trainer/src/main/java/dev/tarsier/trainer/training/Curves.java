package dev.tarsier.trainer.training;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.runtime.file.HtmlTemplate;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.trainer.run.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.None;

/**
 * Draws a run's logs: {@code loss.png}, one chart for each validated figure, and {@code
 * curves.html} with all of them and the table of epochs, which needs no other file.
 */
public final class Curves {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 420;

  /** At most so many points in a curve; more cannot be seen. */
  private static final int POINTS = 400;

  private Curves() {}

  /**
   * Draws what the logs of a training folder hold so far.
   *
   * @param training the folder with {@code steps.jsonl} and {@code epochs.jsonl}; the pictures go
   *     there too
   * @param title what to call the run
   */
  public static void draw(Path training, String title) throws IOException {
    List<JsonNode> steps = RunFolder.lines(Trainer.steps(training));
    List<JsonNode> epochs = RunFolder.lines(Trainer.epochs(training));
    if (steps.isEmpty()) {
      return;
    }
    Map<String, byte[]> pictures = new LinkedHashMap<>();
    pictures.put("loss", png(lossChart(steps)));
    for (String figure : figures(epochs)) {
      pictures.put(figure, png(figureChart(epochs, figure)));
    }
    for (Map.Entry<String, byte[]> picture : pictures.entrySet()) {
      WholeFile.write(training.resolve(picture.getKey() + ".png"), picture.getValue());
    }
    WholeFile.write(
        training.resolve("curves.html"),
        HtmlTemplate.render(
            "trainer/training/curves.jte",
            Map.of("title", title, "pictures", pictures, "epochs", epochs)));
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

  /** Losses averaged over stretches of steps, so that the trend is seen and not the batches. */
  private static XYChart lossChart(List<JsonNode> steps) {
    XYChart chart = chart("Training loss", "step", "loss");
    int stretch = Math.max(1, (steps.size() + POINTS - 1) / POINTS);
    Set<String> losses = new LinkedHashSet<>();
    steps.forEach(step -> step.fieldNames().forEachRemaining(losses::add));
    losses.removeAll(Trainer.NO_LOSSES);
    for (String loss : losses) {
      List<Double> x = new ArrayList<>();
      List<Double> y = new ArrayList<>();
      for (int first = 0; first < steps.size(); first += stretch) {
        int end = Math.min(steps.size(), first + stretch);
        double sum = 0;
        int count = 0;
        for (JsonNode step : steps.subList(first, end)) {
          if (step.has(loss)) {
            sum += step.path(loss).asDouble();
            count++;
          }
        }
        if (count > 0) {
          x.add(steps.get(end - 1).path("step").asDouble());
          y.add(sum / count);
        }
      }
      if (!x.isEmpty()) {
        chart.addSeries(loss, x, y).setMarker(new None());
      }
    }
    return chart;
  }

  private static XYChart figureChart(List<JsonNode> epochs, String figure) {
    XYChart chart = chart(figure, "epoch", figure);
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
    return chart;
  }

  static String rounded(JsonNode number, int decimals) {
    return String.format(Locale.ROOT, "%." + decimals + "f", number.asDouble());
  }

  private static byte[] png(XYChart chart) {
    return EncodedImage.png(BitmapEncoder.getBufferedImage(chart));
  }
}
