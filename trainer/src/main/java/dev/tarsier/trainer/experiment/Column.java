package dev.tarsier.trainer.experiment;

import dev.tarsier.runtime.accuracy.Metric;
import dev.tarsier.runtime.accuracy.Metrics;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.task.UnitVectorMap;
import dev.tarsier.trainer.task.FormerMetricNames;
import dev.tarsier.trainer.task.TaskName;
import dev.tarsier.trainer.task.TaskType;
import dev.tarsier.trainer.task.Tasks;
import java.math.BigDecimal;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A metric as a column of tables.
 *
 * @param figure the metric's name, such as {@code depth.rmse}
 * @param title the heading, with the unit
 * @param scale by which figures are multiplied to be shown
 * @param decimals that are shown
 * @param higherIsBetter whether more is better
 */
public record Column(
    String figure, String title, double scale, int decimals, boolean higherIsBetter) {
  private static final Map<String, String> WORDS =
      Map.of("miou", "mIoU", "pixel_accuracy", "pixel acc.");

  /** Not measured, but made of the other columns; see {@link DeltaM}. */
  static final Column DELTA_M = new Column("delta_m", "Δm %", 1, 2, true);

  private static final Map<String, Column> ALL = new LinkedHashMap<>();

  static {
    for (TaskType type : Tasks.all()) {
      Head head = type.any().head();
      Metrics.of(head).forEach(metric -> ALL.put(metric.name(), of(head, metric)));
    }
  }

  private static Column of(Head head, Metric metric) {
    boolean higher = metric.better() == Metric.Better.HIGHER;
    String figure = metric.name().substring(head.id().length() + 1);
    String words =
        WORDS.getOrDefault(
            figure, figure.replace('_', ' ').replaceFirst("^within ([0-9.]+)$", "within $1°"));
    // "rmse" tells what it is of; "mean" does not.
    boolean plain = head.kind() instanceof ClassMap || head.kind() instanceof MetricMap;
    String unit = higher && metric.unit().isEmpty() ? "%" : metric.unit();
    return new Column(
        metric.name(),
        ((plain ? "" : head.id().replace('_', ' ') + " ") + words + " " + unit).strip(),
        unit.equals("%") ? 100 : 1,
        unit.equals("%") || unit.equals("°") ? 1 : 3,
        higher);
  }

  /** The columns of a head where a study names none. */
  private static List<Column> standard(Head head) {
    return head.kind().accept(new Standard()).stream()
        .map(figure -> named(head.id() + "." + figure))
        .toList();
  }

  private static final class Standard implements HeadKind.Visitor<List<String>> {
    @Override
    public List<String> classMap(ClassMap kind) {
      return List.of("miou", "pixel_accuracy");
    }

    @Override
    public List<String> metricMap(MetricMap kind) {
      return List.of("rmse", "log_rmse");
    }

    @Override
    public List<String> relativeMap(RelativeMap kind) {
      return List.of("fitted.rel", "fitted.delta1");
    }

    @Override
    public List<String> unitVectorMap(UnitVectorMap kind) {
      return List.of("mean", "median");
    }

    @Override
    public List<String> imageClass(ImageClass kind) {
      return List.of("accuracy");
    }
  }

  /** The columns of these heads where a study names none. */
  static List<Column> of(Collection<Head> heads) {
    return heads.stream().flatMap(head -> standard(head).stream()).distinct().toList();
  }

  /**
   * The column of a metric's name, or of a name that it had.
   *
   * @throws IllegalArgumentException if there is none; the message names those there are
   */
  static Column named(String figure) {
    String current = FormerMetricNames.current(figure);
    return Optional.ofNullable(ALL.get(current))
        .or(() -> ofImages(current))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "a figure must be one of %s, got '%s'".formatted(ALL.keySet(), figure)));
  }

  private static Optional<Column> ofImages(String figure) {
    return Tasks.measuredBy(figure)
        .flatMap(
            head ->
                Metrics.of(head).stream()
                    .filter(metric -> metric.name().equals(figure))
                    .map(metric -> of(head, metric))
                    .findFirst());
  }

  /** Whether a metric is told and drawn where there is no room for all: the first of its task. */
  static boolean isHeadline(String figure) {
    return Tasks.measuredBy(figure)
        .filter(head -> standard(head).get(0).figure().equals(figure))
        .isPresent();
  }

  /** Id of the task that it measures; none where it is of several. */
  Optional<String> task() {
    int dot = figure.indexOf('.');
    return dot < 0 ? Optional.empty() : Optional.of(figure.substring(0, dot));
  }

  /** Whether its values can be compared only where the classes are the same. */
  boolean isOfClasses() {
    return task().map(id -> TaskName.of(id).isOfClasses()).orElse(true);
  }

  /** A printed value, with all decimals that it was printed with. */
  String printed(double value) {
    int given = Math.max(decimals, BigDecimal.valueOf(value).stripTrailingZeros().scale());
    return new Column(figure, title, scale, given, higherIsBetter).text(value);
  }

  /** A value in the column's unit, with its decimals; a dash where there is none. */
  public String text(double shown) {
    if (Double.isNaN(shown)) {
      return "–";
    }
    String text = String.format(Locale.ROOT, "%." + decimals + "f", shown);
    // Nothing is less than nothing.
    return text.matches("-0\\.0*") ? text.substring(1) : text;
  }
}
