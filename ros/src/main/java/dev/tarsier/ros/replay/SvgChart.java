package dev.tarsier.ros.replay;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Charts as inline SVG. Colours come from the page's CSS variables ({@code --ink}, {@code --grid},
 * {@code --s0} …), so that one drawing reads well on light and dark. Stateless.
 */
final class SvgChart {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 240;
  private static final int LEFT = 58;
  private static final int RIGHT = 12;
  private static final int TOP = 12;
  private static final int BOTTOM = 38;
  private static final int MOST_POINTS = 600;

  private SvgChart() {}

  /**
   * A line.
   *
   * @param name for the legend
   * @param values one per x; NaN breaks the line. Not modified.
   */
  record Series(String name, double[] values) {}

  /** A bar. {@code color} is a CSS colour. */
  record Bar(String label, double value, String color, String tip) {}

  /**
   * Lines over a common x axis. Long series are thinned so that each column keeps its highest
   * value: a spike is never lost.
   *
   * @param x ascending. Not modified.
   */
  static String lines(double[] x, List<Series> series, String xLabel, String yLabel) {
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
    double step = step(yMax <= 0 ? 1 : yMax, 4);
    double top = Math.max(step, Math.ceil(yMax / step - 1e-9) * step);
    StringBuilder svg = open(yLabel + " over " + xLabel);
    yAxis(svg, top, step, yLabel);
    double xStep = step(xMax - xMin, 6);
    for (double tick = Math.ceil(xMin / xStep) * xStep; tick <= xMax + 1e-9; tick += xStep) {
      double at = LEFT + (tick - xMin) / (xMax - xMin) * plotWidth();
      text(svg, at, HEIGHT - BOTTOM + 16, "middle", number(tick, xStep));
    }
    text(svg, LEFT + plotWidth() / 2.0, HEIGHT - 6, "middle", xLabel);
    for (int s = 0; s < series.size(); s++) {
      line(svg, x, series.get(s), s, xMin, xMax, top);
    }
    return svg.append("</svg>").append(legend(series)).toString();
  }

  /** Upright bars with their labels below. */
  static String bars(List<Bar> bars, double yMaxAtLeast, String yLabel) {
    double yMax = yMaxAtLeast;
    for (Bar bar : bars) {
      yMax = Math.max(yMax, bar.value());
    }
    double step = step(yMax <= 0 ? 1 : yMax, 4);
    double top = Math.max(step, Math.ceil(yMax / step - 1e-9) * step);
    StringBuilder svg = open(yLabel);
    yAxis(svg, top, step, yLabel);
    double slot = plotWidth() / (double) Math.max(1, bars.size());
    for (int i = 0; i < bars.size(); i++) {
      Bar bar = bars.get(i);
      double height = bar.value() / top * plotHeight();
      double left = LEFT + i * slot + slot * 0.15;
      svg.append(
          String.format(
              Locale.ROOT,
              "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='%s' class='bar'>"
                  + "<title>%s</title></rect>",
              left,
              TOP + plotHeight() - height,
              slot * 0.7,
              Math.max(0.5, height),
              bar.color(),
              Html.escape(bar.tip())));
      text(svg, left + slot * 0.35, HEIGHT - BOTTOM + 16, "middle", bar.label());
    }
    return svg.append("</svg>").toString();
  }

  private static void line(
      StringBuilder svg,
      double[] x,
      Series series,
      int color,
      double xMin,
      double xMax,
      double top) {
    int stride = Math.max(1, (x.length + MOST_POINTS - 1) / MOST_POINTS);
    List<double[]> run = new ArrayList<>();
    for (int from = 0; from < x.length; from += stride) {
      int best = -1;
      for (int i = from; i < Math.min(x.length, from + stride); i++) {
        double value = series.values()[i];
        if (Double.isFinite(value) && (best < 0 || value > series.values()[best])) {
          best = i;
        }
      }
      if (best < 0) {
        draw(svg, run, color);
        run.clear();
      } else {
        run.add(
            new double[] {
              LEFT + (x[best] - xMin) / (xMax - xMin) * plotWidth(),
              TOP + plotHeight() * (1 - series.values()[best] / top)
            });
      }
    }
    draw(svg, run, color);
  }

  private static void draw(StringBuilder svg, List<double[]> run, int color) {
    if (run.size() == 1) {
      double[] at = run.get(0);
      svg.append(
          String.format(
              Locale.ROOT,
              "<circle cx='%.1f' cy='%.1f' r='2.5' style='fill:var(--s%d)'/>",
              at[0],
              at[1],
              color));
    } else if (run.size() > 1) {
      svg.append("<polyline class='line' style='stroke:var(--s")
          .append(color)
          .append(")' points='");
      for (double[] at : run) {
        svg.append(String.format(Locale.ROOT, "%.1f,%.1f ", at[0], at[1]));
      }
      svg.append("'/>");
    }
  }

  private static StringBuilder open(String title) {
    return new StringBuilder()
        .append("<svg viewBox='0 0 ")
        .append(WIDTH)
        .append(' ')
        .append(HEIGHT)
        .append("' role='img' aria-label='")
        .append(Html.escape(title))
        .append("'>");
  }

  private static void yAxis(StringBuilder svg, double top, double step, String label) {
    for (double tick = 0; tick <= top + step * 1e-6; tick += step) {
      double y = TOP + plotHeight() * (1 - tick / top);
      svg.append(
          String.format(
              Locale.ROOT,
              "<line class='grid' x1='%d' y1='%.1f' x2='%d' y2='%.1f'/>",
              LEFT,
              y,
              WIDTH - RIGHT,
              y));
      text(svg, LEFT - 7, y + 4, "end", number(tick, step));
    }
    double middle = TOP + plotHeight() / 2.0;
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x='13' y='%.1f' text-anchor='middle' transform='rotate(-90 13 %.1f)'>%s</text>",
            middle,
            middle,
            Html.escape(label)));
  }

  private static String legend(List<Series> series) {
    if (series.size() < 2) {
      return "";
    }
    StringBuilder html = new StringBuilder("<p class='legend'>");
    for (int s = 0; s < series.size(); s++) {
      html.append("<span><i style='background:var(--s")
          .append(s)
          .append(")'></i>")
          .append(Html.escape(series.get(s).name()))
          .append("</span>");
    }
    return html.append("</p>").toString();
  }

  private static void text(StringBuilder svg, double x, double y, String anchor, String text) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x='%.1f' y='%.1f' text-anchor='%s'>%s</text>",
            x,
            y,
            anchor,
            Html.escape(text)));
  }

  private static int plotWidth() {
    return WIDTH - LEFT - RIGHT;
  }

  private static int plotHeight() {
    return HEIGHT - TOP - BOTTOM;
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
}
