package dev.tarsier.trainer.experiment;

import dev.tarsier.trainer.dataset.ClassSet;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Validation frames side by side with what the rows' networks say: a line for each row of the
 * table, a column for each frame.
 */
final class FrameSheet {
  private static final int WIDTH = 190;
  private static final int GAP = 6;
  private static final int NAME = 130;
  private static final double FARTHEST_METRES = 6;

  private FrameSheet() {}

  /** One line: its name and its pictures, some of which may be absent. */
  private record Line(String name, List<Optional<BufferedImage>> pictures) {}

  /** The classes; none where no frame was kept. */
  static Optional<BufferedImage> classes(ExperimentFolder folder, TableResult table)
      throws IOException {
    List<Integer> colors = ClassSet.of(table.classes()).colors();
    return sheet(folder, table, (at, k) -> FramePictures.classes(at, k, colors));
  }

  /** The depth; none where no frame was kept. */
  static Optional<BufferedImage> depth(ExperimentFolder folder, TableResult table)
      throws IOException {
    return sheet(folder, table, (at, k) -> FramePictures.depth(at, k, FARTHEST_METRES));
  }

  /** Opens a kept picture. */
  private interface Opener {
    Optional<BufferedImage> open(Path folder, int frame) throws IOException;
  }

  private static Optional<BufferedImage> sheet(
      ExperimentFolder folder, TableResult table, Opener opener) throws IOException {
    int frames = 0;
    while (FramePictures.rgb(folder.frames(), frames).isPresent()) {
      frames++;
    }
    if (frames == 0) {
      return Optional.empty();
    }
    List<Line> lines = new ArrayList<>();
    lines.add(line("image", folder.frames(), frames, FramePictures::rgb));
    lines.add(line("truth", folder.frames(), frames, opener));
    boolean any = false;
    for (TableResult.Row row : table.rows()) {
      if (!row.records().isEmpty()) {
        Path at = folder.cell(row.said().name(), row.records().get(0).seed());
        Line line = line(row.said().name(), at, frames, opener);
        if (line.pictures().stream().anyMatch(Optional::isPresent)) {
          lines.add(line);
          any = true;
        }
      }
    }
    return any ? Optional.of(draw(lines, frames)) : Optional.empty();
  }

  private static Line line(String name, Path folder, int frames, Opener opener) throws IOException {
    List<Optional<BufferedImage>> pictures = new ArrayList<>();
    for (int k = 0; k < frames; k++) {
      pictures.add(opener.open(folder, k));
    }
    return new Line(name, pictures);
  }

  private static BufferedImage draw(List<Line> lines, int frames) {
    BufferedImage first = lines.get(0).pictures().get(0).orElseThrow();
    int height = WIDTH * first.getHeight() / first.getWidth();
    BufferedImage sheet =
        new BufferedImage(
            NAME + frames * (WIDTH + GAP),
            lines.size() * (height + GAP) + GAP,
            BufferedImage.TYPE_INT_RGB);
    Graphics2D g = sheet.createGraphics();
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
    for (int l = 0; l < lines.size(); l++) {
      int top = GAP + l * (height + GAP);
      g.setColor(Color.BLACK);
      g.drawString(lines.get(l).name(), 4, top + height / 2 + 5);
      for (int k = 0; k < frames; k++) {
        int left = NAME + k * (WIDTH + GAP);
        Optional<BufferedImage> picture = lines.get(l).pictures().get(k);
        if (picture.isPresent()) {
          g.drawImage(picture.get(), left, top, WIDTH, height, null);
        } else {
          g.setColor(new Color(0xEEEEEE));
          g.fillRect(left, top, WIDTH, height);
        }
      }
    }
    g.dispose();
    return sheet;
  }
}
