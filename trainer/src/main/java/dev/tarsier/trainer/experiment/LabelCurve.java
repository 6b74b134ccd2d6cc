package dev.tarsier.trainer.experiment;

import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.runtime.file.HtmlTemplate;
import dev.tarsier.runtime.file.WholeFile;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;

/**
 * Figures against the number of labels: the rows of a table that belong to a series, drawn with
 * their spread over the seeds.
 */
public final class LabelCurve {
  private static final int WIDTH = 820;
  private static final int HEIGHT = 500;

  private LabelCurve() {}

  /**
   * Writes {@code curve.png} and {@code curve.html}; nothing where no row of a series is there yet.
   *
   * @param table with rows that say {@code series} and {@code at}
   * @param out the experiment's folder
   * @return whether they were written
   */
  public static boolean write(TableResult table, Path out) throws IOException {
    Map<Column, byte[]> charts = new LinkedHashMap<>();
    for (Column column : table.columns()) {
      if (!Column.isHeadline(column.figure())) {
        continue;
      }
      chart(table, column).ifPresent(png -> charts.put(column, png));
    }
    if (charts.isEmpty()) {
      return false;
    }
    byte[] first = charts.values().iterator().next();
    WholeFile.write(out.resolve("curve.png"), first);
    WholeFile.write(
        out.resolve("curve.html"),
        HtmlTemplate.render(
            "trainer/experiment/curve.jte", Map.of("table", table, "charts", charts)));
    return true;
  }

  private static Optional<byte[]> chart(TableResult table, Column column) {
    Map<String, List<TableResult.Row>> series = new LinkedHashMap<>();
    for (TableResult.Row row : table.rows()) {
      if (row.written().series() != null
          && row.values().get(column).count() > 0
          && !row.starred().contains(column)) {
        series.computeIfAbsent(row.written().series(), name -> new ArrayList<>()).add(row);
      }
    }
    if (series.isEmpty()) {
      return Optional.empty();
    }
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("")
            .xAxisTitle("labelled frames")
            .yAxisTitle(column.title())
            .build();
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    chart.getStyler().setMarkerSize(7);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    // Studies halve the labels from point to point. Zero has no place on such an axis.
    chart
        .getStyler()
        .setXAxisLogarithmic(
            series.values().stream().flatMap(List::stream).allMatch(row -> row.written().at() > 0));
    chart.getStyler().setXAxisLogarithmicDecadeOnly(false);
    chart.getStyler().setYAxisDecimalPattern("0." + "0".repeat(column.decimals()));
    series.forEach(
        (name, rows) -> {
          rows.sort(Comparator.comparing(row -> row.written().at()));
          List<Double> at = new ArrayList<>();
          List<Double> mean = new ArrayList<>();
          List<Double> spread = new ArrayList<>();
          for (TableResult.Row row : rows) {
            Spread value = row.values().get(column);
            at.add(row.written().at());
            mean.add(value.mean());
            spread.add(value.count() > 1 ? value.deviation() : 0);
          }
          boolean seeds = spread.stream().anyMatch(deviation -> deviation > 0);
          XYSeries drawn = chart.addSeries(name, at, mean, seeds ? spread : null);
          drawn.setLineWidth(2);
        });
    return Optional.of(EncodedImage.png(BitmapEncoder.getBufferedImage(chart)));
  }
}
