package dev.tarsier.trainer.experiment;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.runtime.html.HtmlTemplate;
import dev.tarsier.trainer.experiment.TableResult.Column;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Draws an experiment's table from the records that are there. Nothing is trained. */
public final class TableFiles {
  private TableFiles() {}

  /**
   * Writes {@code table.html}, {@code table.md} and {@code table.json}, and what rows say of the
   * same frames as {@code table-classes.png} and {@code table-depth.png}. Rows and seeds that the
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
    Json.write(out.resolve("table.json"), json(table));
    Optional<byte[]> classes =
        write(FrameSheet.classes(folder, table), out.resolve("table-classes.png"));
    Optional<byte[]> depth = write(FrameSheet.depth(folder, table), out.resolve("table-depth.png"));
    WholeFile.write(
        out.resolve("table.html"),
        HtmlTemplate.render(
            "trainer/experiment/table.jte",
            Map.of("table", table, "classes", classes, "depth", depth)));
    return table;
  }

  /** Gives back the PNG that it writes. */
  private static Optional<byte[]> write(Optional<BufferedImage> picture, Path file)
      throws IOException {
    if (picture.isEmpty()) {
      return Optional.empty();
    }
    byte[] png = EncodedImage.png(picture.get());
    WholeFile.write(file, png);
    return Optional.of(png);
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

  private static ObjectNode json(TableResult table) {
    ObjectNode root = Json.object();
    root.put("schema", "tarsier.table/1");
    root.put("title", table.title());
    root.put("network", table.network());
    root.put("classes", table.classes());
    root.put("data", table.data());
    root.put("protocol", table.protocol());
    root.set("seeds", Json.SNAKE_CASE.tree(table.seeds()));
    root.set("about", Json.SNAKE_CASE.tree(table.about()));
    ArrayNode rows = root.putArray("rows");
    for (TableResult.Row row : table.rows()) {
      ObjectNode node = rows.addObject();
      node.put("row", row.written().name());
      node.put("input", row.written().input());
      node.put("output", row.written().output());
      node.put("loss", row.written().loss());
      node.put("extra", row.written().extra());
      node.put("steps", row.steps());
      node.set("missing_seeds", Json.SNAKE_CASE.tree(row.missing()));
      ObjectNode values = node.putObject("values");
      for (Column column : Column.values()) {
        Spread spread = row.values().get(column);
        if (spread.count() > 0) {
          ObjectNode value = values.putObject(column.figure());
          value.put("title", column.title());
          value.put("mean", spread.mean());
          if (spread.count() > 1) {
            value.put("deviation", spread.deviation());
          }
          value.put("seeds", spread.count());
          value.put("input_given_as_output", row.starred().contains(column));
        }
      }
      node.set("paper", Json.SNAKE_CASE.tree(row.written().paper()));
      node.set("cells", Json.SNAKE_CASE.tree(row.records()));
    }
    return root;
  }
}
