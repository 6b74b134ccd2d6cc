package dev.tarsier.trainer.experiment;

import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.UnitVectorMap;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.TaskType;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.font.FontRenderContext;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntUnaryOperator;

/**
 * Validation frames side by side with what the rows' networks say: a line for each row of the
 * table, a column for each frame, and below what the colours mean.
 */
final class FrameSheet {
  private static final int WIDTH = 190;
  private static final int GAP = 6;
  private static final int FARTHEST_METRES = 6;

  /** Height of a line of the legend, and side of its squares. */
  private static final int LEGEND = 22;

  private static final int SQUARE = 12;

  private FrameSheet() {}

  /** One line: its name and its pictures, some of which may be absent. */
  private record Line(String name, List<Optional<BufferedImage>> pictures) {}

  /** What a colour means. */
  private record Meaning(String word, int rgb) {}

  /** What rows say of a task; none where no frame was kept, or it has no colours here. */
  static Optional<BufferedImage> of(
      ExperimentFolder folder, TableResult table, ClassSet classes, TaskType task)
      throws IOException {
    TaskType.Settings settings = new TaskType.Settings(classes, FARTHEST_METRES);
    HeadKind kind = task.create(settings).head().kind();
    List<Meaning> legend = new ArrayList<>();
    IntUnaryOperator color;
    if (kind instanceof ClassMap map) {
      map.classes().forEach(each -> legend.add(new Meaning(each.name(), each.rgb())));
      color = id -> id < map.classes().size() ? map.classes().get(id).rgb() : 0;
    } else if (kind instanceof MetricMap) {
      for (int metres = 0; metres <= FARTHEST_METRES; metres++) {
        String farther = metres == FARTHEST_METRES ? " or farther" : "";
        legend.add(
            new Meaning(
                "%d m%s".formatted(metres, farther), FramePictures.color(metres, FARTHEST_METRES)));
      }
      color = mm -> mm == 0 ? 0 : FramePictures.color(mm / 1000.0, FARTHEST_METRES);
    } else if (kind instanceof UnitVectorMap) {
      legend.add(new Meaning("faces right", UnitVectorMap.rgb(1, 0, 0)));
      legend.add(new Meaning("left", UnitVectorMap.rgb(-1, 0, 0)));
      legend.add(new Meaning("down", UnitVectorMap.rgb(0, 1, 0)));
      legend.add(new Meaning("up", UnitVectorMap.rgb(0, -1, 0)));
      legend.add(new Meaning("the camera", UnitVectorMap.rgb(0, 0, -1)));
      return sheet(folder, table, legend, (at, k) -> FramePictures.kept(at, k, task));
    } else {
      return Optional.empty();
    }
    return sheet(folder, table, legend, (at, k) -> FramePictures.painted(at, k, task, color));
  }

  /** Opens a kept picture. */
  private interface Opener {
    Optional<BufferedImage> open(Path folder, int frame) throws IOException;
  }

  private static Optional<BufferedImage> sheet(
      ExperimentFolder folder, TableResult table, List<Meaning> legend, Opener opener)
      throws IOException {
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
        Path at = folder.cell(row.written().name(), row.records().get(0).seed());
        Line line = line(row.written().name(), at, frames, opener);
        if (line.pictures().stream().anyMatch(Optional::isPresent)) {
          lines.add(line);
          any = true;
        }
      }
    }
    legend.add(new Meaning("unknown", 0));
    return any ? Optional.of(draw(lines, frames, legend)) : Optional.empty();
  }

  private static Line line(String name, Path folder, int frames, Opener opener) throws IOException {
    List<Optional<BufferedImage>> pictures = new ArrayList<>();
    for (int k = 0; k < frames; k++) {
      pictures.add(opener.open(folder, k));
    }
    return new Line(name, pictures);
  }

  private static BufferedImage draw(List<Line> lines, int frames, List<Meaning> legend) {
    BufferedImage first = lines.get(0).pictures().get(0).orElseThrow();
    int height = WIDTH * first.getHeight() / first.getWidth();
    Font font = new Font(Font.SANS_SERIF, Font.PLAIN, 14);
    int longest = lines.stream().mapToInt(line -> width(line.name(), font)).max().orElseThrow();
    int names = longest + 3 * GAP;
    int width = names + frames * (WIDTH + GAP);
    int below = lines.size() * (height + GAP) + GAP;
    List<List<Meaning>> wrapped = wrapped(legend, font, width - names);
    BufferedImage sheet =
        new BufferedImage(width, below + wrapped.size() * LEGEND + GAP, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = sheet.createGraphics();
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
    g.setFont(font);
    for (int l = 0; l < lines.size(); l++) {
      int top = GAP + l * (height + GAP);
      g.setColor(Color.BLACK);
      g.drawString(lines.get(l).name(), GAP, top + height / 2 + 5);
      for (int k = 0; k < frames; k++) {
        int left = names + k * (WIDTH + GAP);
        Optional<BufferedImage> picture = lines.get(l).pictures().get(k);
        if (picture.isPresent()) {
          g.drawImage(picture.get(), left, top, WIDTH, height, null);
        } else {
          g.setColor(new Color(0xEEEEEE));
          g.fillRect(left, top, WIDTH, height);
        }
      }
    }
    for (int l = 0; l < wrapped.size(); l++) {
      int left = names;
      int top = below + l * LEGEND;
      for (Meaning each : wrapped.get(l)) {
        g.setColor(new Color(each.rgb()));
        g.fillRect(left, top + (LEGEND - SQUARE) / 2, SQUARE, SQUARE);
        g.setColor(Color.BLACK);
        g.drawString(each.word(), left + SQUARE + GAP, top + LEGEND / 2 + 5);
        left += width(each, font);
      }
    }
    g.dispose();
    return sheet;
  }

  /** As many in a line as there is room for. */
  private static List<List<Meaning>> wrapped(List<Meaning> legend, Font font, int room) {
    List<List<Meaning>> lines = new ArrayList<>();
    int left = room;
    for (Meaning each : legend) {
      int width = width(each, font);
      if (lines.isEmpty() || left < width) {
        lines.add(new ArrayList<>());
        left = room;
      }
      lines.get(lines.size() - 1).add(each);
      left -= width;
    }
    return lines;
  }

  private static int width(Meaning meaning, Font font) {
    return SQUARE + 3 * GAP + width(meaning.word(), font);
  }

  private static int width(String text, Font font) {
    FontRenderContext context = new FontRenderContext(null, true, false);
    return (int) Math.ceil(font.getStringBounds(text, context).getWidth());
  }
}
