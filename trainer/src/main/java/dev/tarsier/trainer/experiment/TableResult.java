package dev.tarsier.trainer.experiment;

import dev.tarsier.trainer.task.NetworkTasks;
import dev.tarsier.trainer.task.Task;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A table: rows, and what their seeds gave on the mean.
 *
 * @param title of the study
 * @param about what a reader must know, a paragraph each
 * @param changed what was chosen in place of the study's own, such as {@code size 32×32}; may be
 *     empty
 * @param source whose values stand beside
 * @param network and its input's size, in a few words
 * @param classes the class set, such as {@code nyu40}
 * @param seeds in order
 * @param data what was measured on; empty while nothing is there
 * @param protocol the figures' definitions; empty while nothing is there
 * @param columns in order; the last is {@link Column#DELTA_M} where the study has a baseline
 * @param baseline rows that Δm is over; empty for no Δm
 * @param against the row that the others are compared with; null for none
 * @param rows in order
 */
public record TableResult(
    String title,
    List<String> about,
    String changed,
    String source,
    String network,
    String classes,
    List<Long> seeds,
    String data,
    String protocol,
    List<Column> columns,
    List<String> baseline,
    String against,
    List<Row> rows) {

  /** Copies. */
  public TableResult {
    baseline = List.copyOf(baseline);
    about = List.copyOf(about);
    seeds = List.copyOf(seeds);
    columns = List.copyOf(columns);
    rows = List.copyOf(rows);
  }

  /**
   * A row.
   *
   * @param written what the study says of it
   * @param records what is there, by seed
   * @param missing seeds of which nothing is there
   * @param stale seeds of which there is something that was made with other settings; also missing
   * @param bySeed values in the columns' units
   * @param values mean and spread in the columns' units
   * @param starred columns whose values were given to the network as input
   * @param paper the paper's values that may stand beside them
   */
  public record Row(
      Study.Row written,
      List<CellRecord> records,
      List<Long> missing,
      List<Long> stale,
      Map<Column, Map<Long, Double>> bySeed,
      Map<Column, Spread> values,
      Set<Column> starred,
      Map<Column, Double> paper) {
    /** Copies. */
    public Row {
      records = List.copyOf(records);
      missing = List.copyOf(missing);
      stale = List.copyOf(stale);
      bySeed = Map.copyOf(bySeed);
      values = Map.copyOf(values);
      starred = Set.copyOf(starred);
      paper = Map.copyOf(paper);
    }

    /** Its values of a column with those seeds that another row has too. */
    private Spread asFarAs(Row other, Column column) {
      Map<Long, Double> common = new LinkedHashMap<>(bySeed.getOrDefault(column, Map.of()));
      common.keySet().retainAll(other.bySeed().getOrDefault(column, Map.of()).keySet());
      return Spread.of(common.values());
    }

    /** What a seed gave, of columns whose values were not given to the network. */
    private Map<Column, Double> ofSeed(Long seed) {
      Map<Column, Double> own = new HashMap<>();
      bySeed.forEach(
          (column, shown) -> {
            if (shown.containsKey(seed) && !starred.contains(column)) {
              own.put(column, shown.get(seed));
            }
          });
      return own;
    }

    private Row with(Column column, Map<Long, Double> shown) {
      Map<Column, Map<Long, Double>> seeds = new HashMap<>(bySeed);
      seeds.put(column, shown);
      Map<Column, Spread> all = new HashMap<>(values);
      all.put(column, Spread.of(shown.values()));
      return new Row(written, records, missing, stale, seeds, all, starred, paper);
    }

    /** Mean ± deviation, starred where it must be; a dash where nothing is there. */
    public String text(Column column) {
      Spread spread = values.get(column);
      if (spread == null || spread.count() == 0) {
        return "–";
      }
      String star = starred.contains(column) ? "*" : "";
      return spread.count() == 1
          ? column.text(spread.mean()) + star
          : "%s ± %s%s"
              .formatted(column.text(spread.mean()), column.text(spread.deviation()), star);
    }

    /** The paper's value; empty where it has none. */
    public String paper(Column column) {
      Double value = paper.get(column);
      return value == null ? "" : column.printed(value) + (starred.contains(column) ? "*" : "");
    }

    /** Steps of its trainings. */
    public String steps() {
      TreeSet<Long> steps = new TreeSet<>();
      records.forEach(record -> steps.add(record.steps()));
      List<String> texts = new ArrayList<>();
      steps.forEach(each -> texts.add(String.format(Locale.ROOT, "%,d", each)));
      return texts.isEmpty() ? "–" : String.join("/", texts);
    }

    /** How many seeds of how many. */
    public String seeds() {
      return missing.isEmpty()
          ? Integer.toString(records.size())
          : "%d of %d".formatted(records.size(), records.size() + missing.size());
    }
  }

  /**
   * Puts records into the table.
   *
   * @param plan which rows and seeds there are to be
   * @param records what is there. Not modified.
   */
  static TableResult of(Plan plan, List<CellRecord> records) {
    Map<String, Map<Long, CellRecord>> valid = new HashMap<>();
    Map<String, Set<Long>> stale = new HashMap<>();
    Map<String, Set<Column>> starred = new HashMap<>();
    for (Plan.Cell cell : plan.cells()) {
      String row = cell.row().name();
      NetworkTasks tasks = cell.recipe().student().network().tasks(plan.classes());
      List<String> given = tasks.inputs().stream().map(Task::id).toList();
      starred.put(
          row,
          plan.columns().stream()
              .filter(column -> column.task().filter(given::contains).isPresent())
              .collect(Collectors.toSet()));
      String sha256 = cell.sha256();
      for (CellRecord record : records) {
        if (record.row().equals(row) && record.seed() == cell.seed()) {
          if (record.cellSha256().equals(sha256)) {
            valid.computeIfAbsent(row, name -> new HashMap<>()).put(cell.seed(), record);
          } else {
            stale.computeIfAbsent(row, name -> new LinkedHashSet<>()).add(cell.seed());
          }
        }
      }
    }
    List<Row> rows = new ArrayList<>();
    Set<String> data = new LinkedHashSet<>();
    Set<String> protocols = new LinkedHashSet<>();
    for (Study.Row written : plan.rows()) {
      Map<Long, CellRecord> bySeed = valid.getOrDefault(written.name(), Map.of());
      List<CellRecord> there =
          plan.seeds().stream().filter(bySeed::containsKey).map(bySeed::get).toList();
      there.forEach(
          record -> {
            // Lists of frames that were changed between two cells show as two.
            data.add(
                "%s (%d frames, sha256 %.8s)"
                    .formatted(record.data(), record.frames(), record.dataSha256()));
            protocols.add(record.protocol());
          });
      rows.add(
          row(
              written,
              there,
              plan.seeds().stream().filter(seed -> !bySeed.containsKey(seed)).toList(),
              List.copyOf(stale.getOrDefault(written.name(), Set.of())),
              starred.get(written.name()),
              plan.columns(),
              paper(plan, written)));
    }
    return new TableResult(
        plan.study().title(),
        plan.study().about(),
        plan.changed(),
        plan.study().source(),
        plan.networkLine(),
        plan.classes().id(),
        plan.seeds(),
        String.join("; ", data),
        String.join("; ", protocols),
        plan.study().baseline().isEmpty() ? plan.columns() : withDelta(plan.columns()),
        plan.study().baseline(),
        plan.study().against(),
        plan.study().baseline().isEmpty() ? rows : withDelta(rows, plan));
  }

  private static List<Column> withDelta(List<Column> columns) {
    return Stream.concat(columns.stream(), Stream.of(Column.DELTA_M)).toList();
  }

  private static List<Row> withDelta(List<Row> rows, Plan plan) {
    Map<Column, Row> baseline = baseline(rows, plan.study().baseline(), plan.columns());
    return rows.stream()
        .map(row -> row.with(Column.DELTA_M, deltas(row, baseline, Set.copyOf(plan.seeds()))))
        .toList();
  }

  /** Of each column the first row of the baseline that has it; null for none. */
  private static Map<Column, Row> baseline(
      List<Row> rows, List<String> names, List<Column> columns) {
    List<Row> named =
        names.stream()
            .flatMap(name -> rows.stream().filter(row -> row.written().name().equals(name)))
            .toList();
    Map<Column, Row> baseline = new LinkedHashMap<>();
    for (Column column : columns) {
      baseline.put(
          column,
          named.stream()
              .filter(row -> !row.starred().contains(column))
              .filter(row -> row.values().get(column).count() > 0)
              .findFirst()
              .orElse(null));
    }
    return baseline;
  }

  /**
   * Δm of each seed that a row and the whole baseline have, over the baseline's means of those
   * seeds.
   *
   * @param among no other seeds than these
   */
  private static Map<Long, Double> deltas(Row row, Map<Column, Row> baseline, Set<Long> among) {
    Map<Long, Double> deltas = new LinkedHashMap<>();
    if (baseline.containsValue(null)) {
      return deltas;
    }
    List<Long> common =
        row.records().stream()
            .map(CellRecord::seed)
            .filter(among::contains)
            .filter(
                seed ->
                    baseline.entrySet().stream()
                        .allMatch(
                            base -> base.getValue().bySeed().get(base.getKey()).containsKey(seed)))
            .toList();
    Map<Column, Double> means = new LinkedHashMap<>();
    baseline.forEach(
        (column, base) ->
            means.put(
                column,
                Spread.of(common.stream().map(base.bySeed().get(column)::get).toList()).mean()));
    for (Long seed : common) {
      double delta = DeltaM.of(means, row.ofSeed(seed));
      if (!Double.isNaN(delta)) {
        deltas.put(seed, delta);
      }
    }
    return deltas;
  }

  private static Row row(
      Study.Row written,
      List<CellRecord> records,
      List<Long> missing,
      List<Long> stale,
      Set<Column> starred,
      List<Column> columns,
      Map<Column, Double> paper) {
    Map<Column, Map<Long, Double>> bySeed = new HashMap<>();
    Map<Column, Spread> values = new HashMap<>();
    for (Column column : columns) {
      Map<Long, Double> shown = new LinkedHashMap<>();
      for (CellRecord record : records) {
        Double value = record.figures().get(column.figure());
        if (value != null) {
          shown.put(record.seed(), column.scale() * value);
        }
      }
      bySeed.put(column, shown);
      values.put(column, Spread.of(shown.values()));
    }
    return new Row(written, records, missing, stale, bySeed, values, starred, paper);
  }

  /** Class figures of other classes cannot be compared. */
  private static Map<Column, Double> paper(Plan plan, Study.Row written) {
    boolean sameClasses = plan.classes().id().equals(plan.study().paperClasses());
    Map<Column, Double> paper = new HashMap<>();
    for (Column column : withDelta(plan.columns())) {
      Double value = written.paper().get(column.figure());
      if (value != null && (sameClasses || !column.isOfClasses())) {
        paper.put(column, value);
      }
    }
    return paper;
  }

  /**
   * How a row compares with {@link #against}; none where there is no such row, the row is itself,
   * or a value was given to a network as input.
   */
  Optional<Gain> gain(Row row, Column column) {
    return against == null || row.written().name().equals(against)
        ? Optional.empty()
        : row(against)
            .filter(other -> !other.starred().contains(column) && !row.starred().contains(column))
            .map(
                other ->
                    column.equals(Column.DELTA_M)
                        ? deltaGain(row, other)
                        : gain(row, other, column));
  }

  /** Both against the same baseline: over the seeds that both and the baseline have. */
  private Gain deltaGain(Row row, Row other) {
    Map<Column, Row> base =
        baseline(
            rows, baseline, columns.stream().filter(each -> !each.equals(Column.DELTA_M)).toList());
    Set<Long> both = new LinkedHashSet<>(row.bySeed().get(Column.DELTA_M).keySet());
    both.retainAll(other.bySeed().get(Column.DELTA_M).keySet());
    return Gain.of(
        Column.DELTA_M,
        Spread.of(deltas(row, base, both).values()),
        Spread.of(deltas(other, base, both).values()));
  }

  /** How a row compares with another, over the seeds that both have. */
  static Gain gain(Row row, Row other, Column column) {
    return Gain.of(column, row.asFarAs(other, column), other.asFarAs(row, column));
  }

  /** The row of that name. */
  public Optional<Row> row(String name) {
    return rows.stream().filter(row -> row.written().name().equals(name)).findFirst();
  }

  /**
   * Best mean of the rows that see only the image, by column, among those with the most seeds; none
   * among points of curves.
   */
  Map<Column, Row> best() {
    Map<Column, Row> best = new LinkedHashMap<>();
    if (rows.stream().anyMatch(row -> row.written().series() != null)) {
      return best;
    }
    for (Column column : columns) {
      List<Row> candidates =
          rows.stream()
              .filter(row -> Double.isFinite(row.values().get(column).mean()))
              .filter(row -> !row.starred().contains(column))
              .filter(row -> row.written().input().equals("RGB"))
              .toList();
      int seeds =
          candidates.stream().mapToInt(row -> row.values().get(column).count()).max().orElse(0);
      for (Row row : candidates) {
        Spread value = row.values().get(column);
        if (value.count() == seeds) {
          Row before = best.get(column);
          double change = before == null ? 1 : value.mean() - before.values().get(column).mean();
          if (before == null || (column.higherIsBetter() ? change > 0 : change < 0)) {
            best.put(column, row);
          }
        }
      }
    }
    return best;
  }
}
