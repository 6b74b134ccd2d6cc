package dev.tarsier.trainer.experiment;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.NearestName;
import dev.tarsier.runtime.config.StrictYaml;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What an experiment's file says: a recipe that all rows start from, and rows that change it. Keys
 * are the components' names in snake_case.
 *
 * @param title what the experiment is called
 * @param about what a reader must know of the protocol, a paragraph each
 * @param source whose values stand beside; empty for nobody's
 * @param paperClasses the class set of its values; under others only its depth is shown
 * @param seeds one training of each row for each of them
 * @param steps of each training; a row's {@code steps_factor} multiplies them
 * @param frames how many validation frames are shown
 * @param columns metrics that the table shows; those of the rows' tasks where absent
 * @param baseline rows that Δm is over, each metric from the first that has it; empty for no Δm
 * @param against the row that the others are compared with; null for no comparison
 * @param figure metrics that are drawn against each other; null for no figure
 * @param networks by the name that is chosen on the command line; the first is the default
 * @param base a recipe's sections, except name and seed
 * @param rows in the order of the table
 * @param variants what can be made of any row, by what stands after the row's name and a dash; of
 *     several, in this order
 * @param affinity which rows tell whether one task helps the other
 */
public record Study(
    String title,
    List<String> about,
    String source,
    String paperClasses,
    List<Long> seeds,
    Long steps,
    Integer frames,
    List<String> columns,
    @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) List<String> baseline,
    String against,
    Figure figure,
    Map<String, Choice> networks,
    JsonNode base,
    List<Row> rows,
    Map<String, Variant> variants,
    List<Affinity.Question> affinity) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

  /** A row's teachers stay those of the row whatever is made of it. */
  private static final List<String> VARIED =
      List.of("steps_factor", "recipe.student.", "recipe.pseudo_labels.");

  private static final Pattern VARIANT = Pattern.compile("[A-Za-z0-9._]+");

  /** Checks that rows can be told apart and what they refer to is there. */
  public Study {
    if (title == null || title.isBlank()) {
      throw new IllegalArgumentException("title is missing");
    }
    about = about == null ? List.of() : List.copyOf(about);
    source = source == null ? "" : source;
    paperClasses = paperClasses == null ? "" : paperClasses;
    if (steps == null || steps < 1) {
      throw new IllegalArgumentException("steps must be >= 1, got " + steps);
    }
    frames = frames == null ? 4 : frames;
    if (frames < 0) {
      throw new IllegalArgumentException("frames must be >= 0, got " + frames);
    }
    columns = columns == null ? List.of() : List.copyOf(columns);
    columns.forEach(Column::named);
    baseline = baseline == null ? List.of() : List.copyOf(baseline);
    if (figure != null) {
      requireColumn(columns, figure.x(), "figure.x is");
      requireColumn(columns, figure.y(), "figure.y is");
    }
    if (base == null || !base.isObject()) {
      throw new IllegalArgumentException("base is missing; it holds a recipe's sections");
    }
    if (networks == null || networks.isEmpty()) {
      throw new IllegalArgumentException("networks is missing; name at least one");
    }
    networks = Collections.unmodifiableMap(new LinkedHashMap<>(networks));
    seeds = checkedSeeds(seeds);
    if (rows == null || rows.isEmpty()) {
      throw new IllegalArgumentException("rows is missing; name at least one");
    }
    variants =
        variants == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(variants));
    variants.forEach(Study::check);
    Rows whole = new Rows(List.of(), variants);
    for (Row row : rows) {
      whole.add(
          row.like() == null
              ? row
              : row.over(
                  whole.get(row.like(), "row %s is like the row above".formatted(row.name()))));
    }
    whole.requireNamesOfTheirOwn();
    rows = whole.written();
    baseline.forEach(row -> whole.get(row, "baseline is row"));
    if (against != null) {
      whole.get(against, "rows are compared against");
    }
    for (Row row : rows) {
      for (String metric : printed(row, networks)) {
        String what = "row %s has a printed value of".formatted(row.name());
        if (!metric.equals(Column.DELTA_M.figure())) {
          requireColumn(columns, metric, what);
        } else if (baseline.isEmpty()) {
          throw new IllegalArgumentException(
              "%s delta_m, but the study has no baseline; name its rows".formatted(what));
        }
      }
      if (row.teacher() != null) {
        whole.get(row.teacher(), "row %s has the teacher".formatted(row.name()));
      } else if (!row.beside().isEmpty()) {
        throw new IllegalArgumentException(
            "row %s has beside, but no teacher; name the one that sees most as teacher"
                .formatted(row.name()));
      }
      for (String beside : row.beside()) {
        String what = "row %s has beside its teacher".formatted(row.name());
        if (whole.get(beside, what).teacher() != null) {
          throw new IllegalArgumentException(
              "%s '%s', which has a teacher itself; name rows that learn from labels alone"
                  .formatted(what, beside));
        }
      }
    }
    for (Choice network : networks.values()) {
      network.paper().keySet().forEach(row -> whole.get(row, "printed values are of row"));
    }
    affinity = affinity == null ? List.of() : List.copyOf(affinity);
    for (Affinity.Question question : affinity) {
      whole.get(question.with(), "affinity compares");
      whole.get(question.without(), "affinity compares");
    }
  }

  /** The metrics that are printed of a row, with whatever network. */
  private static Set<String> printed(Row row, Map<String, Choice> networks) {
    Set<String> metrics = new TreeSet<>(row.paper().keySet());
    networks
        .values()
        .forEach(each -> metrics.addAll(each.paper().getOrDefault(row.name(), Map.of()).keySet()));
    return metrics;
  }

  private static void requireColumn(List<String> columns, String metric, String what) {
    if (!columns.isEmpty()
        && columns.stream().noneMatch(each -> Column.named(each).figure().equals(metric))) {
      throw new IllegalArgumentException(
          "%s %s, which the table does not show; add it to columns, which are %s"
              .formatted(what, metric, columns));
    }
  }

  private static void checkFactor(Double factor, String of) {
    if (factor != null && !(factor > 0 && factor <= 1000)) {
      throw new IllegalArgumentException(
          "steps_factor of %s must be above 0 and at most 1000, got %s".formatted(of, factor));
    }
  }

  private static void check(String name, Variant variant) {
    if (!VARIANT.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "a variant's name must be letters, digits, dots and underscores, got '%s'"
              .formatted(name));
    }
    if (variant == null || variant.keys().isEmpty()) {
      throw new IllegalArgumentException(
          "variant %s changes nothing; give it steps_factor or recipe".formatted(name));
    }
    for (String key : variant.keys()) {
      if (VARIED.stream().noneMatch(key::startsWith)) {
        throw new IllegalArgumentException(
            "variant %s changes %s; it may change steps_factor, recipe.student and recipe.pseudo_labels"
                .formatted(name, key));
      }
    }
  }

  /** Its rows by name, with what variants make of them. */
  Rows byName() {
    return new Rows(rows, variants);
  }

  /**
   * A picture of the rows: a metric against another, a point for each row.
   *
   * @param x metric to the right, such as {@code depth.rmse}
   * @param y metric upwards
   */
  public record Figure(String x, String y) {
    /** Checks that there are such metrics. */
    public Figure {
      if (x == null || y == null) {
        throw new IllegalArgumentException(
            "figure must be {x: METRIC, y: METRIC}, such as {x: depth.rmse, y: segmentation.miou}");
      }
      x = Column.named(x).figure();
      y = Column.named(y).figure();
      if (x.equals(y)) {
        throw new IllegalArgumentException("figure has %s for both x and y".formatted(x));
      }
    }
  }

  /**
   * One of the networks that the rows can be made with.
   *
   * @param recipe changes to the base
   * @param twoBranches changes to the trainings of networks that have a branch of their own for
   *     depth or labels
   * @param paper the source's printed values with this network, by row, in place of those that the
   *     row itself has
   */
  public record Choice(
      JsonNode recipe, JsonNode twoBranches, Map<String, Map<String, Double>> paper) {
    /** Fills in. */
    public Choice {
      Map<String, Map<String, Double>> byRow = new LinkedHashMap<>();
      if (paper != null) {
        paper.forEach((row, values) -> byRow.put(row, Row.printed(values)));
      }
      paper = Collections.unmodifiableMap(byRow);
      recipe = recipe == null ? MissingNode.getInstance() : recipe;
      twoBranches = twoBranches == null ? MissingNode.getInstance() : twoBranches;
    }

    /** A row with the values that are printed of it with this network. */
    Row printed(Row row) {
      Map<String, Double> values = paper.get(row.name());
      return values == null ? row : row.withPaper(values);
    }
  }

  /**
   * What can be made of any row. Its name stands after the row's, after a dash.
   *
   * @param note what is different, for people
   * @param stepsFactor multiplies the row's
   * @param recipe changes to the row's
   */
  public record Variant(String note, Double stepsFactor, JsonNode recipe) {
    /** Fills in. */
    public Variant {
      note = note == null ? "" : note;
      recipe = recipe == null ? MissingNode.getInstance() : recipe;
      checkFactor(stepsFactor, "a variant");
    }

    /** The keys that it changes. Two that change the same one cannot both be had. */
    List<String> keys() {
      List<String> keys = new ArrayList<>();
      if (stepsFactor != null) {
        keys.add("steps_factor");
      }
      keys(recipe, "recipe", keys);
      return keys;
    }

    private static void keys(JsonNode section, String at, List<String> keys) {
      section
          .properties()
          .forEach(
              entry -> {
                String key = at + "." + entry.getKey();
                if (entry.getValue().isObject()) {
                  keys(entry.getValue(), key, keys);
                } else {
                  keys.add(key);
                }
              });
    }

    /**
     * The row that it makes of one, under the name that says so.
     *
     * @param variant what it is called itself
     * @param before the note that its own is put after
     */
    Row of(Row row, String variant, String before) {
      return new Row(
          row.name() + "-" + variant,
          null,
          row.input(),
          row.output(),
          row.loss(),
          note.isEmpty() ? before : before + "; " + note,
          true,
          stepsFactor == null ? row.stepsFactor() : row.stepsFactor() * stepsFactor,
          row.teacher(),
          row.beside(),
          Map.of(),
          row.series() == null ? null : row.series() + ", " + variant,
          row.at(),
          Plan.merged(row.recipe(), recipe));
    }
  }

  /**
   * A row of the table.
   *
   * @param name letters, digits, dots, dashes, underscores
   * @param like a row above, or what variants make of one, whose input, output, loss, note, steps
   *     factor, teachers and recipe this one starts from; null for none
   * @param input what the network sees, for people
   * @param output what it says, for people
   * @param loss what teaches it, for people
   * @param note anything else about it; may be empty
   * @param extra whether it is none of the paper's rows
   * @param stepsFactor of its training; when absent that of the row above, or 1
   * @param teacher the row whose network, of the same seed, labels for this one; null for none
   * @param beside further rows whose networks, of the teachers' seeds, label together with it; they
   *     may see less than the teacher, not more
   * @param paper the source's printed values by metric in the table's units, such as {@code
   *     segmentation.miou} in percent, also {@code delta_m}; may be empty
   * @param series the curve it belongs to; null for none
   * @param at where on that curve
   * @param recipe changes to the base; {@code student} is the network of the row
   */
  public record Row(
      String name,
      String like,
      String input,
      String output,
      String loss,
      String note,
      Boolean extra,
      Double stepsFactor,
      String teacher,
      List<String> beside,
      Map<String, Double> paper,
      String series,
      Double at,
      JsonNode recipe) {
    /** Checks and fills in. */
    public Row {
      if (name == null || !NAME.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "a row's name must be letters, digits, dots, dashes and underscores, got '%s'"
                .formatted(name));
      }
      input = input == null ? "" : input;
      output = output == null ? "" : output;
      loss = loss == null ? "" : loss;
      note = note == null ? "" : note;
      extra = extra != null && extra;
      stepsFactor = stepsFactor == null && like == null ? Double.valueOf(1) : stepsFactor;
      checkFactor(stepsFactor, name);
      beside = beside == null ? List.of() : List.copyOf(beside);
      paper = paper == null ? Map.of() : printed(paper);
      if ((series == null) != (at == null)) {
        throw new IllegalArgumentException(
            "row %s must have both series and at, or neither".formatted(name));
      }
      recipe = recipe == null ? MissingNode.getInstance() : recipe;
      if (like == null && !recipe.path("student").isObject()) {
        throw new IllegalArgumentException(
            "row %s must have recipe.student, the network it is about".formatted(name));
      }
    }

    /** By the metrics' names of today. */
    private static Map<String, Double> printed(Map<String, Double> paper) {
      Map<String, Double> printed = new TreeMap<>();
      try {
        paper.forEach(
            (metric, value) -> {
              boolean made = metric.equals(Column.DELTA_M.figure());
              printed.put(made ? metric : Column.named(metric).figure(), value);
            });
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("paper: " + e.getMessage(), e);
      }
      return Collections.unmodifiableMap(printed);
    }

    private Row withPaper(Map<String, Double> values) {
      return new Row(
          name,
          like,
          input,
          output,
          loss,
          note,
          extra,
          stepsFactor,
          teacher,
          beside,
          values,
          series,
          at,
          recipe);
    }

    /** This row with what it does not say itself taken from another. */
    Row over(Row other) {
      return new Row(
          name,
          null,
          input.isEmpty() ? other.input() : input,
          output.isEmpty() ? other.output() : output,
          loss.isEmpty() ? other.loss() : loss,
          note.isEmpty() ? other.note() : note,
          extra,
          stepsFactor == null ? other.stepsFactor() : stepsFactor,
          teacher == null ? other.teacher() : teacher,
          beside.isEmpty() ? other.beside() : beside,
          paper,
          series,
          at,
          Plan.merged(other.recipe(), recipe));
    }
  }

  /**
   * Reads a study.
   *
   * @throws ConfigException if it cannot be read, or says what no study can say; the message names
   *     file, line and key
   */
  public static Study read(Path file) {
    return StrictYaml.read(file, Study.class);
  }

  static List<Long> checkedSeeds(List<Long> seeds) {
    if (seeds == null || seeds.isEmpty()) {
      throw new IllegalArgumentException("seeds is missing; name at least one");
    }
    if (new HashSet<>(seeds).size() != seeds.size()) {
      throw new IllegalArgumentException("seeds must differ, got " + seeds);
    }
    return List.copyOf(seeds);
  }

  /**
   * Checks that there is such a thing.
   *
   * @throws IllegalArgumentException if not; the message names the nearest
   */
  static void require(Set<String> known, String name, String what) {
    if (!known.contains(name)) {
      throw new IllegalArgumentException(unknown(known, known, name, what));
    }
  }

  /**
   * Tells that there is no such thing.
   *
   * @param known what there is
   * @param near what may have been meant
   */
  static String unknown(Set<String> known, Set<String> near, String name, String what) {
    return "%s '%s', which is not there%s There are: %s"
        .formatted(
            what,
            name,
            NearestName.question(name, near).orElse("."),
            String.join(", ", new TreeSet<>(known)));
  }
}
