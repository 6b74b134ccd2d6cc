package dev.tarsier.trainer.dataset.label;

import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.DataFile;
import dev.tarsier.trainer.dataset.Listing;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The file that says what the colours or numbers of a folder of masks mean.
 *
 * <ul>
 *   <li>{@code labelmap.txt} of CVAT and Pascal VOC: {@code name:R,G,B:parts:actions}; a name
 *       without a colour has that of VOC's palette for its line
 *   <li>{@code label_colors.txt} of CamVid: {@code R G B name}
 *   <li>{@code class_names.txt} of labelme2voc, and other lists of names: a name a line, by id from
 *       0; {@code __ignore__} in front is not counted
 * </ul>
 *
 * @param file where it lies
 * @param names by line, which is what indices mean
 * @param colors names by colour, 0xRRGGBB
 * @param paletted whether indices count although a file has a palette: nobody gave colours
 */
record LabelMap(Path file, List<String> names, Map<Integer, String> colors, boolean paletted) {
  /** VOC's colour of what nobody has to tell apart. */
  static final int VOID = 0xE0E0C0;

  /** What such files are called. */
  static final List<String> FILES =
      List.of("labelmap.txt", "label_colors.txt", "class_names.txt", "classes.txt", "labels.txt");

  private static final int FOLDERS_ABOVE = 2;
  private static final Pattern CAMVID =
      Pattern.compile("\\s*(\\d{1,3})\\s+(\\d{1,3})\\s+(\\d{1,3})\\s+(.*\\S)\\s*");
  private static final Pattern VOC = Pattern.compile("(.+?):([^:]*):([^:]*):([^:]*)");
  private static final Pattern RGB = Pattern.compile("(\\d{1,3}),\\s*(\\d{1,3}),\\s*(\\d{1,3})");

  /** The one in a folder or, if not there, in the nearer of the two above it. */
  static Optional<LabelMap> near(Path folder) {
    Path at = folder.toAbsolutePath();
    for (int up = 0; up <= FOLDERS_ABOVE && at != null; up++, at = at.getParent()) {
      for (String name : FILES) {
        Path file = at.resolve(name);
        if (Files.isRegularFile(file)) {
          return Optional.of(read(file));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Reads one, in the form that its name and its lines show.
   *
   * @throws DataException if it names nothing, or means one colour or name twice
   */
  static LabelMap read(Path file) {
    List<String> lines =
        Listing.text(DataFile.bytes(file))
            .lines()
            .filter(line -> !line.isBlank() && !line.startsWith("#"))
            .toList();
    if (lines.isEmpty()) {
      throw new DataException("%s names no class".formatted(file));
    }
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    boolean camvid = lines.stream().allMatch(line -> CAMVID.matcher(line).matches());
    boolean voc = lines.stream().allMatch(line -> VOC.matcher(line).matches());
    if (name.equals("label_colors.txt") && !camvid) {
      throw new DataException(
          "%s must have a line 'R G B name' for each class, has '%s'; without colours nobody can tell what the masks show: write the colours in, or point label_map at a file that has them"
              .formatted(
                  file,
                  lines.stream()
                      .filter(each -> !CAMVID.matcher(each).matches())
                      .findFirst()
                      .orElse("")));
    }
    if (name.equals("labelmap.txt") && !voc) {
      throw new DataException(
          "%s must have a line 'name:R,G,B:parts:actions' for each class, has '%s'"
              .formatted(
                  file,
                  lines.stream()
                      .filter(each -> !VOC.matcher(each).matches())
                      .findFirst()
                      .orElse("")));
    }
    return camvid ? camvid(file, lines) : voc ? voc(file, lines) : list(file, lines);
  }

  private static LabelMap camvid(Path file, List<String> lines) {
    List<String> names = new ArrayList<>();
    Map<Integer, String> colors = new LinkedHashMap<>();
    for (String line : lines) {
      Matcher parts = CAMVID.matcher(line);
      parts.matches();
      names.add(parts.group(4));
      add(file, colors, packed(file, parts), parts.group(4));
    }
    return new LabelMap(file, names, colors, false);
  }

  private static LabelMap voc(Path file, List<String> lines) {
    List<String> names = new ArrayList<>();
    Map<Integer, String> colors = new LinkedHashMap<>();
    int given = 0;
    for (String line : lines) {
      Matcher parts = VOC.matcher(line);
      parts.matches();
      Matcher color = RGB.matcher(parts.group(2).strip());
      given += color.matches() ? 1 : 0;
      if (!color.matches() && !parts.group(2).isBlank()) {
        throw new DataException(
            "%s: a colour must be R,G,B, is '%s'".formatted(file, parts.group(2)));
      }
      int packed = color.matches() ? packed(file, color) : palette(names.size());
      add(file, colors, packed, parts.group(1));
      names.add(parts.group(1));
    }
    if (given > 0 && given < names.size()) {
      throw new DataException(
          "%s gives %d of %d classes a colour; give all or none"
              .formatted(file, given, names.size()));
    }
    return new LabelMap(file, names, colors, given == 0);
  }

  private static LabelMap list(Path file, List<String> lines) {
    List<String> names = new ArrayList<>(lines.stream().map(String::strip).toList());
    if (names.get(0).equals("__ignore__")) {
      names.remove(0);
    }
    Map<Integer, String> colors = new HashMap<>();
    for (int id = 0; id < names.size(); id++) {
      add(file, colors, palette(id), names.get(id));
    }
    return new LabelMap(file, names, colors, true);
  }

  private static void add(Path file, Map<Integer, String> colors, int color, String name) {
    String before = colors.put(color, name);
    if (before != null) {
      throw new DataException(
          "%s: '%s' and '%s' have one colour, %s".formatted(file, before, name, text(color)));
    }
  }

  private static int packed(Path file, Matcher rgb) {
    int color = 0;
    for (int i = 1; i <= 3; i++) {
      int value = Integer.parseInt(rgb.group(i));
      if (value > 255) {
        throw new DataException("%s: a colour has %d, more than 255".formatted(file, value));
      }
      color = color << 8 | value;
    }
    return color;
  }

  /** The colour of a name, 0xRRGGBB; null where it has none. */
  Integer colorOf(String name) {
    return colors.entrySet().stream()
        .filter(each -> each.getValue().equals(name))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(null);
  }

  /** VOC's colour of an index: its bits, three at a time, become the colours' upper bits. */
  static int palette(int index) {
    int red = 0;
    int green = 0;
    int blue = 0;
    for (int bit = 7, left = index; left != 0; bit--, left >>= 3) {
      red |= (left & 1) << bit;
      green |= (left >> 1 & 1) << bit;
      blue |= (left >> 2 & 1) << bit;
    }
    return red << 16 | green << 8 | blue;
  }

  /** A colour as label maps write it. */
  static String text(int color) {
    return "(%d, %d, %d)".formatted(color >> 16 & 255, color >> 8 & 255, color & 255);
  }
}
