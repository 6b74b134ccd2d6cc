package dev.tarsier.ros.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * Usage and help in windows that are narrower than picocli lays them out for: what it has put side
 * by side stands one below the other.
 */
final class NarrowHelp {
  /** picocli takes no less. */
  static final int NARROWEST_OF_PICOCLI = 55;

  private static final int INDENT = 6;
  private static final String SYNOPSIS_HEAD = "Usage: ";

  /** An option or a command, and the beginning of what is said of it. */
  private static final Pattern ITEM = Pattern.compile(" {0,6}(\\S.*?)(?: {2,}(\\S.*))?");

  /** The same of exit codes, which are indented less, as is what is said of them. */
  private static final Pattern CODE = Pattern.compile(" {0,2}(\\S.*?)(?: {2,}(\\S.*))?");

  private NarrowHelp() {}

  /**
   * Fits a command line's help, and that of its subcommands, to a width.
   *
   * @param line Modified.
   * @param columns of the window
   */
  static void fit(CommandLine line, int columns) {
    line.setUsageHelpWidth(Math.max(NARROWEST_OF_PICOCLI, columns));
    if (columns >= NARROWEST_OF_PICOCLI) {
      return;
    }
    var sections = line.getHelpSectionMap();
    for (var each : sections.entrySet()) {
      IHelpSectionRenderer wide = each.getValue();
      String key = each.getKey();
      each.setValue(
          help -> {
            String text = wide.render(help);
            return switch (key) {
              case UsageMessageSpec.SECTION_KEY_SYNOPSIS -> synopsis(text, columns);
              case UsageMessageSpec.SECTION_KEY_DESCRIPTION,
                  UsageMessageSpec.SECTION_KEY_HEADER,
                  UsageMessageSpec.SECTION_KEY_FOOTER ->
                  paragraph(text, columns);
              case UsageMessageSpec.SECTION_KEY_OPTION_LIST,
                  UsageMessageSpec.SECTION_KEY_PARAMETER_LIST,
                  UsageMessageSpec.SECTION_KEY_COMMAND_LIST ->
                  list(text, ITEM, columns);
              case UsageMessageSpec.SECTION_KEY_EXIT_CODE_LIST -> list(text, CODE, columns);
              default -> text;
            };
          });
    }
    line.setHelpSectionMap(sections);
  }

  /** A synopsis, to stand behind {@value #SYNOPSIS_HEAD}. */
  static String synopsis(String text, int columns) {
    return columns >= NARROWEST_OF_PICOCLI || text.isBlank()
        ? text
        : String.join(
                System.lineSeparator() + " ".repeat(SYNOPSIS_HEAD.length()),
                Terminal.wrap(text, columns - SYNOPSIS_HEAD.length()))
            + System.lineSeparator();
  }

  private static String paragraph(String text, int columns) {
    return text.isBlank() ? text : joined(Terminal.wrap(text, columns));
  }

  private static String list(String text, Pattern form, int columns) {
    List<String> out = new ArrayList<>();
    StringBuilder description = new StringBuilder();
    for (String line : text.lines().toList()) {
      Matcher item = form.matcher(line);
      if (item.matches()) {
        description(description, out, columns);
        out.add("  " + item.group(1));
        description.append(item.group(2) == null ? "" : item.group(2));
      } else {
        description.append(' ').append(line.strip());
      }
    }
    description(description, out, columns);
    return text.isBlank() ? text : joined(out);
  }

  private static void description(StringBuilder description, List<String> out, int columns) {
    if (!description.toString().isBlank()) {
      Terminal.wrap(description.toString(), columns - INDENT)
          .forEach(line -> out.add(" ".repeat(INDENT) + line));
    }
    description.setLength(0);
  }

  private static String joined(List<String> lines) {
    return String.join(System.lineSeparator(), lines) + System.lineSeparator();
  }
}
