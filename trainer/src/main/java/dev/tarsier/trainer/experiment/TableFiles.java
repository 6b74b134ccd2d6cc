package dev.tarsier.trainer.experiment;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.runtime.file.HtmlTemplate;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.trainer.task.TaskType;
import dev.tarsier.trainer.task.Tasks;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Draws an experiment's table from the records that are there. Nothing is trained. */
public final class TableFiles {
  private TableFiles() {}

  /**
   * Writes {@code table.html}, {@code table.md}, {@code table.json} and, seed by seed, {@code
   * table.csv}; {@code figure.png} where the study says of what, and what rows say of the same
   * frames as a picture for each task, such as {@code table-depth.png}. Rows and seeds that the
   * plan leaves out, but of which there is something, are in it too.
   *
   * @param plan what there is to be
   * @param out the experiment's folder
   * @return the table
   * @throws IOException if a record cannot be read or a file not be written
   */
  public static TableResult write(Plan plan, Path out) throws IOException {
    ExperimentFolder folder = new ExperimentFolder(out);
    TableResult table = read(plan, folder);
    WholeFile.write(out.resolve("table.md"), TableText.markdown(table));
    WholeFile.write(out.resolve("table.csv"), TableText.csv(table));
    Json.write(out.resolve("table.json"), Json.SNAKE_CASE.tree(Document.of(table)));
    Map<String, byte[]> sheets = new LinkedHashMap<>();
    for (TaskType task : Tasks.all()) {
      Optional<BufferedImage> sheet = FrameSheet.of(folder, table, plan.classes(), task);
      if (sheet.isPresent()) {
        byte[] png = EncodedImage.png(sheet.get());
        WholeFile.write(out.resolve("table-%s.png".formatted(task.recipeName())), png);
        sheets.put(task.recipeName(), png);
      }
    }
    Map<String, byte[]> figures = new LinkedHashMap<>();
    Study.Figure figure = plan.study().figure();
    if (figure != null) {
      StudyFigure.png(table, figure)
          .ifPresent(png -> figures.put("%s against %s".formatted(figure.y(), figure.x()), png));
      for (byte[] png : figures.values()) {
        WholeFile.write(out.resolve("figure.png"), png);
      }
    }
    WholeFile.write(
        out.resolve("table.html"),
        HtmlTemplate.render(
            "trainer/experiment/table.jte",
            Map.of("table", table, "figures", figures, "sheets", sheets)));
    return table;
  }

  /** The table for a console. */
  public static String text(TableResult table) {
    StringBuilder text = new StringBuilder();
    text.append(table.title()).append('\n');
    text.append(TableText.conditions(table)).append("\n\n");
    text.append(TableText.grid(table));
    if (TableText.starred(table)) {
      text.append(TableText.STAR).append('\n');
    }
    TableText.notes(table).forEach(note -> text.append(note).append('\n'));
    TableText.gaps(table).forEach(gap -> text.append(gap).append('\n'));
    return text.toString();
  }

  private static TableResult read(Plan plan, ExperimentFolder folder) throws IOException {
    List<CellRecord> records = folder.records();
    Set<String> rows = new TreeSet<>();
    Set<Long> seeds = new TreeSet<>(plan.seeds());
    plan.rows().forEach(row -> rows.add(row.name()));
    records.forEach(
        record -> {
          rows.add(record.row());
          seeds.add(record.seed());
        });
    return TableResult.of(plan.with(rows, seeds), records);
  }

  /** What {@code table.json} says. */
  private record Document(
      String schema,
      String title,
      String network,
      String classes,
      String data,
      String protocol,
      List<Long> seeds,
      List<String> about,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> baseline,
      @JsonInclude(JsonInclude.Include.NON_NULL) String against,
      List<Line> rows) {
    static Document of(TableResult table) {
      return new Document(
          "tarsier.table/1",
          table.title(),
          table.network(),
          table.classes(),
          table.data(),
          table.protocol(),
          table.seeds(),
          table.about(),
          table.baseline(),
          table.against(),
          table.rows().stream().map(row -> Line.of(table, row)).toList());
    }
  }

  private record Line(
      String row,
      String input,
      String output,
      String loss,
      boolean extra,
      String steps,
      List<Long> missingSeeds,
      Map<String, Value> values,
      Map<String, Double> paper,
      List<CellRecord> cells) {
    static Line of(TableResult table, TableResult.Row row) {
      Map<String, Value> values = new LinkedHashMap<>();
      for (Column column : table.columns()) {
        Spread spread = row.values().get(column);
        if (spread.count() > 0) {
          values.put(
              column.figure(),
              new Value(
                  column.title(),
                  spread.mean(),
                  spread.count() > 1 ? spread.deviation() : null,
                  spread.count(),
                  row.starred().contains(column),
                  table.gain(row, column).map(Against::of).orElse(null)));
        }
      }
      Study.Row written = row.written();
      return new Line(
          written.name(),
          written.input(),
          written.output(),
          written.loss(),
          written.extra(),
          row.steps(),
          row.missing(),
          values,
          written.paper(),
          row.records());
    }
  }

  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Value(
      String title,
      double mean,
      Double deviation,
      int seeds,
      boolean inputGivenAsOutput,
      Against against) {}

  /** How it compares; {@code larger} where the difference is larger than the spread. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Against(Double gain, Double spread, boolean larger) {
    static Against of(Gain gain) {
      return new Against(
          Double.isNaN(gain.mean()) ? null : gain.mean(),
          Double.isNaN(gain.spread()) ? null : gain.spread(),
          gain.verdict() == Affinity.Verdict.HELPS || gain.verdict() == Affinity.Verdict.HARMS);
    }
  }
}
