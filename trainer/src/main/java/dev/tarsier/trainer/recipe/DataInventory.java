package dev.tarsier.trainer.recipe;

import dev.tarsier.runtime.file.HtmlTemplate;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.dataset.Listing;
import dev.tarsier.trainer.run.PathResolver;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What is in the data of a recipe and what is wrong with it, before anything is trained: counts,
 * duplicates, frames that are trained on and judged by, and pictures of some. One thread.
 */
public final class DataInventory {
  /** Frames so near in time show the same. */
  private static final long NEIGHBOUR_NANOS = 1_000_000_000L;

  private static final double NANOS_A_SECOND = 1e9;

  private final Recipe recipe;
  private final PrintedRun printed;
  private final List<DataPart> parts = new ArrayList<>();
  private final List<String> wrong = new ArrayList<>();
  private final List<String> odd = new ArrayList<>();

  private DataInventory(Recipe recipe, PrintedRun printed) {
    this.recipe = recipe;
    this.printed = printed;
  }

  /**
   * What was found.
   *
   * @param parts each data set of the recipe
   * @param wrong what has to be mended, a sentence each
   * @param odd what a person should know
   */
  record Found(Recipe recipe, List<DataPart> parts, List<String> wrong, List<String> odd) {}

  /**
   * Looks through all data of a recipe, tells of it and draws the page.
   *
   * @param file the recipe's
   * @param page where the page is written
   * @param out where it is told
   * @param terminal whether a progress bar can be drawn there
   * @return whether nothing is wrong
   * @throws IOException if the page cannot be written
   */
  public static boolean run(Path file, Path page, PrintStream out, boolean terminal)
      throws IOException {
    Recipe recipe = Recipe.read(file);
    DataSetRegistry dataSets = new DataSetRegistry(new PathResolver(file, System.getenv()));
    Found found;
    try (PrintedRun printed = new PrintedRun(out, terminal)) {
      DataInventory inventory = new DataInventory(recipe, printed);
      inventory.open(dataSets);
      inventory.judge();
      found = new Found(recipe, inventory.parts, inventory.wrong, inventory.odd);
    }
    print(found, out);
    WholeFile.write(
        page,
        HtmlTemplate.render(
            "trainer/recipe/data.jte",
            Map.of("found", found, "sheets", found.parts().stream().map(DataSheet::of).toList())));
    out.printf("%nPictures: %s%n", page);
    return found.wrong().isEmpty();
  }

  /** A data set with all that it is used for. */
  private static final class Uses {
    private final List<String> names = new ArrayList<>();
    private boolean learned;
    private boolean judged;
  }

  private void open(DataSetRegistry dataSets) {
    Map<DataSet, Uses> uses = new LinkedHashMap<>();
    if (recipe.teacher() != null) {
      use(uses, recipe.teacher().allData(), "teacher's training", true);
      use(uses, recipe.teacher().validation().data(), "teacher's validation", false);
    }
    if (recipe.pseudoLabels() != null) {
      use(uses, recipe.pseudoLabels().data(), "pseudo-labels", true);
    }
    if (recipe.student() != null) {
      use(uses, recipe.student().allData(), "training", true);
      use(uses, recipe.student().validation().data(), "validation", false);
    }
    use(uses, recipe.evaluation().data(), "evaluation", false);
    Network network =
        recipe.student() == null ? recipe.teacher().network() : recipe.student().network();
    uses.forEach((section, use) -> open(dataSets, section, use, network));
  }

  private static void use(
      Map<DataSet, Uses> uses, List<DataSet> sections, String name, boolean learned) {
    for (DataSet each : sections) {
      if (!(each instanceof PseudoLabelled)) {
        Uses use = uses.computeIfAbsent(each, section -> new Uses());
        if (!use.names.contains(name)) {
          use.names.add(name);
        }
        use.learned |= learned;
        use.judged |= !learned;
      }
    }
  }

  private void open(DataSetRegistry dataSets, DataSet section, Uses use, Network network) {
    String name = String.join(", ", use.names);
    try {
      for (OpenedData each :
          dataSets.open(List.of(section), network, recipe.classes(), printed::note)) {
        DataPart part =
            new DataPart(
                name,
                each.source(),
                use.learned,
                recipe.classes(),
                network.tasks(recipe.classes()).outputs());
        for (int i = 0; i < each.source().size(); i++) {
          part.add(i, each.source().get(i));
          printed.worked(
              "%s: %s".formatted(name, each.source().name()), i + 1, each.source().size());
        }
        parts.add(part);
        each.source().doubts().forEach(doubt -> wrong(part, doubt));
        if (use.learned && use.judged) {
          wrong(part, "it is trained on and judged by; its score would tell nothing");
        }
      }
    } catch (DataException e) {
      wrong.add("%s: %s".formatted(name, e.getMessage()));
    }
  }

  private void wrong(DataPart part, String what) {
    wrong.add("%s, %s: %s".formatted(part.use(), part.source().name(), what));
  }

  private void judge() {
    for (DataPart each : parts) {
      duplicates(each);
    }
    for (DataPart judged : parts) {
      for (DataPart learned : parts) {
        if (!judged.learned() && learned.learned()) {
          leaks(judged, learned);
        }
      }
    }
    classes();
  }

  private void duplicates(DataPart part) {
    List<String> pairs =
        part.byContent().values().stream()
            .filter(names -> names.size() > 1)
            .map(names -> String.join(" = ", names))
            .toList();
    if (!pairs.isEmpty()) {
      wrong(
          part,
          "%d images are there more than once, under whatever name: %s"
              .formatted(pairs.size(), Listing.of(pairs)));
    }
  }

  private void leaks(DataPart judged, DataPart learned) {
    String in = "%s, %s".formatted(learned.use(), learned.source().name());
    List<String> same =
        judged.byContent().entrySet().stream()
            .filter(each -> learned.byContent().containsKey(each.getKey()))
            .map(each -> each.getValue().get(0))
            .toList();
    if (!same.isEmpty()) {
      wrong(
          judged,
          "%d of its %d images are in %s too: %s"
              .formatted(same.size(), judged.source().size(), in, Listing.of(same)));
      return; // their names and times are the same as well
    }
    NavigableMap<Long, String> times = new TreeMap<>(learned.stamps());
    List<String> near = new ArrayList<>();
    long nearest = Long.MAX_VALUE;
    for (Map.Entry<Long, String> each : judged.stamps().entrySet()) {
      long apart = apart(times, each.getKey());
      nearest = Math.min(nearest, apart);
      if (apart < NEIGHBOUR_NANOS) {
        near.add(each.getValue());
      }
    }
    if (!near.isEmpty()) {
      wrong(
          judged,
          "%d of its %d images are less than a second from one of %s, the nearest %.2f s, and show nearly the same; split by time with a gap: %s"
              .formatted(
                  near.size(),
                  judged.source().size(),
                  in,
                  nearest / NANOS_A_SECOND,
                  Listing.of(near)));
    }
    List<String> named = judged.names().stream().filter(learned.names()::contains).toList();
    if (!named.isEmpty()) {
      odd.add(
          "%s, %s: %d of its images are named as some of %s, but are others: %s"
              .formatted(
                  judged.use(), judged.source().name(), named.size(), in, Listing.of(named)));
    }
  }

  private static long apart(NavigableMap<Long, String> times, long of) {
    Long before = times.floorKey(of);
    Long after = times.ceilingKey(of);
    return Math.min(
        before == null ? Long.MAX_VALUE : of - before, after == null ? Long.MAX_VALUE : after - of);
  }

  private void classes() {
    List<DataPart> learned =
        parts.stream().filter(each -> each.learned() && !each.labelled().isEmpty()).toList();
    List<DataPart> judged =
        parts.stream().filter(each -> !each.learned() && !each.labelled().isEmpty()).toList();
    List<String> never = absent(learned);
    if (!learned.isEmpty() && !never.isEmpty()) {
      wrong.add("no training pixel is " + String.join(", ", never));
    }
    List<String> unjudged = new ArrayList<>(absent(judged));
    unjudged.removeAll(never);
    if (!judged.isEmpty() && !unjudged.isEmpty()) {
      odd.add("no validation pixel is " + String.join(", ", unjudged));
    }
  }

  private List<String> absent(List<DataPart> in) {
    List<String> absent = new ArrayList<>();
    for (int id = 0; id < recipe.classes().size(); id++) {
      int of = id;
      if (in.stream().allMatch(each -> each.pixels(of) == 0)) {
        absent.add(recipe.classes().names().get(id));
      }
    }
    return absent;
  }

  private static void print(Found found, PrintStream out) {
    for (DataPart each : found.parts()) {
      out.printf(
          "%n%s: %s%n  %d frames of %s%n  labels: %s%n  depth: %s%n",
          each.use(),
          each.source().name(),
          each.source().size(),
          each.sizes(),
          each.labels(),
          each.depth());
      each.made().forEach(line -> out.printf("  %s%n", line));
    }
    List<DataPart> labelled =
        found.parts().stream().filter(each -> !each.labelled().isEmpty()).toList();
    if (!labelled.isEmpty()) {
      int width =
          found.recipe().classes().names().stream().mapToInt(String::length).max().orElse(1);
      int column =
          Math.max(26, labelled.stream().mapToInt(each -> each.use().length()).max().orElse(0));
      out.printf("%n%s", " ".repeat(width));
      labelled.forEach(each -> out.printf("  %-" + column + "s", each.use()));
      out.println();
      for (int id = 0; id < found.recipe().classes().size(); id++) {
        out.printf("%-" + width + "s", found.recipe().classes().names().get(id));
        for (DataPart each : labelled) {
          out.printf("  %-" + column + "s", each.share(id));
        }
        out.println();
      }
    }
    list("Wrong", found.wrong(), out);
    list("Worth knowing", found.odd(), out);
    if (found.wrong().isEmpty()) {
      out.printf("%nNothing is wrong.%n");
    }
  }

  private static void list(String title, List<String> lines, PrintStream out) {
    if (!lines.isEmpty()) {
      out.printf("%n%s:%n", title);
      lines.forEach(line -> out.printf("  - %s%n", line));
    }
  }
}
