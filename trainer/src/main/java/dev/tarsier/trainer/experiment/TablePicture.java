package dev.tarsier.trainer.experiment;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/** A table as a picture, for documents that cannot show HTML. */
final class TablePicture {
  private static final int ROW = 30;
  private static final int PAD = 12;
  private static final int MARGIN = 24;
  private static final int SCALE = 2;
  private static final Color INK = new Color(0x1A1D23);
  private static final Color SOFT = new Color(0x667080);
  private static final Color LINE = new Color(0xD8DCE4);
  private static final Color BAND = new Color(0xF4F6FA);

  private TablePicture() {}

  static BufferedImage of(TableResult table) {
    List<List<String>> lines = new ArrayList<>();
    lines.add(TableText.headings(table));
    table.rows().forEach(row -> lines.add(TableText.cells(table, row)));
    Font plain = new Font(Font.SANS_SERIF, Font.PLAIN, 14);
    Font bold = plain.deriveFont(Font.BOLD);
    Font small = plain.deriveFont(12f);
    int columns = lines.get(0).size();
    int[] widths = new int[columns];
    FontMetrics metrics = metrics(bold);
    for (List<String> line : lines) {
      for (int c = 0; c < columns; c++) {
        widths[c] = Math.max(widths[c], metrics.stringWidth(line.get(c)) + 2 * PAD);
      }
    }
    int tableWidth = 0;
    for (int each : widths) {
      tableWidth += each;
    }
    List<String> notes =
        wrapped(TableText.conditions(table), metrics(small), Math.max(500, tableWidth));
    if (TableText.starred(table)) {
      notes.add(TableText.STAR);
    }
    int width = Math.max(500, tableWidth) + 2 * MARGIN;
    int height = 2 * MARGIN + 34 + lines.size() * ROW + 12 + notes.size() * 18;
    BufferedImage image =
        new BufferedImage(SCALE * width, SCALE * height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.scale(SCALE, SCALE);
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, width, height);
    g.setColor(INK);
    g.setFont(bold.deriveFont(18f));
    g.drawString(table.title(), MARGIN, MARGIN + 16);
    int top = MARGIN + 34;
    for (int l = 0; l < lines.size(); l++) {
      if (l > 0 && !table.rows().get(l - 1).said().extra()) {
        g.setColor(BAND);
        g.fillRect(MARGIN, top, tableWidth, ROW);
      }
      int left = MARGIN;
      for (int c = 0; c < columns; c++) {
        String text = lines.get(l).get(c);
        boolean soft = l == 0 || isPaper(lines.get(0), c);
        g.setFont(l == 0 || c == 0 ? bold : plain);
        g.setColor(soft ? SOFT : INK);
        int x = c < 4 ? left + PAD : left + widths[c] - PAD - g.getFontMetrics().stringWidth(text);
        g.drawString(text, x, top + 20);
        left += widths[c];
      }
      g.setColor(LINE);
      g.drawLine(MARGIN, top + ROW - 1, MARGIN + tableWidth, top + ROW - 1);
      top += ROW;
    }
    g.setFont(small);
    g.setColor(SOFT);
    for (String note : notes) {
      top += 18;
      g.drawString(note, MARGIN, top + 4);
    }
    g.dispose();
    return image;
  }

  static boolean isPaper(List<String> headings, int column) {
    return headings.get(column).equals(TableText.PAPER);
  }

  private static FontMetrics metrics(Font font) {
    Graphics2D g = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
    FontMetrics metrics = g.getFontMetrics(font);
    g.dispose();
    return metrics;
  }

  private static List<String> wrapped(String text, FontMetrics metrics, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ", -1)) {
      if (line.length() > 0 && metrics.stringWidth(line + " " + word) > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.length() == 0 ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }
}
