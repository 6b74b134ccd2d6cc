package dev.tarsier.trainer.experiment;

import dev.tarsier.trainer.task.TaskName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A table as Markdown, which a console can show too. */
final class TableText {
  /** Beneath every table with a star. */
  static final String STAR =
      "* given to the network as input: a check that it passes on what it sees, no result.";

  /** Heading of the columns with the paper's values. */
  static final String PAPER = "paper";

  private static final String BETTER = "▲";
  private static final String WORSE = "▼";

  private TableText() {}

  /** The whole document. */
  static String markdown(TableResult table) {
    StringBuilder text = new StringBuilder();
    text.append("# ").append(table.title()).append("\n\n");
    text.append(conditions(table)).append("\n\n");
    text.append(grid(table)).append('\n');
    if (starred(table)) {
      text.append('\\').append(STAR).append("\n\n");
    }
    notes(table).forEach(each -> text.append(each).append("\n\n"));
    about(table).forEach(each -> text.append(each).append("\n\n"));
    List<String> gaps = gaps(table);
    if (!gaps.isEmpty()) {
      text.append("Missing:\n\n");
      gaps.forEach(gap -> text.append("- ").append(gap).append('\n'));
    }
    return text.toString();
  }

  /** A line for each seed of each row, in the columns' units; empty where there is no value. */
  static String csv(TableResult table) {
    StringBuilder csv = new StringBuilder("row,seed");
    table.columns().forEach(column -> csv.append(',').append(column.title()));
    csv.append('\n');
    for (TableResult.Row row : table.rows()) {
      for (CellRecord record : row.records()) {
        csv.append(row.written().name()).append(',').append(record.seed());
        for (Column column : table.columns()) {
          Double value = row.bySeed().get(column).get(record.seed());
          csv.append(',').append(value == null ? "" : String.format(Locale.ROOT, "%.6g", value));
        }
        csv.append('\n');
      }
    }
    return csv.toString();
  }

  /** What marks and made columns mean, a sentence or two each. */
  static List<String> notes(TableResult table) {
    List<String> notes = new ArrayList<>();
    if (table.against() != null && table.row(table.against()).isEmpty()) {
      notes.add("Nothing is marked: %s is not in this table.".formatted(table.against()));
    } else if (table.against() != null) {
      notes.add(
          "%s better, %s worse than %s by more than the spread of their difference over the seeds (the root of both rows' summed variances); no mark: not by more, or fewer than two seeds. Of rows that do not differ, about one value in six gets a mark with three seeds, and more than one in four with two."
              .formatted(BETTER, WORSE, table.against()));
    }
    List<String> absent =
        table.baseline().stream().filter(name -> table.row(name).isEmpty()).toList();
    if (!absent.isEmpty()) {
      notes.add("No Δm without %s.".formatted(String.join(", ", absent)));
    } else if (!table.baseline().isEmpty()) {
      notes.add(
          "Δm: gain over %s relative to its value, the mean over all columns of the table; positive is better. Its ± is of the row's seeds alone, against the baseline's means."
              .formatted(String.join(", ", table.baseline())));
    }
    return notes;
  }

  /** What the study says of itself, and what of it does not hold here. */
  static List<String> about(TableResult table) {
    List<String> about = new ArrayList<>();
    if (!table.changed().isEmpty()) {
      about.add(
          "Made with %s: what is said below of the study's own does not hold here."
              .formatted(table.changed()));
    }
    about.addAll(table.about());
    return about;
  }

  /** Whether rows of somebody's and further ones stand side by side. */
  static boolean shades(TableResult table) {
    return !table.source().isEmpty()
        && table.rows().stream().anyMatch(row -> !row.written().extra())
        && table.rows().stream().anyMatch(row -> row.written().extra());
  }

  /**
   * Whether a value is better or worse than the row's that it is compared with; most often empty.
   */
  static String mark(TableResult table, TableResult.Row row, Column column) {
    return table
        .gain(row, column)
        .map(
            gain ->
                switch (gain.verdict()) {
                  case HELPS -> " " + BETTER;
                  case HARMS -> " " + WORSE;
                  case UNDECIDED, UNMEASURED -> "";
                })
        .orElse("");
  }

  /** What was run, in a sentence or two. */
  static String conditions(TableResult table) {
    boolean ofPixels =
        table.columns().stream()
            .flatMap(column -> column.task().stream())
            .anyMatch(task -> TaskName.of(task).kind().isMap());
    return "%s%s, %s%s.%s%s"
        .formatted(
            table.network(),
            ofPixels ? ", " + table.classes() : "",
            seeds(table.seeds()),
            table.seeds().size() == 1 ? " alone" : "; mean ± standard deviation over the seeds",
            table.data().isEmpty()
                ? ""
                : " Measured on %s%s."
                    .formatted(table.data(), ofPixels ? "; " + table.protocol() : ""),
            table.source().isEmpty() || table.columns().stream().noneMatch(c -> hasPaper(table, c))
                ? ""
                : " Paper: " + table.source().replaceFirst("\\.$", "") + ".");
  }

  /** {@code seed 2} or {@code seeds 1, 3}; {@code seeds 2} would read as two of them. */
  static String seeds(List<Long> seeds) {
    return seeds.stream()
        .map(String::valueOf)
        .collect(Collectors.joining(", ", seeds.size() == 1 ? "seed " : "seeds ", ""));
  }

  /** What is missing; rows that lack the same are told in one line. */
  static List<String> gaps(TableResult table) {
    Map<String, List<String>> rows = new LinkedHashMap<>();
    for (TableResult.Row row : table.rows()) {
      if (!row.missing().isEmpty()) {
        String gap =
            "Nothing yet for %s%s"
                .formatted(
                    seeds(row.missing()),
                    row.stale().isEmpty()
                        ? ""
                        : " (there is something of %s, made with other settings)"
                            .formatted(seeds(row.stale())));
        rows.computeIfAbsent(gap, key -> new ArrayList<>()).add(row.written().name());
      }
    }
    return rows.entrySet().stream()
        .map(each -> each.getKey() + ": " + String.join(", ", each.getValue()))
        .toList();
  }

  static boolean starred(TableResult table) {
    return table.rows().stream().anyMatch(row -> !row.starred().isEmpty());
  }

  /** A column's CSS classes: texts stand left, the last of them in lines, and numbers right. */
  static String style(List<String> headings, int column) {
    return (column < 3 ? "" : column == 3 ? "lines" : "n")
        + (headings.get(column).equals(PAPER) ? " paper" : "");
  }

  /** Whether a row has the best mean under a heading, or one that reads the same. */
  static boolean isBest(TableResult table, TableResult.Row row, String heading) {
    return table.best().entrySet().stream()
        .filter(each -> each.getKey().title().equals(heading))
        .anyMatch(each -> readsAs(each.getValue(), row, each.getKey()));
  }

  private static boolean readsAs(TableResult.Row best, TableResult.Row row, Column column) {
    Spread own = row.values().get(column);
    Spread bests = best.values().get(column);
    return row.written().input().equals(best.written().input())
        && !row.starred().contains(column)
        && own.count() == bests.count()
        && column.text(own.mean()).equals(column.text(bests.mean()));
  }

  /** One seed's figure. */
  static String figure(TableResult.Row row, CellRecord record, Column column) {
    Double value = row.bySeed().get(column).get(record.seed());
    return value == null ? "–" : column.text(value) + (row.starred().contains(column) ? "*" : "");
  }

  /** Headings of the columns that are shown, in order. */
  static List<String> headings(TableResult table) {
    List<String> headings = new ArrayList<>(List.of("row", "input", "output", "loss"));
    for (Column column : table.columns()) {
      headings.add(column.title());
      if (hasPaper(table, column)) {
        headings.add(PAPER);
      }
    }
    headings.add("steps");
    headings.add("seeds");
    return headings;
  }

  /** A row's texts, under the headings. */
  static List<String> cells(TableResult table, TableResult.Row row) {
    List<String> cells =
        new ArrayList<>(
            List.of(
                row.written().name(),
                row.written().input(),
                row.written().output(),
                row.written().loss()));
    for (Column column : table.columns()) {
      cells.add(row.text(column) + mark(table, row, column));
      if (hasPaper(table, column)) {
        cells.add(row.paper(column).isEmpty() ? "–" : row.paper(column));
      }
    }
    cells.add(row.steps());
    cells.add(row.seeds());
    return cells;
  }

  static boolean hasPaper(TableResult table, Column column) {
    return table.rows().stream().anyMatch(row -> !row.paper(column).isEmpty());
  }

  /** The table alone, its columns aligned. */
  static String grid(TableResult table) {
    List<List<String>> lines = new ArrayList<>();
    lines.add(headings(table));
    table.rows().forEach(row -> lines.add(cells(table, row)));
    int columns = lines.get(0).size();
    int[] widths = new int[columns];
    for (List<String> line : lines) {
      for (int c = 0; c < columns; c++) {
        widths[c] = Math.max(widths[c], line.get(c).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (int l = 0; l < lines.size(); l++) {
      text.append('|');
      for (int c = 0; c < columns; c++) {
        String cell = lines.get(l).get(c);
        String space = " ".repeat(widths[c] - cell.length());
        text.append(' ').append(c < 4 ? cell + space : space + cell).append(" |");
      }
      text.append('\n');
      if (l == 0) {
        text.append('|');
        for (int c = 0; c < columns; c++) {
          text.append("-".repeat(widths[c] + 1)).append(c < 4 ? "-|" : ":|");
        }
        text.append('\n');
      }
    }
    return text.toString();
  }
}
