package dev.tarsier.trainer.experiment;

import dev.tarsier.runtime.file.EncodedImage;
import java.awt.Color;
import java.awt.Font;
import java.awt.font.FontRenderContext;
import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * A table's rows as points: one metric against another, with arms as long as the standard deviation
 * over the seeds.
 */
final class StudyFigure {
  private static final int WIDTH = 820;
  private static final int HEIGHT = 560;

  /** What axes and their labels leave of the picture, nearly. */
  private static final int PLOT_WIDTH = WIDTH - 120;

  private static final int PLOT_HEIGHT = HEIGHT - 90;

  private static final Font LABELS = new Font(Font.SANS_SERIF, Font.PLAIN, 13);

  /** Of a label from its point, in pixels. */
  private static final int GAP = 8;

  /** Dark enough on white, and told apart also by who sees red and green alike. */
  private static final List<Color> COLORS =
      List.of(
          new Color(0x0072B2),
          new Color(0xD55E00),
          new Color(0x00795A),
          new Color(0xA8447F),
          new Color(0x8A6500),
          new Color(0x444444),
          new Color(0xC2185B),
          new Color(0x4B3FA0),
          new Color(0x2E7D9A));

  /** A row that has both metrics. */
  private record Point(String name, Spread x, Spread y) {
    private double armX() {
      return x.count() > 1 ? x.deviation() : 0;
    }

    private double armY() {
      return y.count() > 1 ? y.deviation() : 0;
    }
  }

  /** From values to pixels of the plot, from its lower left corner. */
  private record Axis(double least, double most, int pixels) {
    static Axis around(List<Double> values, int pixels) {
      double least = values.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
      double most = values.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
      double margin = most > least ? 0.12 * (most - least) : Math.max(0.1 * Math.abs(most), 0.01);
      return new Axis(least - margin, most + margin, pixels);
    }

    double pixel(double value) {
      return (value - least) / (most - least) * pixels;
    }

    double value(double pixel) {
      return least + pixel / pixels * (most - least);
    }
  }

  private StudyFigure() {}

  /**
   * Draws it.
   *
   * @param table its rows; one that lacks one of the metrics, or was given it as input, has no
   *     point
   * @param figure which metrics
   * @return a PNG; none where no row has a point
   */
  static Optional<byte[]> png(TableResult table, Study.Figure figure) {
    Column x = Column.named(figure.x());
    Column y = Column.named(figure.y());
    List<Point> points = new ArrayList<>();
    for (TableResult.Row row : table.rows()) {
      Spread atX = row.values().getOrDefault(x, Spread.of(List.of()));
      Spread atY = row.values().getOrDefault(y, Spread.of(List.of()));
      boolean given = row.starred().contains(x) || row.starred().contains(y);
      if (atX.count() > 0 && atY.count() > 0 && !given) {
        points.add(new Point(row.written().name(), atX, atY));
      }
    }
    return points.isEmpty() ? Optional.empty() : Optional.of(png(points, x, y));
  }

  private static byte[] png(List<Point> points, Column x, Column y) {
    List<Double> allX = new ArrayList<>();
    List<Double> allY = new ArrayList<>();
    for (Point each : points) {
      allX.addAll(List.of(each.x().mean() - each.armX(), each.x().mean() + each.armX()));
      allY.addAll(List.of(each.y().mean() - each.armY(), each.y().mean() + each.armY()));
    }
    Axis across = Axis.around(allX, PLOT_WIDTH);
    Axis up = Axis.around(allY, PLOT_HEIGHT);
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("")
            .xAxisTitle(title(x))
            .yAxisTitle(title(y))
            .build();
    chart.getStyler().setLegendVisible(false);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setMarkerSize(9);
    chart.getStyler().setXAxisMin(across.least()).setXAxisMax(across.most());
    chart.getStyler().setYAxisMin(up.least()).setYAxisMax(up.most());
    chart.getStyler().setXAxisDecimalPattern(pattern(x));
    chart.getStyler().setYAxisDecimalPattern(pattern(y));
    chart.getStyler().setAnnotationTextFont(LABELS);
    Map<Point, Point2D> labels = labels(points, across, up);
    for (int i = 0; i < points.size(); i++) {
      Point point = points.get(i);
      Color color = COLORS.get(i % COLORS.size());
      double atX = point.x().mean();
      double atY = point.y().mean();
      line(chart, point.name() + " x", color, atX - point.armX(), atX + point.armX(), atY, atY);
      line(chart, point.name() + " y", color, atX, atX, atY - point.armY(), atY + point.armY());
      XYSeries dot = chart.addSeries(point.name(), new double[] {atX}, new double[] {atY});
      dot.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
      dot.setMarker(SeriesMarkers.CIRCLE);
      dot.setMarkerColor(color);
      Point2D label = labels.get(point);
      chart.addAnnotation(
          new AnnotationText(
              point.name(), across.value(label.getX()), up.value(label.getY()), false));
    }
    return EncodedImage.png(BitmapEncoder.getBufferedImage(chart));
  }

  private static void line(
      XYChart chart, String name, Color color, double x0, double x1, double y0, double y1) {
    XYSeries line = chart.addSeries(name, new double[] {x0, x1}, new double[] {y0, y1});
    line.setMarker(SeriesMarkers.NONE);
    line.setLineColor(color);
    line.setLineStyle(SeriesLines.SOLID);
    line.setLineWidth(1.5f);
  }

  private static String title(Column column) {
    return "%s (%s is better)"
        .formatted(column.title(), column.higherIsBetter() ? "higher" : "lower");
  }

  private static String pattern(Column column) {
    return "0." + "0".repeat(column.decimals());
  }

  /**
   * The middle of each label in pixels of the plot: beside its point, where it covers least of the
   * other points and labels and stays inside.
   */
  private static Map<Point, Point2D> labels(List<Point> points, Axis across, Axis up) {
    List<Rectangle2D> taken = new ArrayList<>();
    for (Point each : points) {
      double x = across.pixel(each.x().mean());
      double y = up.pixel(each.y().mean());
      taken.add(new Rectangle2D.Double(x - GAP, y - GAP, 2 * GAP, 2 * GAP));
    }
    FontRenderContext context = new FontRenderContext(null, true, true);
    Rectangle2D plot = new Rectangle2D.Double(0, 0, PLOT_WIDTH, PLOT_HEIGHT);
    Map<Point, Point2D> labels = new LinkedHashMap<>();
    for (Point each : points) {
      Rectangle2D text = LABELS.getStringBounds(each.name(), context);
      double width = text.getWidth() + 4;
      double height = text.getHeight();
      double x = across.pixel(each.x().mean());
      double y = up.pixel(each.y().mean());
      Rectangle2D best = null;
      double least = Double.POSITIVE_INFINITY;
      for (double far = 1; far <= 4; far++) {
        double beside = width / 2 + GAP * far;
        double above = height / 2 + GAP * far;
        double[][] places = {
          {beside, above},
          {beside, -above},
          {-beside, above},
          {-beside, -above},
          {0, above + GAP},
          {0, -above - GAP}
        };
        for (double[] place : places) {
          Rectangle2D box =
              new Rectangle2D.Double(
                  x + place[0] - width / 2, y + place[1] - height / 2, width, height);
          double covered = width * height - area(box.createIntersection(plot));
          for (Rectangle2D other : taken) {
            covered += area(box.createIntersection(other));
          }
          if (covered < least) {
            least = covered;
            best = box;
          }
        }
      }
      taken.add(best);
      labels.put(each, new Point2D.Double(best.getCenterX(), best.getCenterY()));
    }
    return labels;
  }

  private static double area(Rectangle2D box) {
    return Math.max(0, box.getWidth()) * Math.max(0, box.getHeight());
  }
}
