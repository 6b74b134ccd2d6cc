package dev.tarsier.trainer.experiment;

import dev.tarsier.trainer.experiment.TableResult.Column;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A table as a page. */
final class TableHtml {
  private TableHtml() {}

  /**
   * The table, with its seeds and its pictures.
   *
   * @param classes a {@link FrameSheet} as PNG, if there is one
   * @param depth the same of depth
   */
  static String of(TableResult table, Optional<byte[]> classes, Optional<byte[]> depth) {
    Html page = new Html(table.title());
    page.paragraph("soft", TableText.conditions(table));
    page.raw(grid(table));
    if (TableText.starred(table)) {
      page.paragraph("soft small", TableText.STAR);
    }
    if (!table.best().isEmpty()) {
      page.paragraph(
          "soft small",
          "Green: the best mean among networks that see only the image. Shaded: the paper's rows.");
    }
    table.about().forEach(each -> page.paragraph("small", each));
    for (String gap : TableText.gaps(table)) {
      page.paragraph("small missing", gap);
    }
    page.heading("Seed by seed").raw(seeds(table));
    if (classes.isPresent()) {
      page.heading("Classes")
          .paragraph(
              "soft small",
              "Validation frames evenly spread over the set, not chosen; first seed that is there.")
          .png(classes.get(), "Images, true classes, predicted classes");
    }
    if (depth.isPresent()) {
      page.heading("Depth")
          .paragraph("soft small", "The same frames.")
          .png(depth.get(), "Images, true depth, predicted depth");
    }
    return page.page();
  }

  /** The table alone. */
  static String grid(TableResult table) {
    List<String> headings = TableText.headings(table);
    Map<Column, TableResult.Row> best = table.best();
    StringBuilder html = new StringBuilder("<div class='scroll'><table><tr>");
    for (int c = 0; c < headings.size(); c++) {
      boolean paper = TablePicture.isPaper(headings, c);
      html.append("<th class='%s%s'>".formatted(c < 4 ? "" : "n", paper ? " paper" : ""))
          .append(Html.escape(headings.get(c)))
          .append("</th>");
    }
    html.append("</tr>\n");
    for (TableResult.Row row : table.rows()) {
      html.append(row.said().extra() ? "<tr>" : "<tr class='main'>");
      html.append("<td><b>").append(Html.escape(row.said().name())).append("</b>");
      if (!row.said().note().isEmpty()) {
        html.append("<div class='note'>").append(Html.escape(row.said().note())).append("</div>");
      }
      html.append("</td>");
      List<String> cells = TableText.cells(table, row);
      for (int c = 1; c < cells.size(); c++) {
        boolean paper = TablePicture.isPaper(headings, c);
        boolean shown = isBest(best, row, headings.get(c));
        html.append("<td class='%s%s'>".formatted(c < 4 ? "" : "n", paper ? " paper" : ""))
            .append(shown ? "<b class='best'>" : "")
            .append(Html.escape(cells.get(c)))
            .append(shown ? "</b>" : "")
            .append("</td>");
      }
      html.append("</tr>\n");
    }
    return html.append("</table></div>\n").toString();
  }

  private static boolean isBest(
      Map<Column, TableResult.Row> best, TableResult.Row row, String heading) {
    return best.entrySet().stream()
        .anyMatch(each -> each.getValue().equals(row) && each.getKey().title().equals(heading));
  }

  private static String seeds(TableResult table) {
    StringBuilder html = new StringBuilder("<div class='scroll'><table><tr><th>row</th>");
    html.append("<th class='n'>seed</th>");
    for (Column column : Column.values()) {
      html.append("<th class='n'>").append(column.title()).append("</th>");
    }
    html.append("<th class='n'>best epoch</th><th class='n'>steps</th>");
    html.append("<th class='n'>training</th><th>checkpoint</th></tr>\n");
    for (TableResult.Row row : table.rows()) {
      for (CellRecord record : row.records()) {
        html.append("<tr><td>")
            .append(Html.escape(record.row()))
            .append("</td><td class='n'>")
            .append(record.seed())
            .append("</td>");
        for (Column column : Column.values()) {
          Double value = record.figures().get(column.figure());
          html.append("<td class='n'>")
              .append(value == null ? "–" : column.text(column.scale() * value))
              .append(value != null && row.starred().contains(column) ? "*" : "")
              .append("</td>");
        }
        html.append(
            String.format(
                Locale.ROOT,
                "<td class='n'>%d</td><td class='n'>%,d</td><td class='n'>%s</td>"
                    + "<td><code>%s</code></td></tr>%n",
                record.bestEpoch(),
                record.steps(),
                TableProgress.duration((double) record.seconds()),
                record.checkpointSha256().substring(0, 12)));
      }
    }
    return html.append("</table></div>\n").toString();
  }
}
