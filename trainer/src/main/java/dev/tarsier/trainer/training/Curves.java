package dev.tarsier.trainer.training;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.trainer.run.RunFolder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
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
    RunFolder.replace(training.resolve("curves.html"), html(title, pictures, epochs));
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

  private static byte[] png(XYChart chart) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BitmapEncoder.saveBitmap(chart, bytes, BitmapEncoder.BitmapFormat.PNG);
    return bytes.toByteArray();
  }

  private static String html(String title, Map<String, byte[]> pictures, List<JsonNode> epochs) {
    StringBuilder html = new StringBuilder();
    html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
        .append(escape(title))
        .append(
            """
            </title><style>
            body { font-family: sans-serif; margin: 2em; max-width: 1600px; }
            img { max-width: 100%; border: 1px solid #ddd; margin: 4px; }
            table { border-collapse: collapse; } td, th { padding: 2px 10px; text-align: right; }
            tr.best { font-weight: bold; }
            </style></head><body>
            """)
        .append("<h1>")
        .append(escape(title))
        .append("</h1>\n");
    pictures.forEach(
        (name, png) ->
            html.append("<img alt=\"")
                .append(escape(name))
                .append("\" src=\"data:image/png;base64,")
                .append(Base64.getEncoder().encodeToString(png))
                .append("\">\n"));
    html.append("<h2>Validation</h2>\n<table><tr><th>epoch</th><th>step</th><th>score</th>");
    html.append("<th>figures</th></tr>\n");
    for (JsonNode epoch : epochs) {
      html.append(epoch.path("best").asBoolean() ? "<tr class=\"best\">" : "<tr>");
      html.append(
          String.format(
              Locale.ROOT,
              "<td>%d</td><td>%d</td><td>%.4f</td><td style=\"text-align:left\">",
              epoch.path("epoch").asInt(),
              epoch.path("step").asInt(),
              epoch.path("score").asDouble()));
      for (Map.Entry<String, JsonNode> data : epoch.path("metrics").properties()) {
        html.append(escape(data.getKey())).append(":");
        for (Map.Entry<String, JsonNode> value : data.getValue().properties()) {
          html.append(
              String.format(
                  Locale.ROOT, " %s %.3f", escape(value.getKey()), value.getValue().asDouble()));
        }
        html.append("<br>");
      }
      html.append("</td></tr>\n");
    }
    return html.append("</table></body></html>\n").toString();
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
