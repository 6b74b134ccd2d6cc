package dev.tarsier.runtime.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.testing.Prerequisites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Documents that hold together: tables say what their data files say, links lead somewhere. */
class DocumentsTest {
  private static final Pattern TABLE = Pattern.compile("<!-- table: (\\S+\\.csv) -->");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)(?:#[^)\\s]*)?\\)");
  private static final Pattern SNIPPET = Pattern.compile("<!-- snippet: (\\S+\\.java) -->");
  private static final Path DATA = Path.of("docs", "experiments", "data");

  private static List<Path> pages() throws IOException {
    try (Stream<Path> tree = Files.walk(Prerequisites.root().resolve("docs"))) {
      List<Path> pages =
          new ArrayList<>(tree.filter(each -> each.toString().endsWith(".md")).sorted().toList());
      for (String page : List.of("README.md", "CONTRIBUTING.md", "CHANGELOG.md")) {
        pages.add(Prerequisites.root().resolve(page));
      }
      return pages;
    }
  }

  @Test
  void tablesSayWhatTheirDataFilesSay() throws IOException {
    Map<Path, Path> used = new LinkedHashMap<>();
    for (Path page : pages()) {
      List<String> lines = Files.readAllLines(page);
      for (int i = 0; i < lines.size(); i++) {
        Matcher marker = TABLE.matcher(lines.get(i));
        if (marker.matches()) {
          Path file = page.resolveSibling(marker.group(1)).normalize();
          List<String> said =
              lines.subList(i + 1, lines.size()).stream()
                  .takeWhile(line -> line.startsWith("|"))
                  .toList();
          assertThat(said).as("%s in %s", file.getFileName(), page).isEqualTo(table(file));
          assertThat(used.put(file, page)).as("a second table of %s", file).isNull();
        }
      }
    }
    try (Stream<Path> files = Files.list(Prerequisites.root().resolve(DATA))) {
      assertThat(used.keySet())
          .containsExactlyInAnyOrderElementsOf(
              files.filter(each -> each.toString().endsWith(".csv")).map(Path::normalize).toList());
    }
  }

  /** The files are compiled, so what stands in a page compiles. */
  @Test
  void snippetsStandInFilesThatAreCompiled() throws IOException {
    int snippets = 0;
    for (Path page : pages()) {
      List<String> lines = Files.readAllLines(page);
      for (int i = 0; i < lines.size(); i++) {
        Matcher marker = SNIPPET.matcher(lines.get(i));
        if (marker.matches()) {
          assertThat(lines.get(i + 1)).as("%s: %s", page, lines.get(i)).isEqualTo("```java");
          String snippet =
              lines.subList(i + 2, lines.size()).stream()
                  .takeWhile(line -> !line.equals("```"))
                  .map(String::strip)
                  .collect(Collectors.joining("\n"));
          String file =
              Files.readAllLines(Prerequisites.root().resolve(marker.group(1))).stream()
                  .map(String::strip)
                  .collect(Collectors.joining("\n"));
          assertThat(file).as("%s: %s", page, lines.get(i)).contains(snippet);
          snippets++;
        }
      }
    }
    assertThat(snippets).isGreaterThan(5);
  }

  /** As {@code docs/experiments/data/README.md} describes it. */
  private static List<String> table(Path file) throws IOException {
    List<List<String>> rows = Files.readAllLines(file).stream().map(DocumentsTest::cells).toList();
    List<String> headers = rows.get(0);
    List<String> own =
        headers.stream().filter(each -> !each.endsWith(" ±") && !each.endsWith(" each")).toList();
    List<String> lines = new ArrayList<>();
    lines.add(line(own));
    lines.add("|" + "---|".repeat(own.size()));
    for (List<String> row : rows.subList(1, rows.size())) {
      assertThat(row).as("%s: %s", file, row).hasSameSizeAs(headers);
      Map<String, String> values = new LinkedHashMap<>();
      for (int i = 0; i < row.size(); i++) {
        values.put(headers.get(i), row.get(i));
      }
      lines.add(line(own.stream().map(header -> cell(values, header)).toList()));
    }
    return lines;
  }

  private static String cell(Map<String, String> values, String header) {
    String deviation = values.getOrDefault(header + " ±", "");
    String each = values.getOrDefault(header + " each", "");
    String value = values.get(header).isEmpty() ? "–" : values.get(header);
    return value
        + (deviation.isEmpty() ? "" : " ± " + deviation)
        + (each.isEmpty() ? "" : " (" + each + ")");
  }

  private static String line(List<String> cells) {
    return cells.stream().collect(Collectors.joining(" | ", "| ", " |"));
  }

  /** RFC 4180, one line a record. */
  private static List<String> cells(String line) {
    List<String> cells = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '"' && quoted && i + 1 < line.length() && line.charAt(i + 1) == '"') {
        cell.append(line.charAt(++i));
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        cells.add(cell.toString());
        cell.setLength(0);
      } else {
        cell.append(c);
      }
    }
    cells.add(cell.toString());
    return cells;
  }

  @Test
  void linksLeadSomewhere() throws IOException {
    List<String> dead = new ArrayList<>();
    for (Path page : pages()) {
      Matcher link = LINK.matcher(Files.readString(page).replaceAll("(?s)```.*?```", ""));
      while (link.find()) {
        String target = link.group(1);
        if (!target.contains(":") && !Files.exists(page.resolveSibling(target))) {
          dead.add(page + " -> " + target);
        }
      }
    }
    assertThat(dead).isEmpty();
  }
}
