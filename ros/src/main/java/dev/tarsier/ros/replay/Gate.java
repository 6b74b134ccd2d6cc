package dev.tarsier.ros.replay;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tarsier.runtime.accuracy.Metric;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A condition that a replay must meet, such as {@code depth.rmse<1.0}.
 *
 * @param metric what is judged
 * @param comparison how
 * @param threshold against what, in the metric's unit
 */
public record Gate(Metric metric, Comparison comparison, double threshold) {
  private static final Pattern FORM =
      Pattern.compile("\\s*([A-Za-z0-9_.]+)\\s*(<=|>=|==|=|<|>)\\s*(\\S+)\\s*");

  /** Checks the threshold. */
  public Gate {
    if (Double.isNaN(threshold)) {
      throw new IllegalArgumentException("a gate's threshold must be a number, got NaN");
    }
  }

  /** A relation between a value and a threshold; NaN fulfils none. */
  public enum Comparison {
    /** Less than. */
    LESS("<"),
    /** Less than or equal. */
    AT_MOST("<="),
    /** Greater than. */
    GREATER(">"),
    /** Greater than or equal. */
    AT_LEAST(">="),
    /** Exactly equal; for counts. */
    EQUAL("==");

    private final String sign;

    Comparison(String sign) {
      this.sign = sign;
    }

    /** As it is written in a gate. */
    public String sign() {
      return sign;
    }

    boolean holds(double value, double threshold) {
      return switch (this) {
        case LESS -> value < threshold;
        case AT_MOST -> value <= threshold;
        case GREATER -> value > threshold;
        case AT_LEAST -> value >= threshold;
        case EQUAL -> value == threshold;
      };
    }

    static Comparison of(String sign) {
      for (Comparison comparison : values()) {
        if (comparison.sign.equals(sign)) {
          return comparison;
        }
      }
      return EQUAL; // a single '=', the only other sign that the form lets through
    }
  }

  /**
   * Reads {@code metric sign number}; blanks around the sign are allowed.
   *
   * @param metrics that there are
   * @throws IllegalArgumentException naming what is wrong, and the metrics there are
   */
  public static Gate parse(String text, ReplayMetrics metrics) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new IllegalArgumentException(
          "gate '%s' must be METRIC SIGN NUMBER with one of < <= > >= ==, such as depth.rmse<1.0"
              .formatted(text));
    }
    Metric metric;
    try {
      metric = metrics.named(form.group(1));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("gate '%s': %s".formatted(text, e.getMessage()), e);
    }
    double threshold;
    try {
      threshold = Double.parseDouble(form.group(3));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "gate '%s': '%s' is not a number (%s is in %s)"
              .formatted(
                  text,
                  form.group(3),
                  metric.name(),
                  metric.unit().isEmpty() ? "no unit, such as 0.25" : metric.unit()),
          e);
    }
    return new Gate(metric, Comparison.of(form.group(2)), threshold);
  }

  /**
   * Judges.
   *
   * @param values figures by metric name; absent where the bag had nothing to compute them from.
   *     Not modified.
   * @param coverage what the figure rests on; null where it is itself a count of frames
   * @param minimum the least share that is enough, 0 to 1
   */
  public Result judge(Map<String, ReplayReport.Value> values, Coverage coverage, double minimum) {
    ReplayReport.Value value = values.get(metric.name());
    if (value == null) {
      return new Result(
          toString(),
          null,
          false,
          "not measured: " + metric.name() + " is absent" + on(coverage),
          coverage);
    }
    String measured =
        "measured "
            + number(value.value(), 6)
            + (value.unit().isEmpty() || value.unit().equals(ReplayMetrics.FRAMES)
                ? ""
                : " " + value.unit())
            + on(coverage);
    if (coverage != null && coverage.least() < minimum) {
      return new Result(
          toString(),
          value.value(),
          false,
          measured
              + "; that is too little to judge by, "
              + number(100 * minimum, 3)
              + " % is asked for (--min-coverage)",
          coverage);
    }
    return new Result(
        toString(), value.value(), comparison.holds(value.value(), threshold), measured, coverage);
  }

  /** So many digits, as far as they say something. */
  static String number(double value, int digits) {
    return Double.isFinite(value)
        ? new BigDecimal(value).round(new MathContext(digits)).stripTrailingZeros().toPlainString()
        : Double.toString(value);
  }

  private static String on(Coverage coverage) {
    return coverage == null ? "" : ", on " + coverage;
  }

  /** The expression in its plain form. */
  @Override
  public String toString() {
    boolean whole = threshold == Math.rint(threshold) && Math.abs(threshold) < 1e9;
    return metric.name()
        + comparison.sign()
        + (whole ? Long.toString((long) threshold) : Double.toString(threshold));
  }

  /**
   * A judged gate.
   *
   * @param gate the expression
   * @param value what was measured; null when nothing was
   * @param passed whether it holds
   * @param reason the value and what it rests on, in words
   * @param coverage what it rests on; null where the metric counts frames
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Result(
      String gate, Double value, boolean passed, String reason, Coverage coverage) {}
}
