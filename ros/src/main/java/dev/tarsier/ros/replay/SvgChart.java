package dev.tarsier.ros.replay;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A chart's geometry in pixels, which {@code chart.jte} writes as inline SVG. Colours come from the
 * page's CSS variables ({@code --ink}, {@code --grid}, {@code --s0} …), so that one drawing reads
 * well on light and dark.
 *
 * @param yLabel along the upright axis
 * @param grid height of each horizontal line
 * @param texts ticks and labels
 * @param curves unbroken stretches of lines
 * @param bars upright
 * @param legend names of the series; empty where there is one
 */
record SvgChart(
    String title,
    String yLabel,
    List<String> grid,
    List<Text> texts,
    List<Curve> curves,
    List<Rectangle> bars,
    List<String> legend) {
  static final int WIDTH = 720;
  static final int HEIGHT = 240;
  static final int LEFT = 58;
  static final int RIGHT = WIDTH - 12;
  private static final int TOP = 12;
  private static final int BOTTOM = HEIGHT - 38;
  private static final int MOST_POINTS = 600;

  /**
   * A line.
   *
   * @param name for the legend
   * @param values one per x; NaN breaks the line. Not modified.
   */
  record Series(String name, double[] values) {}

  /** A bar. {@code color} is a CSS colour. */
  record Bar(String label, double value, String color, String tip) {}

  record Text(String x, String y, String anchor, String text) {}

  /** A polyline's points, {@code x,y} each; the colour's number. */
  record Curve(List<String> points, int color) {}

  record Rectangle(String x, String y, String width, String height, String color, String tip) {}

  /**
   * Lines over a common x axis. Long series are thinned so that each column keeps its highest
   * value: a spike is never lost.
   *
   * @param x ascending. Not modified.
   */
  static SvgChart lines(double[] x, List<Series> series, String xLabel, String yLabel) {
    double yMax = 0;
    for (Series one : series) {
      for (double value : one.values()) {
        if (Double.isFinite(value)) {
          yMax = Math.max(yMax, value);
        }
      }
    }
    double xMin = x.length == 0 ? 0 : x[0];
    double xMax = x.length == 0 ? 1 : x[x.length - 1];
    if (xMax <= xMin) {
      xMax = xMin + 1;
    }
    SvgChart chart = empty(yLabel + " over " + xLabel, yLabel);
    double top = chart.addYAxis(yMax);
    double xStep = step(xMax - xMin, 6);
    for (double tick = Math.ceil(xMin / xStep) * xStep; tick <= xMax + 1e-9; tick += xStep) {
      double at = LEFT + (tick - xMin) / (xMax - xMin) * (RIGHT - LEFT);
      chart.addText(at, BOTTOM + 16, "middle", number(tick, xStep));
    }
    chart.addText((LEFT + RIGHT) / 2.0, HEIGHT - 6, "middle", xLabel);
    for (int s = 0; s < series.size(); s++) {
      chart.addLine(x, series.get(s).values(), s, xMin, xMax, top);
      if (series.size() > 1) {
        chart.legend.add(series.get(s).name());
      }
    }
    return chart;
  }

  /** Upright bars with their labels below. */
  static SvgChart bars(List<Bar> bars, double yMaxAtLeast, String yLabel) {
    double yMax = yMaxAtLeast;
    for (Bar bar : bars) {
      yMax = Math.max(yMax, bar.value());
    }
    SvgChart chart = empty(yLabel, yLabel);
    double top = chart.addYAxis(yMax);
    double slot = (RIGHT - LEFT) / (double) Math.max(1, bars.size());
    for (int i = 0; i < bars.size(); i++) {
      Bar bar = bars.get(i);
      double height = bar.value() / top * (BOTTOM - TOP);
      double left = LEFT + i * slot + slot * 0.15;
      chart.bars.add(
          new Rectangle(
              pixels(left),
              pixels(BOTTOM - height),
              pixels(slot * 0.7),
              pixels(Math.max(0.5, height)),
              bar.color(),
              bar.tip()));
      chart.addText(left + slot * 0.35, BOTTOM + 16, "middle", bar.label());
    }
    return chart;
  }

  private static SvgChart empty(String title, String yLabel) {
    return new SvgChart(
        title,
        yLabel,
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>());
  }

  private void addLine(
      double[] x, double[] values, int color, double xMin, double xMax, double top) {
    int stride = Math.max(1, (x.length + MOST_POINTS - 1) / MOST_POINTS);
    List<String> run = new ArrayList<>();
    for (int from = 0; from < x.length; from += stride) {
      int best = -1;
      for (int i = from; i < Math.min(x.length, from + stride); i++) {
        if (Double.isFinite(values[i]) && (best < 0 || values[i] > values[best])) {
          best = i;
        }
      }
      if (best >= 0) {
        if (run.isEmpty()) {
          curves.add(new Curve(run, color));
        }
        double right = LEFT + (x[best] - xMin) / (xMax - xMin) * (RIGHT - LEFT);
        run.add(pixels(right) + "," + pixels(TOP + (BOTTOM - TOP) * (1 - values[best] / top)));
      } else if (!run.isEmpty()) {
        run = new ArrayList<>();
      }
    }
  }

  /** Gives back the value at the top. */
  private double addYAxis(double yMax) {
    double step = step(yMax <= 0 ? 1 : yMax, 4);
    double top = Math.max(step, Math.ceil(yMax / step - 1e-9) * step);
    for (double tick = 0; tick <= top + step * 1e-6; tick += step) {
      double y = TOP + (BOTTOM - TOP) * (1 - tick / top);
      grid.add(pixels(y));
      addText(LEFT - 7, y + 4, "end", number(tick, step));
    }
    return top;
  }

  private void addText(double x, double y, String anchor, String text) {
    texts.add(new Text(pixels(x), pixels(y), anchor, text));
  }

  static double middle() {
    return (TOP + BOTTOM) / 2.0;
  }

  /** The 1-2-5 step that divides a range into about {@code parts}. */
  static double step(double range, int parts) {
    double raw = range / parts;
    double magnitude = Math.pow(10, Math.floor(Math.log10(raw)));
    double leading = raw / magnitude;
    return magnitude * (leading <= 1 ? 1 : leading <= 2 ? 2 : leading <= 5 ? 5 : 10);
  }

  private static String number(double value, double step) {
    int decimals = (int) Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  private static String pixels(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
